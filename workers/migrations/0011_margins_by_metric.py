"""What a margin is said to be: items are judged by the protocol's own metric."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0010_log_tail")]

    operations = [
        migrations.AlterField(
            model_name="sample",
            name="margin",
            field=models.FloatField(help_text="By how much the best two options differ, in log-likelihoods.", null=True),
        ),
    ]
