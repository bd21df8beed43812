"""All that the catalogue says, table by table: what has to be equal after a revert."""

from django.apps import apps
from django.db import connection

LOGS = {"papers_change", "papers_braketrip", "papers_brakelift", "leaderboards_alert", "leaderboards_watch"}


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
