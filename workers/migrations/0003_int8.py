"""Checkpoints may be loaded in 8 bits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0002_token_budget")]

    operations = [
        migrations.AlterField(
            "checkpoint",
            "dtype",
            models.CharField(
                choices=[
                    ("float16", "float16"),
                    ("bfloat16", "bfloat16"),
                    ("float32", "float32"),
                    ("int8", "int8 (bitsandbytes, GPU)"),
                ],
                max_length=10,
            ),
        ),
    ]
