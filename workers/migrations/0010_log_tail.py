"""What workers logged last about the work in hand, and before it ended badly."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0009_chaos")]

    operations = [
        migrations.AddField(
            model_name="fault",
            name="log_tail",
            field=models.TextField(blank=True, default="", help_text="What the worker had logged last about this work."),
        ),
        migrations.AddField(
            model_name="worker",
            name="log_run",
            field=models.ForeignKey(
                blank=True,
                help_text="The run that these lines are about.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="logging_workers",
                to="workers.run",
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="log_tail",
            field=models.TextField(blank=True, default="", help_text="The last lines that it logged about the work in hand."),
        ),
    ]
