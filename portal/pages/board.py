"""A leaderboard: what is claimed on a task's dataset, ranked, and what was measured beside it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from leaderboards import ranking
from leaderboards.directions import Direction
from leaderboards.models import cell_text
from leaderboards.verdicts import Claimed
from portal.context import Viewer
from portal.pages import board_found, judged, measured, provenance
from portal.pages.board_found import BoardFound, ClaimFound, MetricFound, ScoreFound
from portal.pages.links import Link, address, host_of, model_link, repository_name, web_address
from portal.pages.measured import Cell, Measured, MeasurementFound, Testing
from portal.pages.paper_cards import title_of
from portal.pages.provenance import Told

MEASURED = "measured"
DOUBTFUL = "So far ahead of the next best that it may be a slip."
NOWHERE = Link(text="")
DIRECTIONS: Mapping[str, Direction] = {"higher": "higher", "lower": "lower", "none": "none"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A metric of the board; `direction` is higher, lower or none."""

    key: int
    name: str
    direction: str
    description: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the board: a claim with what was measured beside it, or a measurement that tests no claim.

    `day` is the date as text, `has_page` whether the paper's link leads to our own page. `values`, `numbers` and `remarks`
    have an entry for each metric of the board: the cell's text, the number that it is
    ranked by, and what is odd about that number. A struct, since a board has hundreds: it is made in a tenth of a
    dataclass's time.
    """

    model: Link
    values: tuple[str, ...]
    numbers: tuple[float | None, ...]
    remarks: tuple[str, ...]
    measured: tuple[Measured, ...]
    testing: Testing | None
    extra_data: bool | None
    paper: Link
    code: Link
    methods: tuple[str, ...]
    date: date | None
    day: str
    has_page: bool
    provenance: str
    rank: int | None
    told: Told | None = None


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
    mirror: Link
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """What the board is called."""
        return f"{self.task.text} on {self.dataset_name}"

    @property
    def ranked_by(self) -> int | None:
        """The place of the metric that ranks the board where nobody asks for another."""
        return ranking.metric_that_ranks([column.direction for column in self.columns])

    @property
    def metrics(self) -> list[str]:
        """The metrics' names, that of the one that ranks first."""
        place = self.ranked_by or 0
        names = [column.name for column in self.columns]
        return names[place : place + 1] + names[:place] + names[place + 1 :]

    @property
    def leading(self) -> list[tuple[int | None, str, str]]:
        """The lines as rank, model and value of the metric that ranks."""
        place = self.ranked_by or 0
        return [(row.rank, row.model.text, row.values[place]) for row in self.rows if row.values]

    @property
    def has_measurements(self) -> bool:
        """Whether anything was measured on it."""
        return any(row.measured for row in self.rows)


def read(slug: str, *, viewer: Viewer) -> BoardPage | None:
    """The page's content in two queries; None when the public sees no such board."""
    board = next(iter(board_found.boards(slug=slug)), None)
    if board is None:
        return None
    area = next(iter(board.areas), None)
    return BoardPage(
        slug=slug,
        task=Link(text=board.task_found.name, href=address("tasks:detail", board.task_found.slug)),
        area=Link(text=area.name, href=address("areas:detail", area.slug)) if area else None,
        dataset=Link(text=board.dataset_found.name, href=address("datasets:detail", board.dataset_found.slug)),
        dataset_name=board.dataset_name,
        description=board.description or "",
        note=board.note,
        mirror=Link(text=host_of(board.mirror_url) or board.mirror_url, href=web_address(board.mirror_url)),
        columns=tuple(
            Column(key=metric.id, name=metric.name, direction=metric.direction, description=metric.description)
            for metric in board.metrics_found
        ),
        rows=_rows(board, viewer=viewer),
    )


def _rows(board: BoardFound, *, viewer: Viewer) -> tuple[Row, ...]:
    """Every line of the board, ranked by its first metric with a direction, best first; what has no rank comes last.

    Those come in the archive's order, measurements of their own behind them.
    """
    metrics = [metric.id for metric in board.metrics_found]
    claims = board_found.claims(board=board.id)
    alone = [item for item in board.measurements_found if item.claim_id is None]
    methods: dict[int, list[str]] = defaultdict(list)
    for method in board.methods_found:
        for claim in method.claims:
            methods[claim].append(method.name)
    ranks = iter(_ranks(claims, alone, board.metrics_found))
    tested = measured.by_cell(board.measurements_found)
    names = {metric.id: metric.name for metric in board.metrics_found}
    testing = measured.testing(board.mappings, viewer=viewer)
    of_people = {claim.public_id for claim in claims if claim.source in provenance.OF_PEOPLE}
    sources = {claim.public_id: claim.source_url for claim in claims if claim.source_url}
    told = provenance.of_results(of_people, sources=sources, mirror=board.mirror_url, viewer=viewer)
    rows = [
        _claim_row(
            claim,
            metrics,
            rank=next(ranks),
            methods=methods,
            beside=_beside(claim, names, tested, dataset=board.dataset_name) if tested else (),
            testing=testing,
            told=told.get(claim.public_id),
        )
        for claim in claims
    ]
    rows += [_measured_row(item, metrics, rank=next(ranks)) for item in alone]
    return tuple(sorted(rows, key=lambda row: (row.rank is None, row.rank or 0)))


