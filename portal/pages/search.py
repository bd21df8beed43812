"""Search: papers by their words, and other things by the words of their names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import unquote, urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from leaderboards import search as board_search
from leaderboards.models import Leaderboard
from papers import search as paper_search
from papers import search_people, search_words
from papers.catalogue_row import CatalogueQuerySet
from papers.models import Author, Dataset, Method, Named, Task
from papers.search import MOST_HITS, Within
from papers.search_names import named
from papers.search_words import clean
from portal.context import page
from portal.pages import board_cards, clean_address, figures, paper_cards, paper_filter, task_choice
from portal.pages.board_cards import BoardCard
from portal.pages.keyset import NO_SUCH_PLACE
from portal.pages.links import Link, address, model_address
from portal.pages.paper_cards import PaperCard

NamedT = TypeVar("NamedT", bound=Named)

PAPERS_SHOWN = 20
OTHERS_SHOWN = 8
MOST_OF_A_KIND = 100
MOST_TASKS_OFFERED = 12

KINDS: Mapping[str, str] = {
    "papers": "Papers",
    "tasks": "Tasks",
    "boards": "Boards",
    "datasets": "Datasets",
    "methods": "Methods",
    "models": "Models",
    "authors": "Authors",
}
"""What can be looked for alone, by the word of the address."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A search as an address has it; `complaint` is a sentence about what could not be understood, and was left out."""

    query: str
    kind: str
    task: Link | None
    within: Within
    page: int
    complaint: str

    @property
    def is_filtered(self) -> bool:
        """Whether not all papers are searched."""
        return bool(self.within.marks or self.within.year)

    @property
    def path(self) -> str:
        """The address of the first page."""
        return self.at(1)

    def at(self, number: int) -> str:
        """The address of a page."""
        pairs = {
            "q": self.query,
            "type": self.kind,
            "task": self.task.detail if self.task else "",
            "year": str(self.within.year or ""),
            "code": "1" if self.within.with_code else "",
            "page": str(number) if number > 1 else "",
        }
        return "?" + urlencode([(name, value) for name, value in pairs.items() if value])

    def of_kind(self, kind: str) -> str:
        """The address of the same query among things of one kind, or of all."""
        return "?" + urlencode([(name, value) for name, value in (("q", self.query), ("type", kind)) if value])


