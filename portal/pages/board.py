"""A leaderboard: what is claimed on a task's dataset, ranked, and what was measured beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse

from leaderboards import ranking
from leaderboards.directions import Direction
from leaderboards.models import Claim, Leaderboard, Measurement, Metric, Score
from papers.models import PaperRepository, SlugHistory
from portal.context import Viewer, page, viewer
from portal.pages import absence, measured
from portal.pages.links import Link, address, repository_name, web_address
from portal.pages.measured import UNTESTED, Measured, Testing
from portal.pages.paper_cards import title_of

MEASURED = "measured"
DIRECTIONS: Mapping[str, Direction] = {"higher": "higher", "lower": "lower", "none": "none"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A metric of the board; `direction` is higher, lower or none."""

    key: int
    name: str
    direction: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the board: a claim with what was measured beside it, or a measurement that tests no claim."""

    model: str
    values: tuple[str, ...]
    number: float | None
    measured: tuple[Measured, ...]
    testing: Testing
    extra_data: bool | None
    paper: Link
    code: Link
    date: date | None
    provenance: str
    rank: int | None = None


@dataclass(frozen=True, kw_only=True)
class BoardPage:
    """All that a board's page shows."""

    slug: str
    task: Link
    area: Link | None
    dataset: Link
    dataset_name: str
    description: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """What the board is called."""
        return f"{self.task.text} on {self.dataset_name}"

    @property
    def leading(self) -> list[tuple[int | None, str, str]]:
        """The lines as rank, model and value of the first metric."""
        return [(row.rank, row.model, row.values[0]) for row in self.rows if row.values]

    @property
    def has_measurements(self) -> bool:
        """Whether anything was measured on it."""
        return any(row.measured for row in self.rows)


def board_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one board."""
    found = read(slug, viewer=viewer(request))
    if found is None:
        return absence.explain(request, kind=SlugHistory.Kind.LEADERBOARD, slug=slug)
    return page(request, "leaderboards/board.html", {"board": found, "section": "sota"})


def read(slug: str, *, viewer: Viewer) -> BoardPage | None:
    """The page's content in a constant number of queries; None when the public sees no such board."""
    board = Leaderboard.objects.published().with_task_and_dataset().filter(slug=slug).first()
    if board is None:
        return None
    metrics = list(board.metrics.all())
    area = board.task.areas.filter(removed_at=None).first()
    return BoardPage(
        slug=slug,
        task=Link(text=board.task.name, href=address("tasks:detail", board.task.slug)),
        area=Link(text=area.name, href=address("areas:detail", area.slug)) if area else None,
        dataset=Link(text=board.dataset.name, href=address("datasets:detail", board.dataset.slug)),
        dataset_name=board.dataset_name,
        description=board.description or "",
        note=board.note,
        columns=tuple(Column(key=metric.pk, name=metric.name, direction=metric.direction) for metric in metrics),
        rows=_ranked(_rows(board, metrics, viewer=viewer), metrics),
    )


def _rows(board: Leaderboard, metrics: list[Metric], *, viewer: Viewer) -> list[Row]:
    """Every line of the board, in the archive's order, measurements of their own last."""
    found = measured.current(Q(leaderboard=board))
    tested = measured.by_cell(found)
    testing = measured.testing(Q(claim__leaderboard=board), viewer=viewer)
    rows = []
    for claim in _claims(board):
        cells = [(claim["pk"], metric.pk) for metric in metrics]
        scores = {score["metric"]: score for score in claim["all_scores"]}
        beside = [(item, scores.get(item.metric_id, {}).get("value")) for cell in cells for item in tested.get(cell, [])]
        rows.append(_claim_row(claim, scores, metrics, beside=beside, testing=_merged(testing.get(cell) for cell in cells)))
    rows.extend(_measured_row(item, metrics) for item in found if item.claim_id is None)
    return rows


