"""What somebody who types into a search field may mean: a few things of each kind, the very name first."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import CharField, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse, JsonResponse

from leaderboards import search as board_search
from leaderboards.models import Leaderboard
from papers import search as paper_search
from papers.models import Author, Dataset, Method, Task
from papers.search_names import named
from papers.search_words import SHORTEST_BEGINNING, beginnings, clean
from portal import page_cache
from portal.pages import figures
from portal.pages.links import address, model_address

OF_A_KIND = 3
PAPERS = 5
MOST = 12
CAP = 200
"""Names among which the best of a kind are chosen: fewer than a search looks at, since each key that is pressed asks."""
BOARDS_CAP = 100
"""The same for boards, whose best are chosen among those of most results."""

ADDRESSES = {
    "Task": "tasks:detail",
    "Board": "boards:detail",
    "Dataset": "datasets:detail",
    "Method": "methods:detail",
    "Author": "authors:detail",
}
"""Kinds of things with a name, in the order in which they are suggested, and their pages."""
WHOLE = "standinwhole"
"""In a statement's place for the one short word of a query."""
_EXACT = 0


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A thing that may be meant: the word for its kind, its name, where it is, and something about it."""

    kind: str
    text: str
    href: str
    detail: str = ""


def suggest(request: HttpRequest) -> HttpResponse:
    """The suggestions for `q` as JSON: {"query", "suggestions": [{"kind", "text", "href", "detail"}]}."""
    query = clean(request.GET.get("q", ""))
    found = [asdict(suggestion) for suggestion in find(query)]
    return page_cache.mark(JsonResponse({"query": query, "suggestions": found}))


def complete(request: HttpRequest) -> HttpResponse:
    """The same for the search field of a browser itself: the four lists of OpenSearch Suggestions 1.0."""
    query = request.GET.get("q", "")
    found = find(clean(query))
    lists = [
        query,
        [suggestion.text for suggestion in found],
        [f"{suggestion.kind}: {suggestion.detail}" if suggestion.detail else suggestion.kind for suggestion in found],
        [request.build_absolute_uri(suggestion.href) for suggestion in found],
    ]
    return page_cache.mark(JsonResponse(lists, safe=False, content_type="application/x-suggestions+json"))


def find(query: str) -> tuple[Suggestion, ...]:
    """At most twelve things, in three queries; none for less than two letters."""
    if sum(map(str.isalnum, query)) < SHORTEST_BEGINNING - 1:
        return ()
    found = [*_named(query), *_models(query), *_papers(query)]
    found.sort(key=lambda pair: pair[0] != _EXACT)  # stable: the kinds keep their order
    return tuple(suggestion for _, suggestion in found[:MOST])


def _named(query: str) -> Iterator[tuple[int, Suggestion]]:
    words = beginnings(query)
    if not words:
        return
    is_short = len(words) == 1 and not words[0].endswith(":*")
    stand_in, statement, values = _statement(tuple(word.lower() == board_search.JOINS for word in words), is_short=is_short)
    meant = {WHOLE: query, beginnings(WHOLE)[0]: words[0]}
    if is_short:
        words = (f"{words[0]}:*",)
    meant |= dict(zip(beginnings(stand_in), words, strict=True))
    meant |= {stand_in: query, " & ".join(beginnings(stand_in)): " & ".join(words)}
    with connection.cursor() as cursor:
        cursor.execute(statement, [meant.get(value, value) if isinstance(value, str) else value for value in values])
        rows = cursor.fetchall()
    order = list(ADDRESSES)
    for kind, name, slug, merit in sorted(rows, key=lambda row: (order.index(row[0]), row[3])):
        yield merit, Suggestion(kind=kind, text=name, href=address(ADDRESSES[kind], slug))


@lru_cache(maxsize=128)
def _statement(joins: tuple[bool, ...], *, is_short: bool) -> tuple[str, str, tuple[Any, ...]]:
    """A query that stands in for all with as many words, its SQL and its values; `joins` says which words join task and dataset.

    What `is_short`, a word of two letters, is the beginning of too many authors and boards: of those it has to be a whole word.
    To put five querysets into SQL takes longer than to answer them, and each key that is pressed asks.
    """
    stand_in = " ".join("on" if is_join else f"standin{place}" for place, is_join in enumerate(joins))
    board_name = Concat("task__name", Value(" on "), "dataset_name", output_field=TextField())
    whole = WHOLE if is_short else stand_in
    boards = board_search.boards(Leaderboard.objects.published(), whole, cap=BOARDS_CAP)
    first, *others = [
        _rows(named(Task.objects.published(), stand_in, cap=CAP), "Task"),
        _rows(named(Dataset.objects.published(), stand_in, cap=CAP), "Dataset"),
        _rows(named(Method.objects.published(), stand_in, cap=CAP), "Method"),
        _rows(named(Author.objects.published(), whole, cap=CAP), "Author"),
    ]
    if not all(joins):
        others.append(_rows(boards.annotate(text=board_name), "Board", name="text"))
    statement, values = first.union(*others, all=True).query.sql_with_params()
    return stand_in, statement, tuple(values)


def _rows(rows: QuerySet[Any], kind: str, *, name: str = "name") -> QuerySet[Any, tuple[str, str, str, int]]:
    named_rows: QuerySet[Any, tuple[str, str, str, int]] = rows.annotate(kind=Value(kind, output_field=CharField())).values_list(
        "kind", name, "slug", "merit"
    )
    return named_rows[:OF_A_KIND]


def _models(query: str) -> Iterator[tuple[int, Suggestion]]:
    for model in board_search.models(query, limit=OF_A_KIND, cap=CAP):
        detail = figures.counted(model.claims, "result")
        yield model.merit, Suggestion(kind="Model", text=model.name, href=model_address(model.slug), detail=detail)


def _papers(query: str) -> Iterator[tuple[int, Suggestion]]:
    wanted = query.casefold()
    for paper in paper_search.suggest(query, limit=PAPERS):
        title = paper.title or paper.slug
        merit = _EXACT if title.casefold() == wanted else 1
        yield merit, Suggestion(kind="Paper", text=title, href=address("papers:detail", paper.slug))
