"""Pages of trends and conferences say when they changed, too."""

from importlib import import_module

from django.db import migrations

TABLES = ("papers_frameworkmonth", "papers_monthcount", "papers_proceedingcount")
TRIGGER: str = import_module("portal.migrations.0001_page_version").TRIGGER


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_page_version"), ("papers", "0008_trends")]

    operations = [
        migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER portal_pages_changed ON {table}") for table in TABLES
    ]
