"""Counts of boards are stored, and triggers keep them right."""

import django.db.models.deletion
from django.db import migrations, models

from leaderboards.count_definitions import DROP_RECOUNTS, RECOUNTS, STORED, TOTALS, WATCHED
from papers.count_triggers import no_recounting, recount_everything, recounting, unwatch, watch


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboards", "0003_history_triggers"),
        ("papers", "0004_counts"),
    ]

    operations = [
        migrations.CreateModel(
            name="DatasetCount",
            fields=[
                (
                    "dataset",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="count",
                        serialize=False,
                        to="papers.dataset",
                    ),
                ),
                ("boards", models.IntegerField()),
                ("results", models.IntegerField()),
                ("papers", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("papers"), descending=True),
                        models.F("dataset_id"),
                        name="dataset_count_largest_first",
                    ),
                    models.Index(
                        models.OrderBy(models.F("boards"), descending=True),
                        models.F("dataset_id"),
                        name="dataset_count_most_boards",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DatasetYear",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "dataset_id", "year", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("year", models.IntegerField()),
                ("papers", models.IntegerField()),
                (
                    "dataset",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="years",
                        to="papers.dataset",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TaskBoards",
            fields=[
                (
                    "task",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="board_count",
                        serialize=False,
                        to="papers.task",
                    ),
                ),
                ("boards", models.IntegerField()),
                ("results", models.IntegerField()),
                ("papers_with_result", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("boards"), descending=True), models.F("task_id"), name="task_boards_most_first"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BoardCount",
            fields=[
                (
                    "board",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="count",
                        serialize=False,
                        to="leaderboards.leaderboard",
                    ),
                ),
                ("results", models.IntegerField()),
                ("measurements", models.IntegerField()),
                ("papers", models.IntegerField()),
                ("best_value", models.FloatField(null=True)),
                ("best_is_doubtful", models.BooleanField(null=True)),
                (
                    "best_claim",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leaderboards.claim",
                    ),
                ),
                (
                    "best_score",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="leaderboards.score",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("results"), descending=True),
                        models.F("board_id"),
                        name="board_count_largest_first",
                    )
                ],
            },
        ),
        migrations.RunSQL(recounting(STORED), no_recounting(STORED)),
        migrations.RunSQL(RECOUNTS, DROP_RECOUNTS),
        migrations.RunSQL(watch(WATCHED, by="leaderboards"), unwatch(WATCHED, by="leaderboards")),
        migrations.RunSQL(recount_everything(STORED, TOTALS), migrations.RunSQL.noop),
    ]
