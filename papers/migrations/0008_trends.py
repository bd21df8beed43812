"""Counts over time and by venue are stored, and triggers keep them right."""

import django.db.models.deletion
from django.db import migrations, models

from papers.count_triggers import no_recounting, recount_everything, recounting, unwatch, watch
from papers.trend_definitions import DROP_RECOUNTS, MONTH, RECOUNTS, STORED, WATCHED

# A recount of a month finds its papers here.
INDEX = f"""
CREATE INDEX papers_paper_by_month ON papers_paper (({MONTH.replace("paper.", "")}))
WHERE removed_at IS NULL AND duplicate_of_id IS NULL AND date IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('papers', '0007_long_rows'),
    ]

    operations = [
        migrations.CreateModel(
            name='FrameworkMonth',
            fields=[
                ('pk', models.CompositePrimaryKey('month', 'framework', blank=True, editable=False, primary_key=True, serialize=False)),
                ('month', models.IntegerField()),
                ('framework', models.TextField()),
                ('papers', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='MonthCount',
            fields=[
                ('month', models.IntegerField(primary_key=True, serialize=False)),
                ('papers', models.IntegerField()),
                ('papers_with_code', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='ProceedingCount',
            fields=[
                ('proceeding', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='count', serialize=False, to='papers.proceeding')),
                ('papers', models.IntegerField()),
            ],
        ),
        migrations.RunSQL(INDEX, "DROP INDEX papers_paper_by_month"),
        migrations.RunSQL(recounting(STORED), no_recounting(STORED)),
        migrations.RunSQL(RECOUNTS, DROP_RECOUNTS),
        migrations.RunSQL(watch(WATCHED, by="trends"), unwatch(WATCHED, by="trends")),
        migrations.RunSQL(recount_everything(STORED, {}), migrations.RunSQL.noop),
    ]
