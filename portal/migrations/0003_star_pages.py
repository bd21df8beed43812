"""Pages say when the stars on them changed, too."""

from importlib import import_module

from django.db import migrations

TABLES = ("papers_paperstars", "papers_repositorystars")
TRIGGER: str = import_module("portal.migrations.0001_page_version").TRIGGER


class Migration(migrations.Migration):
    dependencies = [("portal", "0002_trend_pages"), ("papers", "0011_stars")]

    operations = [
        migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER portal_pages_changed ON {table}") for table in TABLES
    ]
