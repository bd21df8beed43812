"""Search over the names of things: an exact title first, then titles that hold every word."""

import unicodedata
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Case, CharField, F, Func, IntegerField, QuerySet, Value, When
from django.db.models.expressions import OrderBy
from django.http import HttpRequest, HttpResponse

from leaderboards.models import Leaderboard
from papers.catalogue_row import CatalogueQuerySet
from papers.models import Author, Dataset, Method, Named, Task
from portal.context import page
from portal.pages import board_cards, paper_cards
from portal.pages.board_cards import BoardCard
from portal.pages.links import Link, address
from portal.pages.paper_cards import PaperCard

RowsT = TypeVar("RowsT", bound=QuerySet[Any])
NamedT = TypeVar("NamedT", bound=Named)

LONGEST_QUERY = 200
MOST_WORDS = 12
PAPERS_SHOWN = 20
OTHERS_SHOWN = 8


class Folded(Func):
    """A text in lower case without accents; plain Postgres, no extension."""

    function = "regexp_replace"
    template = "regexp_replace(normalize(lower(%(expressions)s), NFKD), '[\\u0300-\\u036f]', '', 'g')"
    output_field = CharField()


@dataclass(frozen=True, kw_only=True)
class Group:
    """Things of one kind that were found."""

    heading: str
    links: tuple[Link, ...]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a query finds."""

    query: str
    papers: tuple[PaperCard, ...]
    has_more_papers: bool
    boards: tuple[BoardCard, ...]
    groups: tuple[Group, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.papers or self.boards or self.groups)


def search(request: HttpRequest) -> HttpResponse:
    """The page of what was found."""
    query = clean(request.GET.get("q", ""))
    return page(request, "portal/search.html", {"found": find(query), "query": query})


def clean(query: str) -> str:
    """The query as one line of at most 200 printable characters."""
    printable = "".join(sign if sign.isprintable() else " " for sign in query)
    return " ".join(printable.split())[:LONGEST_QUERY]


def fold(text: str) -> str:
    """The same folding in Python as `Folded` does in the database."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(sign for sign in parts if not "\u0300" <= sign <= "\u036f")


def find(query: str) -> Found | None:
    """What the query finds, in six queries; None without words to look for."""
    words = fold(query).split()[:MOST_WORDS]
    if not words:
        return None
    newest = F("date").desc(nulls_last=True)
    papers = _matching(paper_cards.published_papers(), F("title"), words, newest, "-pk")
    boards = Leaderboard.objects.published().annotate(
        name=Func(F("task__name"), Value(" on "), F("dataset_name"), function="concat", output_field=CharField())
    )
    found = paper_cards.cards(papers[: PAPERS_SHOWN + 1])
    return Found(
        query=query,
        papers=found[:PAPERS_SHOWN],
        has_more_papers=len(found) > PAPERS_SHOWN,
        boards=board_cards.cards(_matching(boards, F("name"), words, "slug")[:OTHERS_SHOWN]),
        groups=tuple(
            Group(heading=heading, links=links)
            for heading, links in (
                ("Tasks", _named(Task.objects.all(), "tasks:detail", words)),
                ("Datasets", _named(Dataset.objects.all(), "datasets:detail", words)),
                ("Methods", _named(Method.objects.all(), "methods:detail", words)),
                ("Authors", _named(Author.objects.all(), "authors:detail", words)),
            )
            if links
        ),
    )


def _matching(rows: RowsT, name: F, words: list[str], *then: str | OrderBy) -> RowsT:
    """The rows whose name holds every word: the very name first, then its beginning, the phrase, the words; then as told."""
    phrase = " ".join(words)
    merit = Case(
        When(folded=phrase, then=0),
        When(folded__startswith=phrase, then=1),
        When(folded__contains=phrase, then=2),
        default=3,
        output_field=IntegerField(),
    )
    found = rows.annotate(folded=Folded(name))
    for word in words:
        found = found.filter(folded__contains=word)
    return found.order_by(merit, *then)


def _named(rows: CatalogueQuerySet[NamedT], page_name: str, words: list[str]) -> tuple[Link, ...]:
    """Links to the rows that match by name."""
    found = _matching(rows.published(), F("name"), words, "slug").values_list("name", "slug")
    return tuple(Link(text=name, href=address(page_name, slug)) for name, slug in found[:OTHERS_SHOWN])
