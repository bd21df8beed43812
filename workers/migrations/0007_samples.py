"""Items can be browsed, exported and compared: their lengths, what the harness logged of them, and who may read them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0006_shards")]

    operations = [
        migrations.AddField(
            "sample",
            "token_count",
            models.PositiveIntegerField(help_text="Tokens of its longest prompt with what is scored behind it.", null=True),
        ),
        migrations.AddField(
            "sample",
            "tokens_cut",
            models.PositiveIntegerField(
                help_text="How many of them the model does not read, from the beginning: there are too many.", null=True
            ),
        ),
        migrations.AddField(
            "sample",
            "logged",
            models.JSONField(
                default=list, help_text="What the harness logged of it, once for each of the task's filters; empty in old runs."
            ),
        ),
        migrations.AddField(
            "run",
            "repeats",
            models.ForeignKey(
                blank=True,
                help_text="The run that this one was to repeat exactly.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="repetitions",
                to="workers.run",
            ),
        ),
        migrations.CreateModel(
            "BenchmarkLicence",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "dataset",
                    models.TextField(
                        help_text="As the task's definition names it, without its part: cais/mmlu. A run's page shows it.",
                        unique=True,
                    ),
                ),
                ("name", models.TextField(help_text="What the licence is called: MIT.")),
                ("url", models.URLField(blank=True, default="", max_length=500)),
                (
                    "allows_prompts",
                    models.BooleanField(default=False, help_text="Whether everybody may read its items here, not only staff."),
                ),
            ],
            options={
                "verbose_name": "licence of a benchmark",
                "verbose_name_plural": "licences of benchmarks",
                "ordering": ["dataset"],
            },
        ),
        migrations.AddIndex("sample", models.Index(fields=["run", "task", "document_id"], name="sample_by_task")),
        migrations.AddIndex("sample", models.Index(fields=["run", "margin", "index"], name="sample_by_margin")),
    ]
