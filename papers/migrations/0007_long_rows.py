"""Papers stay in one piece: most rows are a little over the two kilobytes at which PostgreSQL begins to compress."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("papers", "0006_search")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE papers_paper SET (toast_tuple_target = 8160)", "ALTER TABLE papers_paper RESET (toast_tuple_target)"
        )
    ]
