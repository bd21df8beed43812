"""A paper: its words and people, its code, what it claims and what was measured, and the papers near it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse

from leaderboards.models import Measurement, Score, shown
from papers import related
from papers.models import Paper, PaperAuthor, PaperMethod, PaperRepository, PaperTask, SlugHistory
from portal.context import Viewer, page, viewer
from portal.pages import absence, figures, measured
from portal.pages.links import Link, address, host_of, repository_name, web_address
from portal.pages.measured import UNTESTED, Cell, Measured, Testing
from portal.pages.paper_cards import task_links, title_of
from portal.pages.venues import venue_name
from workers.models import ClaimMapping

CODE_SHOWN = 11
"""Repositories that stand as buttons; the rest unfold."""


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
    model: str
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
    def description(self) -> str:
        """What search engines show below the title."""
        return " ".join(self.abstract)[:200]


def paper_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one paper."""
    found = read(slug, viewer=viewer(request))
    if found is None:
        return absence.explain(request, kind=SlugHistory.Kind.PAPER, slug=slug)
    return page(request, "papers/paper.html", {"paper": found, "section": "papers"})


def read(slug: str, *, viewer: Viewer) -> PaperPage | None:
    """The page's content in a constant number of queries; None when the public sees no such paper."""
    row = _row(slug)
    if row is None:
        return None
    code = _code(row["all_code"])
    return PaperPage(
        title=title_of(row["title"], slug),
        authors=_links("authors:detail", row["all_authors"]),
        date=row["date"],
        venue=venue_name(row["proceeding__name"]),
        tasks=task_links(row["all_tasks"]),
        methods=_links("methods:detail", row["all_methods"]),
        paper=web_address(row["url_abs"]) or web_address(row["conference_url_abs"]),
        pdf=web_address(row["url_pdf"]) or web_address(row["conference_url_pdf"]),
        code=code,
        code_note=_code_note(counted=row["archive_code_count"], known=len(code)),
        abstract=paragraphs(row["abstract"]),
        is_own_summary=row["abstract_by"] == Paper.AbstractBy.PORTAL,
        results=_results(row["pk"], viewer=viewer),
        related=_related(Paper(pk=row["pk"], slug=slug)),
    )


def paragraphs(text: str | None) -> tuple[str, ...]:
    """A plain text's paragraphs; they are parted by empty lines."""
    parts = (text or "").replace("\r\n", "\n").split("\n\n")
    return tuple(part for part in map(str.strip, parts) if part)


def _row(slug: str) -> dict[str, Any] | None:
    """The paper with its authors, tasks, methods and repositories as arrays of JSON objects: one query."""
    here = OuterRef("pk")
    authors = PaperAuthor.objects.filter(paper=here).order_by("position")
    tasks = PaperTask.objects.filter(paper=here, task__removed_at=None, task__spam_reason="").order_by("position")
    methods = PaperMethod.objects.filter(paper=here, method__removed_at=None, method__spam_reason="").order_by("position")
    code = PaperRepository.objects.published().filter(paper=here, repository__removed_at=None)
    row = Paper.objects.published().filter(slug=slug).annotate(
        all_authors=ArraySubquery(authors.values(json=JSONObject(name="author__name", slug="author__slug"))),
        all_tasks=ArraySubquery(tasks.values(json=JSONObject(name="task__name", slug="task__slug"))),
        all_methods=ArraySubquery(methods.values(json=JSONObject(name="method__name", slug="method__slug"))),
        all_code=ArraySubquery(
            code.order_by(F("is_official").desc(nulls_last=True), "pk").values(
                json=JSONObject(url="repository__url", official="is_official", framework="framework")
            )
        ),
    ).values(
        "pk", "title", "date", "proceeding__name", "url_abs", "url_pdf", "conference_url_abs", "conference_url_pdf",
        "archive_code_count", "abstract", "abstract_by", "all_authors", "all_tasks", "all_methods", "all_code",
    ).first()  # fmt: skip
    return dict(row) if row else None


def _links(name: str, rows: Iterable[Mapping[str, str]]) -> tuple[Link, ...]:
    return tuple(Link(text=row["name"], href=address(name, row["slug"])) for row in rows)


def _code(rows: Iterable[Mapping[str, Any]]) -> tuple[Code, ...]:
    """The repositories whose addresses can be followed, official ones first."""
    return tuple(
        Code(
            name=repository_name(url),
            href=url,
            host=host_of(url),
            is_official=bool(row["official"]),
            framework=row["framework"] if row["framework"] and row["framework"] != "none" else "",
        )
        for row in rows
        if (url := web_address(row["url"]))
    )


def _code_note(*, counted: int | None, known: int) -> str:
    """A line about the links that the archive's page counted and nobody here knows; empty when none is missing."""
    if not counted or counted <= known:
        return ""
    many = figures.counted(known, "repository", "repositories") if known else "no repository"
    known_here = f"{many} {'is' if known < 2 else 'are'} known here"
    return f"The archive counted {figures.counted(counted, 'code link')} for this paper; {known_here}."


def _results(paper: int, *, viewer: Viewer) -> tuple[Result, ...]:
    """What the paper claims, cell by cell: first what can be measured here, then in the order in which the claims came in."""
    scores = list(
        Score.objects.filter(shown("claim__leaderboard__"), claim__paper=paper, claim__removed_at=None)
        .select_related("metric", "claim__leaderboard__task")
        .order_by(~Exists(ClaimMapping.objects.filter(claim=OuterRef("claim"))), "claim_id", "metric__position", "metric_id")
    )
    tested = measured.by_cell(measured.current(Q(claim__paper=paper)))
    testing = measured.testing(Q(claim__paper=paper), viewer=viewer)
    return tuple(_result(score, tested, testing) for score in scores if score.text)


def _result(score: Score, tested: Mapping[Cell, list[Measurement]], testing: Mapping[Cell, Testing]) -> Result:
    board = score.claim.leaderboard
    cell = (score.claim_id, score.metric_id)
    return Result(
        task=Link(text=board.task.name, href=address("tasks:detail", board.task.slug)),
        dataset=board.dataset_name,
        metric=score.metric.name,
        value=score.text,
        model=score.claim.model_name,
        board=address("boards:detail", board.slug),
        measured=tuple(measured.in_words(found, claimed=score.value) for found in tested.get(cell, [])),
        testing=testing.get(cell, UNTESTED),
    )


def _related(paper: Paper) -> tuple[Related, ...]:
    return tuple(
        Related(
            title=title_of(other.title, other.slug),
            href=address("papers:detail", other.slug),
            date=other.date,
            reason=other.reason,
        )
        for other in related.related_to(paper)
    )
