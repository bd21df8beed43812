"""The words of models' names, for the search by name."""

from django.db import migrations

from papers.search_sql import index_names


class Migration(migrations.Migration):
    dependencies = [("leaderboards", "0006_model_names"), ("papers", "0006_search")]

    operations = [
        migrations.RunSQL(index_names("leaderboards_claim", column="model_name"), "DROP INDEX leaderboards_claim_search"),
    ]
