"""Pages say when somebody answered a measurement on them, too."""

from importlib import import_module

from django.db import migrations

TABLE = "leaderboards_answer"
TRIGGER: str = import_module("portal.migrations.0001_page_version").TRIGGER


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_star_pages"), ("leaderboards", "0013_answers")]

    operations = [
        migrations.RunSQL(TRIGGER.format(table=TABLE), f"DROP TRIGGER portal_pages_changed ON {TABLE}"),
    ]
