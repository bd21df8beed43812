"""A board is ranked by its first metric that has a direction: the stored best is counted anew."""

from django.db import migrations, models

from leaderboards.count_definitions import STORED
from papers.count_triggers import redefine


class Migration(migrations.Migration):
    dependencies = [("leaderboards", "0007_model_search")]

    operations = [
        migrations.AlterField(
            model_name="metric",
            name="position",
            field=models.PositiveIntegerField(help_text="The first that has a direction ranks the board."),
        ),
        migrations.RunSQL(
            redefine(table for table in STORED if table.table == "leaderboards_boardcount"), migrations.RunSQL.noop
        ),
    ]
