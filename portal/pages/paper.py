"""A paper: its words and people, its code, what it claims and what was measured, and the papers near it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse

from leaderboards import model_names
from leaderboards.models import Score, cell_text, shown
from papers import citations, related
from papers.citations import Citation
from papers.models import Paper, PaperAuthor, PaperMethod, PaperRepository, PaperTask, SlugHistory
from portal.context import Viewer, page, viewer
from portal.pages import absence, cited, compiled, figures, measured
from portal.pages.compiled import Argument
from portal.pages.links import Link, address, host_of, model_link, repository_name, web_address
from portal.pages.measured import UNTESTED, Cell, MappingFound, Measured, MeasurementFound, Testing
from portal.pages.paper_cards import title_of
from portal.pages.venues import venue_name
from workers.models import ClaimMapping

CODE_SHOWN = 11
"""Repositories that stand as buttons; the rest unfold."""
BADGES_SHOWN = 12
"""Boards whose badges are offered, those of the first results."""


@dataclass(frozen=True, kw_only=True)
class Code:
    """A repository of a paper."""

    name: str
    href: str
    host: str
    is_official: bool
    framework: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """One number that the paper claims, with what was measured beside it."""

    task: Link
    dataset: str
    metric: str
    value: str
    model: Link
    board: str
    measured: tuple[Measured, ...]
    testing: Testing


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
    venue: str
    tasks: tuple[Link, ...]
    methods: tuple[Link, ...]
    paper: str
    pdf: str
    code: tuple[Code, ...]
    code_note: str
    abstract: tuple[str, ...]
    is_own_summary: bool
    results: tuple[Result, ...]
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


class NamedFound(msgspec.Struct, frozen=True):
    """An author, a task or a method of the paper."""

    name: str
    slug: str


class CodeFound(msgspec.Struct, frozen=True):
    """A repository of the paper."""

    url: str
    is_official: bool | None
    framework: str | None


class ScoreFound(msgspec.Struct, frozen=True):
    """A cell of a board that the paper fills."""

    claim_id: int
    metric_id: int
    metric: str
    raw: str
    value: float | None
    model: str
    model_slug: str
    board: str
    dataset: str
    task: NamedFound


class PaperFound(msgspec.Struct, frozen=True):
    """A paper's row with all that hangs on it."""

    id: int
    title: str | None
    date: date | None
    venue: str | None
    conference: str | None
    venue_year: int | None
    venue_month: int | None
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
    code = PaperRepository.objects.published().filter(paper=here, repository__removed_at=None)
    return Paper.objects.published().filter(slug=slug).values(
        "id", "title", "date", "url_abs", "url_pdf", "conference_url_abs", "conference_url_pdf", "archive_code_count", "abstract",
        "abstract_by", "arxiv_id",
        venue=F("proceeding__name"),
        conference=F("proceeding__conference__name"),
        venue_year=F("proceeding__year"),
        venue_month=F("proceeding__month"),
        authors_found=ArraySubquery(authors.values(json=JSONObject(name="author__name", slug="author__slug"))),
        tasks_found=ArraySubquery(tasks.values(json=JSONObject(name="task__name", slug="task__slug"))),
        methods_found=ArraySubquery(methods.values(json=JSONObject(name="method__name", slug="method__slug"))),
        code=ArraySubquery(
            code.order_by(F("is_official").desc(nulls_last=True), "pk").values(
                json=JSONObject(url="repository__url", is_official="is_official", framework="framework")
            )
        ),
        scores=ArraySubquery(_scores(here)),
        measurements=measured.standing(Q(claim__paper=here)),
        mappings=measured.mapped(Q(claim__paper=here)),
    )  # fmt: skip


