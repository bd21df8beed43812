"""When a shard on which a worker was lost had been claimed: what falls at once falls together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0008_shard_counts")]

    operations = [
        migrations.AddField(
            model_name="fault",
            name="claimed_at",
            field=models.DateTimeField(help_text="When the worker had claimed the shard.", null=True),
        ),
    ]
