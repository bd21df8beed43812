"""Stars as they were observed, and what is stored of them; triggers keep it right."""

import django.db.models.deletion
from django.db import migrations, models

from papers.count_triggers import no_recounting, recounting, unwatch, watch
from papers.star_definitions import DROP_RECOUNTS, RECOUNTS, STORED, WATCHED


class Migration(migrations.Migration):
    dependencies = [
        ("papers", "0010_search_marks"),
    ]

    operations = [
        migrations.CreateModel(
            name="RepositoryStars",
            fields=[
                (
                    "repository",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="star_count",
                        serialize=False,
                        to="papers.repository",
                    ),
                ),
                ("stars", models.IntegerField()),
                ("observed_on", models.DateField()),
                ("a_day", models.FloatField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PaperStars",
            fields=[
                (
                    "paper",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="star_count",
                        serialize=False,
                        to="papers.paper",
                    ),
                ),
                ("stars", models.IntegerField()),
                ("observed_on", models.DateField()),
                ("a_day", models.FloatField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("stars"), descending=True),
                        models.OrderBy(models.F("paper_id"), descending=True),
                        name="paper_stars_most_first",
                    ),
                    models.Index(
                        models.OrderBy(models.F("a_day"), descending=True, nulls_last=True),
                        models.OrderBy(models.F("paper_id"), descending=True),
                        name="paper_stars_fastest_first",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StarObservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("observed_on", models.DateField()),
                ("stars", models.PositiveIntegerField()),
                (
                    "repository",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="star_observations", to="papers.repository"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("repository", "observed_on"), name="star_observation_once_a_day")
                ],
            },
        ),
        migrations.RunSQL(recounting(STORED), no_recounting(STORED)),
        migrations.RunSQL(RECOUNTS, DROP_RECOUNTS),
        migrations.RunSQL(watch(WATCHED, by="stars"), unwatch(WATCHED, by="stars")),
    ]
