"""The search index, of the papers that there are, and the words of names."""

from django.db import migrations

from papers import search_sql

NAMED = ["papers_author", "papers_dataset", "papers_method", "papers_task"]


class Migration(migrations.Migration):
    dependencies = [("papers", "0005_related")]

    operations = [
        migrations.RunSQL(search_sql.FUNCTIONS, search_sql.DROP_FUNCTIONS),
        migrations.RunSQL(search_sql.MARKS, search_sql.DROP_MARKS),
        migrations.RunSQL(f"{search_sql.ADDED};\n{search_sql.create_built_tables()}", search_sql.drop_tables()),
        migrations.RunSQL(search_sql.TRIGGER, search_sql.DROP_TRIGGER),
        *[migrations.RunSQL(search_sql.index_names(table), f"DROP INDEX {table}_search") for table in NAMED],
    ]