def _ranks(claims: list[ClaimFound], alone: list[MeasurementFound], metrics: list[MetricFound]) -> list[int | None]:
    """The rank of each claim, then of each measurement that tests none."""
    place = ranking.metric_that_ranks([metric.direction for metric in metrics])
    if place is None:
        return [None] * (len(claims) + len(alone))
    first = metrics[place].id
    numbers = [next((score.value for score in claim.cells if score.metric == first), None) for claim in claims]
    numbers += [item.value if item.metric_id == first else None for item in alone]
    return ranking.rank(numbers, direction=DIRECTIONS[metrics[place].direction])


def _claim_row(
    claim: ClaimFound,
    metrics: list[int],
    *,
    rank: int | None,
    methods: Mapping[int, list[str]],
    beside: tuple[Measured, ...],
    testing: Mapping[Cell, Testing],
    told: Told | None,
) -> Row:
    scores = {score.metric: score for score in claim.cells}
    day = claim.paper_date or claim.date
    return Row(
        model=model_link(claim.model_name, claim.model_slug),
        values=tuple(cell_text(scores[metric].raw) if metric in scores else "" for metric in metrics),
        numbers=tuple(scores[metric].value if metric in scores else None for metric in metrics),
        remarks=tuple(_remark(scores[metric]) if metric in scores else "" for metric in metrics),
        measured=beside,
        testing=_merged(testing.get((claim.id, metric)) for metric in metrics) if testing else None,
        extra_data=claim.uses_additional_data,
        paper=_paper(claim),
        code=_code(claim),
        methods=tuple(methods.get(claim.id, ())) if claim.slug else (),
        date=day,
        day=day.isoformat() if day else "",
        has_page=claim.slug is not None,
        provenance=claim.source,
        rank=rank,
        told=told,
    )


def _beside(
    claim: ClaimFound, metrics: Mapping[int, str], tested: Mapping[Cell, list[MeasurementFound]], *, dataset: str
) -> tuple[Measured, ...]:
    """What was measured of the claim, each held against the cell that it stands beside; `metrics` are names by their keys."""
    scores = {score.metric: score for score in claim.cells}
    return tuple(
        item
        for key, name in metrics.items()
        for item in measured.beside(
            tested.get((claim.id, key), ()), claimed=_claimed(scores.get(key), dataset=dataset, metric=name)
        )
    )


def _claimed(cell: ScoreFound | None, *, dataset: str, metric: str) -> Claimed | None:
    return judged.claimed(cell.raw, cell.value, scale=cell.scale, dataset=dataset, metric=metric) if cell else None


def _remark(cell: ScoreFound) -> str:
    """What a reader has to know about a cell whose number is not simply what it says."""
    if cell.doubt:
        return DOUBTFUL
    is_scaled = cell.value is not None and cell.scale != 1
    return f"Read as {cell.value:.6g}: the column's other numbers are on that scale." if is_scaled else ""


def _measured_row(item: MeasurementFound, metrics: list[int], *, rank: int | None) -> Row:
    """A measurement that tests no claim stands in its metric's column; it ranks if that metric does."""
    words = measured.in_words(item)
    return Row(
        model=model_link(item.model_name, item.model_slug),
        values=tuple(words.value if metric == item.metric_id else "" for metric in metrics),
        numbers=tuple(item.value if metric == item.metric_id else None for metric in metrics),
        remarks=("",) * len(metrics),
        measured=(words,),
        testing=None,
        extra_data=None,
        paper=NOWHERE,
        code=NOWHERE,
        methods=(),
        date=item.measured_at.date(),
        day=item.measured_at.date().isoformat(),
        has_page=False,
        provenance=MEASURED,
        rank=rank,
    )


def _merged(parts: Iterable[Testing | None]) -> Testing | None:
    """What is open and can be asked for over all the cells of a row; one run may test several."""
    present = [part for part in parts if part]
    if not present:
        return None
    return Testing(
        open_runs=tuple(dict.fromkeys(run for part in present for run in part.open_runs)),
        reproductions=tuple(item for part in present for item in part.reproductions),
    )


def _paper(claim: ClaimFound) -> Link:
    """Our page of the claim's paper; else what the row itself says."""
    if claim.slug:
        return Link(text=title_of(claim.title, claim.slug), href=address("papers:detail", claim.slug))
    return Link(text=claim.paper_title or "", href=web_address(claim.paper_url))


def _code(claim: ClaimFound) -> Link:
    """The paper's best-known repository; else the first code link of the row itself. Archive JSON may have any shape."""
    links = claim.code_links if isinstance(claim.code_links, list) else []
    own = [link.get("url") for link in links if isinstance(link, dict)]
    for candidate in (claim.repository, *own):
        if isinstance(candidate, str) and (url := web_address(candidate)):
            return Link(text=repository_name(url), href=url)
    return NOWHERE