def _claims(board: Leaderboard) -> Iterable[dict[str, Any]]:
    """The board's claims with their scores, papers and one repository each: one query."""
    scores = Score.objects.filter(claim=OuterRef("pk"))
    code = PaperRepository.objects.published().filter(paper=OuterRef("paper"), repository__removed_at=None)
    best_known = code.order_by(F("is_official").desc(nulls_last=True), "pk").values("repository__url")
    rows = Claim.objects.published().filter(leaderboard=board).order_by("position", "pk").annotate(
        all_scores=ArraySubquery(scores.values(json=JSONObject(metric="metric_id", raw="raw", value="value"))),
        repository=Subquery(best_known[:1]),
    ).values(
        "pk", "model_name", "paper_title", "paper_url", "paper_date", "uses_additional_data", "code_links", "source",
        "paper__slug", "paper__title", "paper__date", "paper__removed_at", "all_scores", "repository",
    )  # fmt: skip
    return [dict(row) for row in rows]


def _claim_row(
    claim: Mapping[str, Any],
    scores: Mapping[int, Mapping[str, Any]],
    metrics: list[Metric],
    *,
    beside: list[tuple[Measurement, float | None]],
    testing: Testing,
) -> Row:
    ranked_by = scores.get(metrics[0].pk) if metrics else None
    return Row(
        model=claim["model_name"],
        values=tuple(Score(raw=scores[metric.pk]["raw"]).text if metric.pk in scores else "" for metric in metrics),
        number=ranked_by["value"] if ranked_by else None,
        measured=tuple(measured.in_words(item, claimed=claimed) for item, claimed in beside),
        testing=testing,
        extra_data=claim["uses_additional_data"],
        paper=_paper(claim),
        code=_code(claim),
        date=claim["paper_date"] or claim["paper__date"],
        provenance=claim["source"],
    )


def _measured_row(item: Measurement, metrics: list[Metric]) -> Row:
    """A measurement that tests no claim stands in its metric's column; it ranks if that metric does."""
    words = measured.in_words(item)
    return Row(
        model=item.model_name,
        values=tuple(words.value if metric.pk == item.metric_id else "" for metric in metrics),
        number=item.value if metrics and item.metric_id == metrics[0].pk else None,
        measured=(words,),
        testing=UNTESTED,
        extra_data=None,
        paper=Link(text=""),
        code=Link(text=""),
        date=item.measured_at.date(),
        provenance=MEASURED,
    )


def _merged(parts: Iterable[Testing | None]) -> Testing:
    """What is open and can be asked for over all the cells of a row; one run may test several."""
    present = [part for part in parts if part]
    return Testing(
        open_runs=tuple(dict.fromkeys(run for part in present for run in part.open_runs)),
        reproductions=tuple(item for part in present for item in part.reproductions),
    )


def _paper(claim: Mapping[str, Any]) -> Link:
    """Our page of the claim's paper; else what the row itself says."""
    if claim["paper__slug"] and claim["paper__removed_at"] is None:
        title = title_of(claim["paper__title"], claim["paper__slug"])
        return Link(text=title, href=address("papers:detail", claim["paper__slug"]))
    return Link(text=claim["paper_title"] or "", href=web_address(claim["paper_url"]))


def _code(claim: Mapping[str, Any]) -> Link:
    """The paper's best-known repository; else the first code link of the row itself. Archive JSON may have any shape."""
    links = claim["code_links"] if isinstance(claim["code_links"], list) else []
    own = [link.get("url") for link in links if isinstance(link, dict)]
    for candidate in (claim["repository"], *own):
        if isinstance(candidate, str) and (url := web_address(candidate)):
            return Link(text=repository_name(url), href=url)
    return Link(text="")


def _ranked(rows: list[Row], metrics: list[Metric]) -> tuple[Row, ...]:
    """The rows with their ranks by the first metric, best first; what has no rank comes last in the order it had."""
    direction = metrics[0].direction if metrics else Metric.Direction.NONE
    ranks = ranking.rank([row.number for row in rows], direction=DIRECTIONS[direction])
    ranked = [replace(row, rank=place) for row, place in zip(rows, ranks, strict=True)]
    return tuple(sorted(ranked, key=lambda row: (row.rank is None, row.rank or 0)))
