"""The leaderboard page: a board as its reader wants to see it, with its chart."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from leaderboards import charts, ranking, units
from leaderboards.charts import Chart, Point
from papers.models import SlugHistory
from portal.context import page, viewer
from portal.pages import absence, board, board_choice, watching
from portal.pages.badge import Badge, badge_of
from portal.pages.board import DIRECTIONS, DOUBTFUL, MEASURED, BoardPage, Column, Row
from portal.pages.board_choice import Choice

PAPERS = "/paper/"
METHODS_OFFERED = 60
ROWS_AT_FIRST = 200
"""A page of a thousand rows is more than a megabyte; the others stand behind an address of their own."""


@dataclass(frozen=True, kw_only=True)
class BoardView:
    """A board as it is shown. `metric` ranks it; `columns` are the metrics that are shown, by their place in a row's values."""

    board: BoardPage
    choice: Choice
    metric: Column | None
    columns: tuple[tuple[int, Column], ...]
    rows: tuple[Row, ...]
    chart: Chart | None
    undated: int

    @property
    def lines(self) -> Iterable[tuple[object, ...]]:
        """The rows that the page has with their fields in order, as the template unpacks them."""
        return map(msgspec.structs.astuple, self.rows if self.choice.is_whole else self.rows[:ROWS_AT_FIRST])

    @property
    def sources(self) -> list[str]:
        """Where the board's rows come from."""
        return sorted({row.provenance for row in self.rows})

    @property
    def left_out(self) -> int:
        """How many rows the page leaves out."""
        return 0 if self.choice.is_whole else max(0, len(self.rows) - ROWS_AT_FIRST)

    @property
    def years(self) -> tuple[int, ...]:
        """The years that the board's results are from, latest first."""
        return tuple(sorted({row.date.year for row in self.board.rows if row.date}, reverse=True))

    @property
    def methods(self) -> list[tuple[str, int]]:
        """The methods that most papers of the board's results use, and by how many results, by name."""
        used = Counter(name for row in self.board.rows for name in row.methods)
        return sorted(used.most_common(METHODS_OFFERED), key=lambda pair: pair[0].casefold())

    @property
    def with_code(self) -> int:
        """How many of the board's results have code."""
        return sum(bool(row.code.href) for row in self.board.rows)

    @property
    def with_measurement(self) -> int:
        """How many of the board's results were measured."""
        return sum(bool(row.measured) for row in self.board.rows)


@dataclass(frozen=True, kw_only=True)
class LeaderBadge:
    """The badge of the best result's paper, and its picture's address."""

    badge: Badge
    svg: str


def board_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one board. What its form sends is answered by the address that readers share."""
    found = board.read(slug, viewer=viewer(request))
    if found is None:
        return absence.explain(request, kind=SlugHistory.Kind.LEADERBOARD, slug=slug)
    choice = board_choice.choose(request.GET, columns=found.columns)
    if board_choice.APPLY in request.GET:
        return HttpResponseRedirect(f"{request.path}?{choice.query}" if choice.query else request.path)
    view = shown(found, choice)
    context = {
        "board": found,
        "view": view,
        "slug": slug,
        "labels": board_choice.COLUMNS,
        "extra_labels": board_choice.EXTRA,
        "leader_badge": _leader_badge(view, slug),
        "is_watched": watching.is_watched(request, slug),
        "section": "sota",
    }
    return page(request, "leaderboards/board.html", context)


def _leader_badge(view: BoardView, slug: str) -> LeaderBadge | None:
    """The badge of the best result's paper; None where the reader has filtered, or that paper is no page of ours."""
    leader = next((row for row in view.rows if row.rank == 1), None)
    if leader is None or view.choice.is_filtered or not leader.paper.href.startswith(PAPERS):
        return None
    paper = unquote(leader.paper.href.removeprefix(PAPERS))
    return LeaderBadge(badge=badge_of(view.board.title, rank=1), svg=reverse("boards:badge_svg", args=[paper, slug]))


def shown(found: BoardPage, choice: Choice) -> BoardView:
    """The board by the chosen metric, with the chosen results and columns. Ranks are among the results that are shown."""
    metric = None if choice.metric is None else found.columns[choice.metric]
    is_as_read = not choice.is_filtered and choice.metric == found.ranked_by
    rows = found.rows if is_as_read else _ranked(filter(choice.takes, found.rows), choice, metric)
    points = _points(rows, choice, metric)
    return BoardView(
        board=found,
        choice=choice,
        metric=metric,
        columns=tuple((place, found.columns[place]) for place in choice.metrics),
        rows=rows,
        chart=charts.chart(points, metric=metric.name, direction=DIRECTIONS[metric.direction]) if metric else None,
        undated=sum(row.date is None and _number(row, choice) is not None for row in rows),
    )


def _number(row: Row, choice: Choice) -> float | None:
    return None if choice.metric is None else row.numbers[choice.metric]


def _ranked(rows: Iterable[Row], choice: Choice, metric: Column | None) -> tuple[Row, ...]:
    """Best first; equal ones, and those without a rank, stay in the board's own order."""
    taken = list(rows)
    if metric is None or choice.metric is None:
        return tuple(taken)
    ranks = ranking.rank([row.numbers[choice.metric] for row in taken], direction=DIRECTIONS[metric.direction])
    ranked = [msgspec.structs.replace(row, rank=rank) for row, rank in zip(taken, ranks, strict=True)]
    return tuple(sorted(ranked, key=lambda row: (row.rank is None, row.rank or 0)))


def _points(rows: Iterable[Row], choice: Choice, metric: Column | None) -> Iterable[Point]:
    """What the chart shows: each dated number, and what was measured beside it. Without a paper, a point leads to its row."""
    if metric is None or choice.metric is None:
        return
    unit = units.unit_of(metric.name)
    for place, row in enumerate(rows, start=1):
        number = row.numbers[choice.metric]
        if number is None or row.date is None:
            continue
        is_own = row.provenance == MEASURED
        told = (row.model.text, f"{metric.name} {row.values[choice.metric]}", row.date.isoformat(), row.paper.text)
        source = row.measured[0].source.href if is_own else row.paper.href
        yield Point(
            day=row.date,
            value=units.in_ones(number, row.values[choice.metric], unit=unit) if unit != 1 and not is_own else number,
            label=" · ".join(part for part in told if part) + (" · measured" if is_own else ""),
            href=source or _row_address(place, choice),
            kind="measured" if is_own else "claim",
            is_doubtful=row.remarks[choice.metric] == DOUBTFUL,
        )
        for item in () if is_own else row.measured:
            if item.metric == metric.name:
                yield Point(
                    day=row.date,
                    value=item.number,
                    label=f"{row.model.text} · measured: {item.value} · {item.compared}".removesuffix(" · "),
                    href=item.source.href or _row_address(place, choice),
                    kind="beside",
                )


def _row_address(place: int, choice: Choice) -> str:
    row = f"#row-{place}"
    return row if choice.is_whole or place <= ROWS_AT_FIRST else f"?{choice.whole_query}{row}"


def filters(choice: Choice) -> Mapping[str, object]:
    """The filters in plain data."""
    return {
        "extra_data": choice.extra or None,
        "method": choice.method or None,
        "with_code": choice.code,
        "measured_here": choice.measured,
        "from_year": choice.first_year,
        "to_year": choice.last_year,
    }
