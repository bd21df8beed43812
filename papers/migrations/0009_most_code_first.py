"""Papers by their number of repositories."""

from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    dependencies = [("papers", "0008_trends")]

    operations = [
        migrations.AddIndex(
            "papercount", models.Index(F("code_links").desc(), F("paper_id").desc(), name="paper_count_most_code_first")
        ),
    ]
