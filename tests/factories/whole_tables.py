"""All that the catalogue says, table by table: what has to be equal after a revert."""

from django.apps import apps
from django.db import connection

LOGS = {"papers_change", "papers_braketrip", "papers_brakelift", "leaderboards_alert", "leaderboards_watch"}

SENT = {
    "leaderboards_submission", "leaderboards_submission_areas", "leaderboards_submissionevent", "leaderboards_maderow",
    "leaderboards_notice",
}  # fmt: skip
"""What was sent and decided, which a revert of what it made leaves as it is."""


def catalogue_tables():
    """The same without what people sent."""
    return {table: rows for table, rows in whole_tables().items() if table not in SENT}


def whole_tables():
    """Every row of the catalogue as text, by table, without the rows' clocks; the logs are left out."""
    found = {}
    with connection.cursor() as cursor:
        for label in ("papers", "leaderboards"):
            for model in apps.get_app_config(label).get_models(include_auto_created=True):
                table = model._meta.db_table
                if table not in LOGS:
                    cursor.execute(f"SELECT (to_jsonb(t) - 'updated_at')::text FROM {table} t ORDER BY 1")
                    found[table] = [row for (row,) in cursor.fetchall()]
    return found