@dataclass(frozen=True, kw_only=True)
class Group:
    """Things of one kind that were found; `has_more` says that there may be others."""

    kind: str
    heading: str
    links: tuple[Link, ...]
    has_more: bool


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search finds; papers that are `by_people` were found by names of authors too, since no paper has all the words."""

    papers: tuple[PaperCard, ...]
    paper_count: str
    first: int
    has_next: bool
    boards: tuple[BoardCard, ...]
    groups: tuple[Group, ...]
    is_by_people: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.papers or self.boards or self.groups)

    @property
    def last(self) -> int:
        """The place of the last paper that is shown."""
        return self.first + len(self.papers) - 1


def search(request: HttpRequest) -> HttpResponse:
    """The page of what was found; what its forms send is answered by the address that readers share."""
    wanted = read(request.GET)
    if clean := clean_address.shared(request):
        return clean
    if wanted.task and wanted.task.detail != request.GET.get("task") and not wanted.complaint:
        return HttpResponseRedirect(request.path + wanted.at(wanted.page))
    found = find(wanted)
    context = {
        "found": found,
        "query": wanted.query,
        "wanted": wanted,
        "kinds": KINDS,
        "tasks_offered": tasks_offered(wanted, found),
    }
    return page(request, "portal/search.html", context, is_indexed=not wanted.query)


def read(asked: QueryDict) -> Wanted:
    """The search that an address asks for; one query where it names a task by its slug, two where by its name."""
    year, complaint = paper_filter.year_of(asked.get("year", ""))
    said = clean(asked.get("task", ""))
    task = task_choice.find(said)
    if said and task is None:
        complaint = complaint or f"There is no task “{paper_filter.quoted(said)}” here: papers of all tasks are shown."
    kind, query = asked.get("type", ""), clean(asked.get("q", ""))
    if both := search_words.contradiction(query):
        complaint = complaint or f"No paper has “{both}” and lacks it too: leave one of the two out."
    return Wanted(
        query=query,
        kind=kind if kind in KINDS else "",
        task=Link(text=task.name, href=address("tasks:detail", task.slug), detail=task.slug) if task else None,
        within=Within(task=task.key if task else None, with_code=paper_filter.is_on(asked.get("code", "")), year=year),
        page=_page_number(asked.get("page", "")),
        complaint=complaint,
    )


def _page_number(text: str) -> int:
    """Pages end where searches do, so none is dearer than the first."""
    if not text:
        return 1
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= -(-MOST_HITS // PAPERS_SHOWN):
        return int(text)
    raise Http404(NO_SUCH_PLACE)


def find(wanted: Wanted) -> Found | None:
    """What is found: ten queries at most; None where nothing is asked. Filters and further pages are about papers alone."""
    if not wanted.query:
        return None
    if wanted.kind and wanted.kind != "papers":
        return _others(wanted.query, kinds=[wanted.kind], limit=MOST_OF_A_KIND)
    offset = (wanted.page - 1) * PAPERS_SHOWN
    papers = paper_search.papers(wanted.query, limit=PAPERS_SHOWN, offset=offset, within=wanted.within)
    if offset and not papers.hits:
        raise Http404(NO_SUCH_PLACE)
    if not papers.hits and not wanted.is_filtered and (found := search_people.papers(wanted.query, limit=PAPERS_SHOWN)):
        return _by_people(wanted, found)
    has_others = wanted.kind == "" and wanted.page == 1 and not wanted.is_filtered
    others = _others(wanted.query, kinds=[kind for kind in KINDS if kind != "papers"] if has_others else [], limit=OTHERS_SHOWN)
    return Found(
        papers=_cards([hit.paper for hit in papers.hits]),
        paper_count=papers.count_text,
        first=offset + 1,
        has_next=papers.count > offset + PAPERS_SHOWN,
        boards=others.boards,
        groups=others.groups,
    )


def _by_people(wanted: Wanted, papers: tuple[int, ...]) -> Found:
    """Papers of people whose names are in the query, and what is found by name as ever."""
    others = _others(wanted.query, kinds=[] if wanted.kind else [kind for kind in KINDS if kind != "papers"], limit=OTHERS_SHOWN)
    count = f"{len(papers)}+" if len(papers) == PAPERS_SHOWN else str(len(papers))
    cards = _cards(list(papers))
    return replace(others, papers=cards, paper_count=count, is_by_people=True)


def tasks_offered(wanted: Wanted, found: Found | None) -> tuple[Link, ...]:
    """Tasks that the papers can be narrowed down to: the chosen one, those that were found by name, those of the papers shown.

    `detail` is a task's slug.
    """
    if found is None:
        return ()
    by_name = (link for group in found.groups if group.kind == "tasks" for link in group.links)
    offered = [*((wanted.task,) if wanted.task else ()), *by_name, *(task for card in found.papers for task in card.tasks)]
    once = list(dict.fromkeys(Link(text=task.text, href=task.href, detail=_slug(task)) for task in offered))
    return tuple(once[:MOST_TASKS_OFFERED])


def _slug(link: Link) -> str:
    return unquote(link.href.rpartition("/")[2])


def _others(query: str, *, kinds: list[str], limit: int) -> Found:
    """What is found by name: a query a kind, and one more for boards."""
    boards: tuple[BoardCard, ...] = ()
    if "boards" in kinds:
        boards = _board_cards(query, limit=limit)
    groups = (
        Group(kind=kind, heading=KINDS[kind], links=links[:limit], has_more=len(links) > limit)
        for kind in kinds
        if kind != "boards" and (links := _links(kind, query, limit=limit + 1))
    )
    return Found(papers=(), paper_count="0", first=1, has_next=False, boards=boards, groups=tuple(groups))


def _board_cards(query: str, *, limit: int) -> tuple[BoardCard, ...]:
    """The boards that are found. Their keys first, or the database would join all boards with what a card shows."""
    shown = Leaderboard.objects.published()
    keys = list(board_search.boards(shown, query).values_list("pk", flat=True)[:limit])
    cards = {card.key: card for card in board_cards.cards(shown.filter(pk__in=keys))}
    return tuple(cards[key] for key in keys if key in cards)


def _links(kind: str, query: str, *, limit: int) -> tuple[Link, ...]:
    if kind == "models":
        return tuple(
            Link(text=model.name, href=model_address(model.slug), detail=figures.counted(model.claims, "result"))
            for model in board_search.models(query, limit=limit)
        )
    if kind == "tasks":
        return _named(Task.objects.published(), "tasks:detail", query, limit=limit)
    if kind == "datasets":
        return _named(Dataset.objects.published(), "datasets:detail", query, limit=limit)
    if kind == "methods":
        return _named(Method.objects.published(), "methods:detail", query, limit=limit)
    return _named(Author.objects.published(), "authors:detail", query, limit=limit)


def _cards(papers: list[int]) -> tuple[PaperCard, ...]:
    """The papers' cards in the order of their keys here."""
    cards = {card.key: card for card in paper_cards.cards(paper_cards.published_papers().filter(pk__in=papers))}
    return tuple(cards[paper] for paper in papers if paper in cards)


def _named(rows: CatalogueQuerySet[NamedT], page_name: str, query: str, *, limit: int) -> tuple[Link, ...]:
    """Links to the rows that match by name."""
    found = named(rows, query).values_list("name", "slug")
    return tuple(Link(text=name, href=address(page_name, slug)) for name, slug in found[:limit])
