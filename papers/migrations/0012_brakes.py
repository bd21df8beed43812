"""Brakes: how much of the catalogue an account may change, and the keys by which a change can be undone."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from papers.brake_triggers import FUNCTIONS, UNDO


class Migration(migrations.Migration):
    dependencies = [
        ("papers", "0011_stars"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BrakeLift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("until", models.DateTimeField()),
                ("reason", models.TextField()),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BrakeTrip",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "kind",
                    models.TextField(
                        choices=[("deletions", "removed or deleted"), ("edits", "changed"), ("reverts", "reverted")]
                    ),
                ),
                ("most", models.PositiveIntegerField()),
                ("hours", models.PositiveIntegerField()),
                ("origin", models.TextField(blank=True, default="", help_text="From where: a page, an address of the API.")),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="change",
            name="keys",
            field=models.JSONField(
                help_text="The row's id, and what else its return needs; null where nobody can undo it: of imports, of old.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="via",
            field=models.TextField(
                choices=[
                    ("import", "Import of an archive"),
                    ("admin", "Administration"),
                    ("form", "Form"),
                    ("api", "API"),
                    ("command", "Command"),
                    ("revert", "Revert of earlier changes"),
                    ("database", "Directly in the database"),
                ]
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(condition=models.Q(("actor__isnull", False)), fields=["actor", "at"], name="change_by_actor_at"),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(condition=models.Q(("via", "import"), _negated=True), fields=["id"], name="change_not_imported"),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                models.F("old__leaderboard_id"),
                models.F("id"),
                condition=models.Q(("action", "deleted"), ("table", "leaderboards_claim")),
                name="change_deleted_of_board",
            ),
        ),
        migrations.AddField(
            model_name="brakelift",
            name="account",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="brakelift",
            name="by",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="braketrip",
            name="actor",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="brakelift",
            index=models.Index(fields=["account", "-id"], name="brake_lift_by_account"),
        ),
        migrations.AddConstraint(
            model_name="brakelift",
            constraint=models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="brake_lift_with_reason"),
        ),
        migrations.AddConstraint(
            model_name="brakelift",
            constraint=models.CheckConstraint(
                condition=models.Q(("account", models.F("by")), _negated=True), name="brake_lift_by_another"
            ),
        ),
        migrations.AddIndex(
            model_name="braketrip",
            index=models.Index(fields=["actor", "kind", "at"], name="brake_trip_by_actor"),
        ),
        migrations.RunSQL(FUNCTIONS, UNDO),
    ]
