"""The whole catalogue as values that two databases have in common: no ids, no times, no places in a sequence."""

from django.apps import apps
from django.db.models import ForeignKey

from leaderboards.models import Claim, Leaderboard, Metric, Score
from papers.models import (
    Area,
    Author,
    Conference,
    Dataset,
    Method,
    MethodCollection,
    Paper,
    PaperAuthor,
    PaperMethod,
    PaperRepository,
    PaperTask,
    Proceeding,
    Repository,
    Task,
    TaskEdge,
)

TABLES = (
    Area, Author, Conference, Proceeding, MethodCollection, Method, Dataset, Task, Repository, Paper, PaperRepository,
    PaperAuthor, PaperTask, PaperMethod, TaskEdge, Leaderboard, Metric, Claim, Score,
    Task.areas.through, Dataset.tasks.through, Method.collections.through,
)  # fmt: skip
OWN = {"id", "public_id", "created_at", "updated_at", "archive_digest"}


def catalogue():
    """Rows by table, each a tuple of values, in order; a foreign key is the name of what it leads to."""
    names = {table: _names(table) for table in apps.get_models() if hasattr(table, "archive_key")}
    names[Metric] = {row.pk: (row.leaderboard.archive_key, row.name) for row in Metric.objects.select_related("leaderboard")}
    return {table.__name__: sorted((_values(row, names) for row in table.objects.all()), key=repr) for table in TABLES}


def _names(table):
    return dict(table.objects.values_list("pk", "archive_key"))


def _values(row, names):
    values = {}
    for column in row._meta.concrete_fields:
        if column.name in OWN:
            continue
        value = getattr(row, column.attname)
        values[column.name] = names[column.related_model].get(value) if isinstance(column, ForeignKey) else value
    return values
