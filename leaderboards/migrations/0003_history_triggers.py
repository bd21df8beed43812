"""Every later change of a board, a claim, a column or a cell is recorded, whoever makes it."""

from django.db import migrations

from papers.history_triggers import unwatch, watch

ROWS = ["leaderboards_leaderboard", "leaderboards_metric", "leaderboards_model", "leaderboards_claim"]
LINKS = [("leaderboards_score", "leaderboards_claim", "claim_id", "leaderboards_metric", "metric_id")]


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboards", "0002_scales_and_canonical_names"),
        ("papers", "0003_history_triggers"),
    ]

    operations = [migrations.RunSQL(watch(rows=ROWS, links=LINKS), unwatch(rows=ROWS, links=LINKS))]
