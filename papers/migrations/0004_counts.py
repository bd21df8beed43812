"""Counts are stored, and triggers keep them right."""

import django.db.models.deletion
from django.db import migrations, models

from papers.count_definitions import DROP_RECOUNTS, RECOUNTS, STORED, TOTALS, WATCHED
from papers.count_triggers import (
    DROP_FUNCTIONS,
    FUNCTIONS,
    no_recounting,
    recount_everything,
    recounting,
    unwatch,
    watch,
)


class Migration(migrations.Migration):
    dependencies = [
        ("papers", "0003_history_triggers"),
    ]

    operations = [
        migrations.CreateModel(
            name="AreaCount",
            fields=[
                (
                    "area",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="count",
                        serialize=False,
                        to="papers.area",
                    ),
                ),
                ("tasks", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="AuthorCount",
            fields=[
                (
                    "author",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="count",
                        serialize=False,
                        to="papers.author",
                    ),
                ),
                ("papers", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="MethodCount",
            fields=[
                (
                    "method",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="count",
                        serialize=False,
                        to="papers.method",
                    ),
                ),
                ("papers", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="MethodYear",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "method_id", "year", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "method",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="years",
                        to="papers.method",
                    ),
                ),
                ("year", models.IntegerField()),
                ("papers", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="PaperCount",
            fields=[
                (
                    "paper",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="count",
                        serialize=False,
                        to="papers.paper",
                    ),
                ),
                ("code_links", models.IntegerField()),
                ("has_official", models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name="RepositoryCount",
            fields=[
                (
                    "repository",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="count",
                        serialize=False,
                        to="papers.repository",
                    ),
                ),
                ("papers", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="TaskCount",
            fields=[
                (
                    "task",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="count",
                        serialize=False,
                        to="papers.task",
                    ),
                ),
                ("papers", models.IntegerField()),
                ("papers_with_code", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Total",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("number", models.BigIntegerField()),
            ],
        ),
        migrations.AddIndex(
            model_name="paper",
            index=models.Index(
                condition=models.Q(("duplicate_of__isnull", True), ("removed_at__isnull", True)),
                fields=["id"],
                include=("date",),
                name="paper_shown",
            ),
        ),
        migrations.AddIndex(
            model_name="authorcount",
            index=models.Index(
                models.OrderBy(models.F("papers"), descending=True), models.F("author_id"), name="author_count_largest_first"
            ),
        ),
        migrations.AddIndex(
            model_name="methodcount",
            index=models.Index(
                models.OrderBy(models.F("papers"), descending=True), models.F("method_id"), name="method_count_largest_first"
            ),
        ),
        migrations.AddIndex(
            model_name="repositorycount",
            index=models.Index(
                models.OrderBy(models.F("papers"), descending=True), models.F("repository_id"), name="repository_count_largest"
            ),
        ),
        migrations.AddIndex(
            model_name="taskcount",
            index=models.Index(
                models.OrderBy(models.F("papers"), descending=True), models.F("task_id"), name="task_count_largest_first"
            ),
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(recounting(STORED), no_recounting(STORED)),
        migrations.RunSQL(RECOUNTS, DROP_RECOUNTS),
        migrations.RunSQL(watch(WATCHED, by="papers"), unwatch(WATCHED, by="papers")),
        migrations.RunSQL(recount_everything(STORED, TOTALS), migrations.RunSQL.noop),
    ]
