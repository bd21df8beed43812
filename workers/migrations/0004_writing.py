"""Requests for the log-likelihood of a whole text and for text that a model writes, beside those for a continuation's."""

from django.db import migrations, models

HAS_ONE_OF_ITS_KIND = (
    models.Q(kind="loglikelihood", response_text__isnull=True)
    | models.Q(kind="loglikelihood_rolling", is_greedy__isnull=True, response_text__isnull=True)
    | models.Q(kind="generate_until", log_likelihood__isnull=True, is_greedy__isnull=True)
)


class Migration(migrations.Migration):
    dependencies = [("workers", "0003_int8")]

    operations = [
        migrations.AlterField(
            "request",
            "kind",
            models.CharField(
                choices=[
                    ("loglikelihood", "Log-likelihood of a continuation"),
                    ("loglikelihood_rolling", "Log-likelihood of a whole text"),
                    ("generate_until", "Text that the model writes"),
                ],
                default="loglikelihood",
                max_length=24,
            ),
        ),
        migrations.AlterField("request", "continuation", models.TextField(blank=True)),
        migrations.AlterField(
            "request",
            "log_likelihood",
            models.FloatField(help_text="Natural logarithm, summed over the tokens that are scored.", null=True),
        ),
        migrations.AddField(
            "request",
            "settings",
            models.JSONField(blank=True, default=dict, help_text="Where writing ends, in the harness's words."),
        ),
        migrations.AddField(
            "request",
            "response_text",
            models.TextField(blank=True, help_text="What the model wrote, up to where writing ends.", null=True),
        ),
        migrations.AddConstraint(
            "request", models.CheckConstraint(condition=HAS_ONE_OF_ITS_KIND, name="request_answered_by_kind")
        ),
    ]
