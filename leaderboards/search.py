"""Finding boards by the words of their tasks and datasets."""

from django.db.models import Exists, F, OuterRef, TextField, Value
from django.db.models.functions import Concat

from leaderboards.models import Leaderboard, LeaderboardQuerySet
from papers.models import Dataset, Task
from papers.search_names import best_first, has_words
from papers.search_words import beginnings, clean

JOINS = "'on'"
"""The word between task and dataset in a board's name, which neither of them has."""


def boards(rows: LeaderboardQuerySet, query: str) -> LeaderboardQuerySet:
    """Those of the boards whose task or dataset has each word of the query, best first; none of screened tasks or datasets."""
    words = [word for word in beginnings(clean(query)) if word.lower() != JOINS]
    if not words:
        return rows.none()
    for word in words:
        by_task = Leaderboard.objects.filter(task__in=Task.objects.filter(has_words("name", word)))
        by_dataset = Leaderboard.objects.filter(has_words("dataset_name", word))
        rows = rows.filter(pk__in=by_task.order_by().values("pk").union(by_dataset.order_by().values("pk"), all=True))
    shown = rows.filter(
        Exists(Task.objects.published().filter(pk=OuterRef("task"))),
        Exists(Dataset.objects.published().filter(pk=OuterRef("dataset"))),
    )
    return best_first(shown, Concat(F("task__name"), Value(" on "), F("dataset_name"), output_field=TextField()), query=query)
