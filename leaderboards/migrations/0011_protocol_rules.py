"""A protocol may ask for further scoring rules."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leaderboards", "0010_scoring_without_options")]

    operations = [
        migrations.AddField(
            model_name="protocol",
            name="rules",
            field=models.JSONField(
                blank=True, default=list, help_text='Further scoring rules to be reported, e.g. ["letter", "full_text"].'
            ),
        ),
        migrations.RemoveConstraint(model_name="protocol", name="protocol_once"),
        migrations.AddConstraint(
            model_name="protocol",
            constraint=models.UniqueConstraint(
                fields=("task", "num_fewshot", "scoring", "aggregation", "metric", "versions", "rules"), name="protocol_once"
            ),
        ),
    ]
