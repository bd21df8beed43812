"""Indexes of the API: papers in the order of its list, repositories by owner and name."""

from django.db import migrations, models

import papers.repository_names


class Migration(migrations.Migration):
    dependencies = [
        ("papers", "0012_brakes"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="paper",
            name="paper_oldest_first",
        ),
        migrations.AddIndex(
            model_name="paper",
            index=models.Index(
                condition=models.Q(("duplicate_of__isnull", True), ("removed_at__isnull", True)),
                fields=["date", "id"],
                name="paper_shown_oldest_first",
            ),
        ),
        migrations.AddIndex(
            model_name="repository",
            index=models.Index(
                papers.repository_names.KeyPart("key", models.Value("/"), models.Value(2)),
                papers.repository_names.KeyPart("key", models.Value("/"), models.Value(3)),
                name="repository_by_owner",
            ),
        ),
    ]
