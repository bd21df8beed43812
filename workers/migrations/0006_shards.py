"""Runs of many shards: claims by priority, pauses, faults, and what speeds are told by."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leaderboards", "0008_first_metric_with_a_direction"),
        ("workers", "0005_request_tokens"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Fault",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("worker", models.TextField(help_text="The worker's name.")),
                (
                    "fault_class",
                    models.CharField(
                        choices=[
                            ("out_of_memory", "Out of memory"),
                            ("missing_data", "Missing data"),
                            ("missing_weights", "Missing weights"),
                            ("gated_weights", "Gated weights"),
                            ("bad_request", "Asked for what cannot be measured"),
                            ("code", "The portal's code"),
                            ("lost_worker", "Lost worker"),
                        ],
                        max_length=15,
                    ),
                ),
                ("code", models.TextField()),
                ("message", models.TextField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="run",
            name="run_state_known",
        ),
        migrations.RemoveIndex(
            model_name="run",
            name="run_queue",
        ),
        migrations.RemoveIndex(
            model_name="shard",
            name="shard_queue",
        ),
        migrations.AddField(
            model_name="run",
            name="planned_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="priority",
            field=models.SmallIntegerField(choices=[(-10, "Low"), (0, "Normal"), (10, "High")], default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="shard_tokens",
            field=models.PositiveBigIntegerField(
                default=0, help_text="Tokens a shard, at most; 0 until planned, unless it was asked for."
            ),
        ),
        migrations.AddField(
            model_name="shard",
            name="claimed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="shard",
            name="device",
            field=models.TextField(blank=True, default="", help_text="Where it was last scored, e.g. 2 × NVIDIA H200."),
        ),
        migrations.AddField(
            model_name="shard",
            name="device_seconds",
            field=models.FloatField(default=0.0, help_text="How long that took, without loading the model."),
        ),
        migrations.AddField(
            model_name="shard",
            name="device_tokens",
            field=models.PositiveBigIntegerField(default=0, help_text="Tokens that were computed there."),
        ),
        migrations.AddField(
            model_name="shard",
            name="done_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="shard",
            name="not_before",
            field=models.DateTimeField(blank=True, help_text="When it may be tried again after a fault.", null=True),
        ),
        migrations.AddField(
            model_name="shard",
            name="scored_by",
            field=models.JSONField(blank=True, default=list, help_text="Each scorer's facts, and the batch it began at."),
        ),
        migrations.AddField(
            model_name="shard",
            name="tokens",
            field=models.PositiveBigIntegerField(default=0, help_text="Tokens that scoring all its batches computes."),
        ),
        migrations.AddField(
            model_name="worker",
            name="set_aside_at",
            field=models.DateTimeField(blank=True, help_text="Since when it gets no work.", null=True),
        ),
        migrations.AddField(
            model_name="worker",
            name="set_aside_reason",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="worker",
            name="trusted_since",
            field=models.DateTimeField(
                blank=True, help_text="When staff put it back: what was before does not count.", null=True
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="warm_checkpoint",
            field=models.ForeignKey(
                blank=True,
                help_text="The model that it holds in memory.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="workers.checkpoint",
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="state",
            field=models.CharField(
                choices=[
                    ("requested", "Waiting"),
                    ("planning", "Planning"),
                    ("scoring", "Scoring"),
                    ("reducing", "Reducing"),
                    ("paused", "Paused"),
                    ("finished", "Finished"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="requested",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="runevent",
            name="at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                help_text="By the database's clock: a worker's may be wrong.",
            ),
        ),
        migrations.AlterField(
            model_name="runevent",
            name="state",
            field=models.CharField(
                choices=[
                    ("requested", "Waiting"),
                    ("planning", "Planning"),
                    ("scoring", "Scoring"),
                    ("reducing", "Reducing"),
                    ("paused", "Paused"),
                    ("finished", "Finished"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="shard",
            name="run",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="shards", to="workers.run"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("state__in", ["cancelled", "failed", "finished"]), _negated=True),
                fields=["-priority", "requested_at"],
                name="run_queue",
            ),
        ),
        migrations.RemoveConstraint(model_name="shard", name="shard_once"),
        migrations.AddConstraint(
            model_name="shard",
            constraint=models.UniqueConstraint(
                models.F("run"), models.expressions.CombinedExpression(models.F("index"), "+", models.Value(0)), name="shard_once"
            ),
        ),
        migrations.AddIndex(
            model_name="shard",
            index=models.Index(
                condition=models.Q(("state", "done"), _negated=True), fields=["run", "state", "index"], name="shard_queue"
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["requested", "planning", "scoring", "reducing", "paused", "finished", "failed", "cancelled"])
                ),
                name="run_state_known",
            ),
        ),
        migrations.AddField(
            model_name="fault",
            name="run",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="faults", to="workers.run"),
        ),
        migrations.AddField(
            model_name="fault",
            name="shard",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="faults", to="workers.shard"
            ),
        ),
        migrations.AddIndex(
            model_name="fault",
            index=models.Index(fields=["worker", "-at"], name="fault_by_worker"),
        ),
        migrations.AddConstraint(
            model_name="fault",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "fault_class__in",
                        [
                            "out_of_memory",
                            "missing_data",
                            "missing_weights",
                            "gated_weights",
                            "bad_request",
                            "code",
                            "lost_worker",
                        ],
                    )
                ),
                name="fault_class_known",
            ),
        ),
    ]
