"""A response says how many tokens were scored, by which a scoring rule may divide."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0004_writing")]

    operations = [
        migrations.AddField(
            model_name="request",
            name="tokens",
            field=models.PositiveIntegerField(null=True, help_text="How many tokens the continuation has, as they were scored."),
        ),
        migrations.AlterField(
            model_name="request",
            name="choice",
            field=models.PositiveSmallIntegerField(
                help_text="Which option of its item, from 0; from 10,000 on a scoring rule's."
            ),
        ),
    ]