def _scores(paper: OuterRef) -> QuerySet[Any, Any]:
    """What the paper claims, cell by cell: first what can be measured here, then in the order in which the claims came in."""
    scores = Score.objects.filter(shown("claim__leaderboard__"), claim__paper=paper, claim__removed_at=None)
    is_unmapped = ~Exists(ClaimMapping.objects.filter(claim=OuterRef("claim")))
    return scores.order_by(is_unmapped, "claim_id", "metric__position", "metric_id").values(
        json=JSONObject(
            claim_id="claim_id", metric_id="metric_id", metric="metric__name", raw="raw", value="value",
            model="claim__model_name", model_slug=model_names.slug("claim__model_name"),
            board="claim__leaderboard__slug", dataset="claim__leaderboard__dataset_name",
            task=JSONObject(name="claim__leaderboard__task__name", slug="claim__leaderboard__task__slug"),
        )
    )  # fmt: skip


_related_papers = compiled.read_sql(RelatedFound, related.QUERY, paper=models.BigIntegerField(), limit=models.IntegerField())


def read(slug: str, *, viewer: Viewer) -> PaperPage | None:
    """The page's content in two queries; None when the public sees no such paper."""
    found = next(iter(_papers(slug=slug)), None)
    if found is None:
        return None
    code = _code(found.code)
    return PaperPage(
        slug=slug,
        citation=_citation(found, slug=slug),
        title=title_of(found.title, slug),
        authors=_links("authors:detail", found.authors_found),
        date=found.date,
        venue=venue_name(found.venue),
        tasks=_links("tasks:detail", found.tasks_found),
        methods=_links("methods:detail", found.methods_found),
        paper=web_address(found.url_abs) or web_address(found.conference_url_abs),
        pdf=web_address(found.url_pdf) or web_address(found.conference_url_pdf),
        code=code,
        code_note=_code_note(counted=found.archive_code_count, known=len(code)),
        abstract=paragraphs(found.abstract),
        is_own_summary=found.abstract_by == Paper.AbstractBy.PORTAL,
        results=_results(found, viewer=viewer),
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


def _code(repositories: Iterable[CodeFound]) -> tuple[Code, ...]:
    """The repositories whose addresses can be followed, official ones first."""
    return tuple(
        Code(
            name=repository_name(url),
            href=url,
            host=host_of(url),
            is_official=bool(repository.is_official),
            framework=repository.framework if repository.framework and repository.framework != "none" else "",
        )
        for repository in repositories
        if (url := web_address(repository.url))
    )


def _code_note(*, counted: int | None, known: int) -> str:
    """A line about the links that the archive's page counted and nobody here knows; empty when none is missing."""
    if not counted or counted <= known:
        return ""
    many = figures.counted(known, "repository", "repositories") if known else "no repository"
    known_here = f"{many} {'is' if known < 2 else 'are'} known here"
    return f"The archive counted {figures.counted(counted, 'code link')} for this paper; {known_here}."


def _results(found: PaperFound, *, viewer: Viewer) -> tuple[Result, ...]:
    tested = measured.by_cell(found.measurements)
    testing = measured.testing(found.mappings, viewer=viewer)
    results = (_result(score, tested, testing) for score in found.scores)
    return tuple(result for result in results if result.value)


def _result(score: ScoreFound, tested: Mapping[Cell, list[MeasurementFound]], testing: Mapping[Cell, Testing]) -> Result:
    cell = (score.claim_id, score.metric_id)
    return Result(
        task=Link(text=score.task.name, href=address("tasks:detail", score.task.slug)),
        dataset=score.dataset,
        metric=score.metric,
        value=cell_text(score.raw),
        model=model_link(score.model, score.model_slug),
        board=address("boards:detail", score.board),
        measured=tuple(measured.in_words(item, claimed=score.value) for item in tested.get(cell, [])),
        testing=testing.get(cell, UNTESTED),
    )


def _related(other: RelatedFound) -> Related:
    return Related(
        title=title_of(other.title, other.slug),
        href=address("papers:detail", other.slug),
        date=other.date,
        reason=other.reason,
    )
