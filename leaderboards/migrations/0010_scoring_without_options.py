"""Protocols may be about whole texts and about what a model writes, not only about options."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leaderboards", "0009_board_keys_by_task")]

    operations = [
        migrations.AlterField(
            "protocol",
            "scoring",
            models.CharField(
                choices=[
                    ("letter", "Log-likelihood of the option's letter"),
                    ("full_text", "Log-likelihood of the option's whole text"),
                    ("running_text", "Log-likelihood of whole texts"),
                    ("written", "Text that the model writes"),
                ],
                max_length=12,
            ),
        ),
    ]
