"""The words of boards' datasets, for the search by name."""

from django.db import migrations

from papers.search_sql import index_names


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboards", "0004_counts"),
        ("papers", "0006_search"),
    ]

    operations = [
        migrations.RunSQL(
            index_names("leaderboards_leaderboard", column="dataset_name"), "DROP INDEX leaderboards_leaderboard_search"
        )
    ]
