"""Type-ahead of the forms: things of one kind by the words of their names, and a board's metrics."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse

from leaderboards import search as board_search
from leaderboards.models import Leaderboard
from leaderboards.submissions import finding
from papers import search as paper_search
from papers.models import Area, Dataset, MethodCollection, Task
from papers.search_names import named
from papers.search_words import clean
from portal import page_cache

MOST = 8
SHORTEST = 2


def lookup(request: HttpRequest) -> HttpResponse:
    """At most eight names for `q` of the kind `kind`: {"found": [...]}; with the kind "metric" those of the board `q`."""
    kind, query = request.GET.get("kind", ""), request.GET.get("q", "")[:300]
    find = _KINDS.get(kind)
    found = find(query) if find and len(query.strip()) >= SHORTEST else []
    return page_cache.mark(JsonResponse({"found": found}))


def _names(rows: QuerySet[Any], query: str) -> list[str]:
    return [row.name for row in named(rows, query, cap=200)[:MOST]]


def _boards(query: str) -> list[str]:
    found = board_search.boards(Leaderboard.objects.published(), clean(query), cap=100).select_related("task")
    return [str(board) for board in found[:MOST]]


def _simple(rows: QuerySet[Any], query: str) -> list[str]:
    """Of tables of some dozen or hundred rows, which no search index has."""
    return list(rows.filter(name__icontains=query.strip()).order_by("name").values_list("name", flat=True)[:MOST])


def _metrics(query: str) -> list[str]:
    board = finding.board(query.strip())
    return [metric.name for metric in board.metrics.all()] if board else []


_KINDS: Mapping[str, Callable[[str], list[str]]] = {
    "task": lambda query: _names(Task.objects.published(), query),
    "dataset": lambda query: _names(Dataset.objects.published(), query),
    "board": _boards,
    "paper": lambda query: [found.title for found in paper_search.suggest(clean(query), limit=MOST)],
    "area": lambda query: _simple(Area.objects.published(), query),
    "collection": lambda query: _simple(MethodCollection.objects.published(), query),
    "metric": _metrics,
}
