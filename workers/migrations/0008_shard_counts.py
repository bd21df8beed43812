"""How many batches a shard has, counted by the database, and the energy that scoring it took."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0007_samples")]

    operations = [
        migrations.AddField(
            model_name="shard",
            name="batch_count",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(models.F("batches"), function="jsonb_array_length"),
                output_field=models.IntegerField(),
            ),
        ),
        migrations.AddField(
            model_name="shard",
            name="device_joules",
            field=models.FloatField(
                help_text="Energy that its devices used while it was scored, wherever that was; null where no device tells it.",
                null=True,
            ),
        ),
    ]
