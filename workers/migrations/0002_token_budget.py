"""Batches are cut by tokens, and know which beginnings their prompts share."""

from django.db import migrations, models

# What was planned before shares nothing: each batch is scored as it was cut.
WITH_CUTS = """
UPDATE workers_shard SET batches = (
    SELECT coalesce(jsonb_agg(jsonb_build_object('samples', batch, 'cuts', '[]'::jsonb) ORDER BY place), '[]')
    FROM jsonb_array_elements(batches) WITH ORDINALITY AS list (batch, place)
)
"""
WITHOUT_CUTS = """
UPDATE workers_shard SET batches = (
    SELECT coalesce(jsonb_agg(batch -> 'samples' ORDER BY place), '[]')
    FROM jsonb_array_elements(batches) WITH ORDINALITY AS list (batch, place)
)
"""


class Migration(migrations.Migration):
    dependencies = [("workers", "0001_initial")]

    operations = [
        migrations.AddField(
            "run",
            "token_budget",
            models.PositiveIntegerField(default=1024, help_text="Tokens a batch, about; halved where memory runs out."),
        ),
        migrations.AddField(
            "run",
            "threads",
            models.PositiveSmallIntegerField(
                default=0, help_text="CPU threads that every batch is scored with; 0 until planned."
            ),
        ),
        migrations.RemoveField("run", "batch_size"),
        migrations.RunSQL(WITH_CUTS, WITHOUT_CUTS),
    ]
