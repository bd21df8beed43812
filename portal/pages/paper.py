"""A paper: its words and people, its code, what it claims and what was measured, and the papers near it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse

from papers import citations, related
from papers.citations import Citation
from papers.models import Dataset, Paper, PaperAuthor, PaperMethod, PaperTask, SlugHistory
from portal.context import Viewer, page, viewer
from portal.pages import absence, cited, compiled, measured, paper_code, paper_results
from portal.pages.claim_tests import ClaimTests
from portal.pages.compiled import Argument
from portal.pages.links import Link, address, web_address
from portal.pages.measured import MappingFound, MeasurementFound
from portal.pages.paper_cards import title_of
from portal.pages.paper_code import Code, CodeFound
from portal.pages.paper_results import NamedFound, Result, ScoreFound
from portal.pages.venues import venue_link

CODE_SHOWN = 11
"""Repositories that stand as buttons; the rest unfold."""
BADGES_SHOWN = 12
"""Boards whose badges are offered, those of the first results."""
DATASETS_SHOWN = 24
"""Datasets of its results that stand as tags; the rest unfold."""


@dataclass(frozen=True, kw_only=True)
class Related:
    """A paper near this one; `reason` says why it is, in words, and is empty where nobody computed that."""

    title: str
    href: str
    date: date | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class PaperPage:
    """All that a paper's page shows."""

    slug: str
    citation: Citation
    title: str
    authors: tuple[Link, ...]
    date: date | None
    venue: Link | None
    tasks: tuple[Link, ...]
    methods: tuple[Link, ...]
    paper: str
    pdf: str
    code: tuple[Code, ...]
    code_note: str
    abstract: tuple[str, ...]
    is_own_summary: bool
    results: tuple[Result, ...]
    tests: tuple[ClaimTests, ...]
    introduced: tuple[Link, ...]
    related: tuple[Related, ...]

    @property
    def code_first(self) -> tuple[Code, ...]:
        """The repositories that stand as buttons."""
        return self.code[:CODE_SHOWN]

    @property
    def code_rest(self) -> tuple[Code, ...]:
        """The repositories that unfold."""
        return self.code[CODE_SHOWN:]

    @property
    def datasets(self) -> list[Link]:
        """The datasets that its results are on, each once, in the order of the results."""
        return list(dict.fromkeys(result.whole_dataset for result in self.results))

    @property
    def datasets_first(self) -> list[Link]:
        """The datasets that stand as tags."""
        return self.datasets[:DATASETS_SHOWN]

    @property
    def datasets_rest(self) -> list[Link]:
        """The datasets that unfold."""
        return self.datasets[DATASETS_SHOWN:]

    @property
    def badges(self) -> list[Link]:
        """The boards that it stands on; `detail` is where its badge on each is."""
        boards = {result.board: f"{result.task.text} on {result.dataset}" for result in self.results}
        paper = address("papers:detail", self.slug).rpartition("/")[2]
        return [
            Link(text=title, href=board, detail=f"/badge/{paper}/{board.rpartition('/')[2]}.svg")
            for board, title in list(boards.items())[:BADGES_SHOWN]
        ]

    @property
    def bibtex(self) -> str:
        """Its BibTeX entry."""
        return citations.bibtex(self.citation)

    def people(self, origin: str) -> list[tuple[str, str]]:
        """Its authors with the whole addresses of their pages."""
        return [(author.text, origin + author.href) for author in self.authors]

    @property
    def description(self) -> str:
        """What search engines show below the title."""
        return " ".join(self.abstract)[:200]


def paper_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one paper."""
    found = read(slug, viewer=viewer(request))
    if found is None:
        return absence.explain(request, kind=SlugHistory.Kind.PAPER, slug=slug)
    return page(request, "papers/paper.html", {"paper": found, "section": "papers"})


class PaperFound(msgspec.Struct, frozen=True):
    """A paper's row with all that hangs on it."""

    id: int
    title: str | None
    date: date | None
    venue: str | None
    conference: str | None
    venue_year: int | None
    venue_month: int | None
    venue_slug: str | None
    venue_conference: str | None
    arxiv_id: str | None
    url_abs: str | None
    url_pdf: str | None
    conference_url_abs: str | None
    conference_url_pdf: str | None
    archive_code_count: int | None
    abstract: str | None
    abstract_by: str
    authors_found: list[NamedFound]
    tasks_found: list[NamedFound]
    methods_found: list[NamedFound]
    code: list[CodeFound]
    datasets_found: list[NamedFound]
    scores: list[ScoreFound]
    measurements: list[MeasurementFound]
    mappings: list[MappingFound]


class RelatedFound(msgspec.Struct, frozen=True):
    """A related paper."""

    slug: str
    title: str | None
    date: date | None
    reason: str


