"""Models are found by their names."""

from django.db import migrations

from leaderboards.model_names import DROP_FUNCTION, FUNCTION, TABLES, index


class Migration(migrations.Migration):
    dependencies = [("leaderboards", "0005_search"), ("papers", "0006_search")]

    operations = [
        migrations.RunSQL(FUNCTION, DROP_FUNCTION),
        *(migrations.RunSQL(index(table), f"DROP INDEX {table}_model_slug") for table in TABLES),
    ]
