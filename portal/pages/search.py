"""Search: papers by their words, and other things by the words of their names."""

from dataclasses import dataclass
from typing import TypeVar

from django.http import HttpRequest, HttpResponse

from leaderboards import search as board_search
from leaderboards.models import Leaderboard
from papers import search as paper_search
from papers.catalogue_row import CatalogueQuerySet
from papers.models import Author, Dataset, Method, Named, Task
from papers.search_names import named
from papers.search_words import clean
from portal.context import page
from portal.pages import board_cards, paper_cards
from portal.pages.board_cards import BoardCard
from portal.pages.links import Link, address
from portal.pages.paper_cards import PaperCard

NamedT = TypeVar("NamedT", bound=Named)

PAPERS_SHOWN = 20
OTHERS_SHOWN = 8


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
    return page(request, "portal/search.html", {"found": find(query), "query": query}, is_indexed=not query)


def find(query: str) -> Found | None:
    """What the query finds, in seven queries; None for an empty one."""
    if not query:
        return None
    papers = paper_search.papers(query, limit=PAPERS_SHOWN)
    return Found(
        query=query,
        papers=_cards([hit.paper for hit in papers.hits]),
        has_more_papers=papers.count > PAPERS_SHOWN,
        boards=board_cards.cards(board_search.boards(Leaderboard.objects.published(), query)[:OTHERS_SHOWN]),
        groups=tuple(
            Group(heading=heading, links=links)
            for heading, links in (
                ("Tasks", _named(Task.objects.all(), "tasks:detail", query)),
                ("Datasets", _named(Dataset.objects.all(), "datasets:detail", query)),
                ("Methods", _named(Method.objects.all(), "methods:detail", query)),
                ("Authors", _named(Author.objects.all(), "authors:detail", query)),
            )
            if links
        ),
    )


def _cards(papers: list[int]) -> tuple[PaperCard, ...]:
    """The papers' cards in the order of their keys here."""
    cards = {card.key: card for card in paper_cards.cards(paper_cards.published_papers().filter(pk__in=papers))}
    return tuple(cards[paper] for paper in papers if paper in cards)


def _named(rows: CatalogueQuerySet[NamedT], page_name: str, query: str) -> tuple[Link, ...]:
    """Links to the rows that match by name."""
    found = named(rows.published(), query).values_list("name", "slug")
    return tuple(Link(text=name, href=address(page_name, slug)) for name, slug in found[:OTHERS_SHOWN])