@compiled.read(PaperFound, slug=models.TextField())
def _papers(slug: Argument) -> QuerySet[Any, Any]:
    """The paper of that slug which the public sees."""
    here = OuterRef("pk")
    authors = PaperAuthor.objects.filter(paper=here).order_by("position")
    tasks = PaperTask.objects.filter(paper=here, task__removed_at=None, task__spam_reason="").order_by("position")
    methods = PaperMethod.objects.filter(paper=here, method__removed_at=None, method__spam_reason="").order_by("position")
    datasets = Dataset.objects.published().filter(paper=here).order_by("name", "pk")
    return Paper.objects.published().filter(slug=slug).values(
        "id", "title", "date", "url_abs", "url_pdf", "conference_url_abs", "conference_url_pdf", "archive_code_count", "abstract",
        "abstract_by", "arxiv_id",
        venue=F("proceeding__name"),
        conference=F("proceeding__conference__name"),
        venue_year=F("proceeding__year"),
        venue_month=F("proceeding__month"),
        venue_slug=Case(When(proceeding__removed_at=None, then=F("proceeding__slug"))),
        venue_conference=Case(When(proceeding__conference__removed_at=None, then=F("proceeding__conference__slug"))),
        authors_found=ArraySubquery(authors.values(json=JSONObject(name="author__name", slug="author__slug"))),
        tasks_found=ArraySubquery(tasks.values(json=JSONObject(name="task__name", slug="task__slug"))),
        methods_found=ArraySubquery(methods.values(json=JSONObject(name="method__name", slug="method__slug"))),
        code=paper_code.found(here),
        datasets_found=ArraySubquery(datasets.values(json=JSONObject(name="name", slug="slug"))),
        scores=paper_results.found(here),
        measurements=measured.standing(Q(claim__paper=here)),
        mappings=measured.mapped(Q(claim__paper=here)),
    )  # fmt: skip


_related_papers = compiled.read_sql(RelatedFound, related.QUERY, paper=models.BigIntegerField(), limit=models.IntegerField())


def read(slug: str, *, viewer: Viewer) -> PaperPage | None:
    """The page's content in two queries, in three if the paper has results; None when the public sees no such paper."""
    found = next(iter(_papers(slug=slug)), None)
    if found is None:
        return None
    code = paper_code.shown(found.code)
    tested = measured.by_cell(found.measurements)
    return PaperPage(
        slug=slug,
        citation=_citation(found, slug=slug),
        title=title_of(found.title, slug),
        authors=_links("authors:detail", found.authors_found),
        date=found.date,
        venue=venue_link(
            found.venue,
            slug=found.venue_slug,
            conference=found.venue_conference,  # by its whole name, month and all
        ),
        tasks=_links("tasks:detail", found.tasks_found),
        methods=_links("methods:detail", found.methods_found),
        paper=web_address(found.url_abs) or web_address(found.conference_url_abs),
        pdf=web_address(found.url_pdf) or web_address(found.conference_url_pdf),
        code=code,
        code_note=paper_code.note(counted=found.archive_code_count, known=len(code)),
        abstract=paragraphs(found.abstract),
        is_own_summary=found.abstract_by == Paper.AbstractBy.PORTAL,
        results=paper_results.in_words(
            found.scores,
            tested=tested,
            testing=measured.testing(found.mappings, viewer=viewer),
        ),
        tests=paper_results.tests(found.scores, tested=tested, mappings=found.mappings),
        introduced=_links("datasets:detail", found.datasets_found),
        related=tuple(_related(other) for other in _related_papers(paper=found.id, limit=related.SHOWN)),
    )


def paragraphs(text: str | None) -> tuple[str, ...]:
    """A plain text's paragraphs; they are parted by empty lines."""
    parts = (text or "").replace("\r\n", "\n").split("\n\n")
    return tuple(part for part in map(str.strip, parts) if part)


def _links(name: str, things: Iterable[NamedFound]) -> tuple[Link, ...]:
    return tuple(Link(text=thing.name, href=address(name, thing.slug)) for thing in things)


def _citation(found: PaperFound, *, slug: str) -> Citation:
    row = {
        **msgspec.structs.asdict(found),
        "proceeding__name": found.venue,
        "proceeding__conference__name": found.conference,
        "proceeding__year": found.venue_year,
        "proceeding__month": found.venue_month,
    }
    return cited.of(row, slug=slug, authors=[author.name for author in found.authors_found])


def _related(other: RelatedFound) -> Related:
    return Related(
        title=title_of(other.title, other.slug),
        href=address("papers:detail", other.slug),
        date=other.date,
        reason=other.reason,
    )
