"""Answers beside measurements, which nobody edits or deletes; and a run's measurements are told apart by protocol."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from papers.history_triggers import unwatch, watch

ROWS = ["leaderboards_answer"]

# What was said stays said: only taking it back changes a row. The tables' owner may redact, for law or privacy.
KEEP = """
CREATE FUNCTION leaderboards_keep_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'answers are taken back, never deleted' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.public_id, NEW.measurement_id, NEW.author_id, NEW.text, NEW.posted_at)
        IS DISTINCT FROM (OLD.public_id, OLD.measurement_id, OLD.author_id, OLD.text, OLD.posted_at)
        OR OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'answers are taken back once, never changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_answer BEFORE UPDATE OR DELETE ON leaderboards_answer
FOR EACH ROW EXECUTE FUNCTION leaderboards_keep_answer();
"""
UNKEEP = "DROP TRIGGER keep_answer ON leaderboards_answer; DROP FUNCTION leaderboards_keep_answer();"

# Beside a measurement stands how many answers it has, and what changes it tells kept pages that they are old.
COUNT = """
CREATE FUNCTION leaderboards_count_answers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.measurement_id ELSE NEW.measurement_id END;
BEGIN
    UPDATE leaderboards_measurement SET answer_count =
        (SELECT count(*) FROM leaderboards_answer WHERE measurement_id = subject AND withdrawn_at IS NULL)
    WHERE id = subject;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_answers AFTER INSERT OR UPDATE OR DELETE ON leaderboards_answer
FOR EACH ROW EXECUTE FUNCTION leaderboards_count_answers();
"""
UNCOUNT = "DROP TRIGGER count_answers ON leaderboards_answer; DROP FUNCTION leaderboards_count_answers();"

# As 0012 has it, but without the count: the answers have a history of their own.
RECORD = """
CREATE OR REPLACE FUNCTION leaderboards_record_measurement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    old_row jsonb := to_jsonb(OLD){less};
    new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{{}}'::jsonb ELSE to_jsonb(NEW){less} END;
    before jsonb := papers_json_less(papers_content(old_row), papers_content(new_row));
    after jsonb := papers_json_less(papers_content(new_row), papers_content(old_row));
BEGIN
    IF before <> '{{}}' OR after <> '{{}}' THEN
        PERFORM papers_add_change(
            TG_TABLE_NAME, OLD.public_id, CASE TG_OP WHEN 'DELETE' THEN 'deleted' ELSE 'changed' END, before, after
        );
    END IF;
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboards", "0012_verdicts"),
        ("papers", "0003_history_triggers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="measurement",
            name="answer_count",
            field=models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="Answers that stand beside it."),
        ),
        migrations.RemoveConstraint(model_name="measurement", name="measurement_once_a_run"),
        migrations.AddConstraint(
            model_name="measurement",
            constraint=models.UniqueConstraint(
                condition=Q(run_id__isnull=False),
                fields=["run_id", "metric", "claim", "protocol"],
                name="measurement_once_a_run",
                nulls_distinct=False,
            ),
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("text", models.TextField()),
                ("posted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawal_reason", models.TextField(blank=True, default="")),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "measurement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="leaderboards.measurement"
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["posted_at", "pk"],
                "indexes": [models.Index(fields=["author", "posted_at"], name="answer_by_author")],
                "constraints": [
                    models.CheckConstraint(condition=~Q(text=""), name="answer_says_something"),
                    models.CheckConstraint(
                        condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
                        | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawal_reason="")),
                        name="answer_withdrawn_with_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RECORD.format(less=" - 'answer_count'"), RECORD.format(less="")),
        migrations.RunSQL(KEEP + COUNT + watch(rows=ROWS, links=[]), unwatch(rows=ROWS, links=[]) + UNCOUNT + UNKEEP),
    ]
