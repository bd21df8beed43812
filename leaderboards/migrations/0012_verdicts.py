"""What verdicts go by: more of a protocol, a measurement's scale and its note; and measurements' changes are recorded."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import Q

# As papers.history_triggers.watch, but for new rows: what a run obtained is no decision, and nobody's to read before one is made.
# With its owner's rights, since a worker, whose new measurement supersedes an older one, may write no history itself.
WATCH = """
CREATE FUNCTION leaderboards_record_measurement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    old_row jsonb := to_jsonb(OLD);
    new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
    before jsonb := papers_json_less(papers_content(old_row), papers_content(new_row));
    after jsonb := papers_json_less(papers_content(new_row), papers_content(old_row));
BEGIN
    IF before <> '{}' OR after <> '{}' THEN
        PERFORM papers_add_change(
            TG_TABLE_NAME, OLD.public_id, CASE TG_OP WHEN 'DELETE' THEN 'deleted' ELSE 'changed' END, before, after
        );
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER record_change AFTER UPDATE OR DELETE ON leaderboards_measurement
FOR EACH ROW EXECUTE FUNCTION leaderboards_record_measurement();
"""
UNWATCH = """
DROP TRIGGER record_change ON leaderboards_measurement;
DROP FUNCTION leaderboards_record_measurement();
"""

# What ships with the portal, and what had been measured before: shares pass 1 only in percent.
KNOWN = """
UPDATE leaderboards_protocol SET prompt_family = 'mmlu', split = 'test', dataset_names = '{MMLU,MML}'
WHERE task = 'mmlu' AND prompt_family = '';
UPDATE leaderboards_protocol SET prompt_family = task, split = 'test', dataset_names = '{Portal Facts}'
WHERE is_selftest AND prompt_family = '';
UPDATE leaderboards_measurement measurement SET scale = 100
FROM leaderboards_protocol protocol
WHERE protocol.id = measurement.protocol_id AND protocol.metric IN ('acc', 'acc_norm', 'exact_match', 'em')
    AND greatest(measurement.value, measurement.interval_high, measurement.chance_level) > 1;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboards", "0011_protocol_rules"),
        ("papers", "0003_history_triggers"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="protocol", name="protocol_once"),
        migrations.AddField(
            model_name="protocol",
            name="prompt_family",
            field=models.TextField(blank=True, default="", help_text="Protocols with the same name here ask the same prompts."),
        ),
        migrations.AddField(
            model_name="protocol",
            name="split",
            field=models.TextField(blank=True, default="", help_text="Part of the data that is scored, e.g. test or validation."),
        ),
        migrations.AddField(
            model_name="protocol",
            name="dataset_names",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                default=list,
                help_text="Names that boards have for its data, e.g. MMLU, MML; empty: claims of any board may be tested.",
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="protocol",
            name="scoring",
            field=models.CharField(
                choices=[
                    ("letter", "Log-likelihood of the option's letter"),
                    ("full_text", "Log-likelihood of the option's whole text"),
                    ("running_text", "Log-likelihood of whole texts"),
                    ("characters", "Log-likelihood of the option's whole text by its length in characters"),
                    ("bytes", "Log-likelihood of the option's whole text by its length in bytes"),
                    ("tokens", "Log-likelihood of the option's whole text by its length in tokens"),
                    ("unconditional", "Log-likelihood of the option's whole text less that without the question"),
                    ("written", "What the model writes, compared with the answer"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="protocol",
            name="margin",
            field=models.FloatField(
                blank=True,
                default=0.01,
                help_text="How far the 95 % interval may reach to a side before a verdict is inconclusive, in the harness's unit: 0.01 is one percentage point of an accuracy. Empty: any interval will do.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="protocol",
            name="noise",
            field=models.FloatField(
                default=0.0,
                help_text="Largest difference seen between runs on the same items, in the harness's unit; 0: not measured.",
            ),
        ),
        migrations.AddField(
            model_name="measurement",
            name="scale",
            field=models.FloatField(default=1.0, help_text="What the harness's number was multiplied by, e.g. 100 for percent."),
        ),
        migrations.AddField(
            model_name="measurement",
            name="note",
            field=models.TextField(blank=True, default="", help_text="What a reader has to know, e.g. that n is an assumption."),
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="protocol",
            constraint=models.UniqueConstraint(
                fields=["task", "num_fewshot", "scoring", "aggregation", "metric", "versions", "rules", "prompt_family", "split"],
                name="protocol_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="protocol",
            constraint=models.CheckConstraint(
                condition=(Q(margin__isnull=True) | Q(margin__gt=0)) & Q(noise__gte=0), name="protocol_margin_and_noise"
            ),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.UniqueConstraint(
                condition=Q(run_id__isnull=True),
                fields=["publication_url", "protocol", "metric", "claim", "model_name", "checkpoint", "value"],
                name="measurement_once_a_publication",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.CheckConstraint(condition=Q(scale__gt=0), name="measurement_scale_positive"),
        ),
        migrations.RunSQL(WATCH, UNWATCH),
    ]
