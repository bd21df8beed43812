"""Every later change of a catalogue row is recorded, whoever makes it."""

from django.db import migrations

from papers.history_triggers import DROP_FUNCTIONS, FUNCTIONS, unwatch, watch

ROWS = [
    "papers_area",
    "papers_author",
    "papers_conference",
    "papers_dataset",
    "papers_method",
    "papers_methodcollection",
    "papers_paper",
    "papers_paperrepository",
    "papers_proceeding",
    "papers_repository",
    "papers_slughistory",
    "papers_task",
]
LINKS = [
    ("papers_paperauthor", "papers_paper", "paper_id", "papers_author", "author_id"),
    ("papers_papertask", "papers_paper", "paper_id", "papers_task", "task_id"),
    ("papers_papermethod", "papers_paper", "paper_id", "papers_method", "method_id"),
    ("papers_taskedge", "papers_task", "parent_id", "papers_task", "child_id"),
    ("papers_task_areas", "papers_task", "task_id", "papers_area", "area_id"),
    ("papers_dataset_tasks", "papers_dataset", "dataset_id", "papers_task", "task_id"),
    ("papers_method_collections", "papers_method", "method_id", "papers_methodcollection", "methodcollection_id"),
]


class Migration(migrations.Migration):
    dependencies = [("papers", "0002_dumps_history_and_screening")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(watch(rows=ROWS, links=LINKS), unwatch(rows=ROWS, links=LINKS)),
    ]
