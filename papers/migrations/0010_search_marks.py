"""The search index anew, with marks of tasks and code: for databases whose index was made before there were any."""

from django.db import migrations

from papers import search_sql


class Migration(migrations.Migration):
    dependencies = [("papers", "0009_most_code_first")]

    operations = [
        migrations.RunSQL(
            [
                search_sql.MARKS,
                search_sql.DROP_TRIGGER,
                search_sql.drop_tables(),
                f"{search_sql.ADDED};\n{search_sql.create_built_tables()}",
                search_sql.TRIGGER,
            ],
            migrations.RunSQL.noop,
        ),
    ]
