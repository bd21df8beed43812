"""A board's best over time as a small line: points to an SVG path, and the points of many boards in one query."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

from django.db.models import Case, F, Max, When
from django.db.models.functions import Coalesce

from leaderboards import ranking
from leaderboards.directions import Direction
from leaderboards.models import Metric, Score

WIDTH = 96.0
HEIGHT = 24.0
MARGIN = 3.0
"""Room for the dot at the line's end and for half of its stroke."""

Point = tuple[date, float]


@dataclass(frozen=True, kw_only=True)
class Sparkline:
    """A line in a box of `width` by `height`: the SVG path of the frontier, its end, and the same in words."""

    path: str
    end_x: float
    end_y: float
    label: str
    width: float = WIDTH
    height: float = HEIGHT


def of(board_ids: Collection[int]) -> Mapping[int, Sparkline]:
    """The lines of these boards, by board, in one query; a board without two days with a number has none.

    Drawn is the metric that ranks the board, over claims with a date; doubtful values are left out.
    """
    ranked = Metric.objects.filter(leaderboard__in=board_ids).exclude(direction=Metric.Direction.NONE)
    first = ranked.order_by("leaderboard_id", "position", "pk")
    # Only the best of a day can lead, so the database sends one row a board and day: values that go down as negative ones.
    signed = Case(When(metric__direction=Metric.Direction.LOWER, then=-F("value")), default=F("value"))
    days = (
        Score.objects.filter(
            metric__in=first.distinct("leaderboard_id").values("pk"),
            value__isnull=False,
            is_doubtful=False,
            claim__removed_at=None,
        )
        .annotate(day=Coalesce("claim__paper_date", "claim__paper__date"))
        .filter(day__isnull=False)
        .values_list("metric__leaderboard_id", "metric__direction", "metric__name", "day")
        .annotate(best=Max(signed))
    )
    boards: dict[tuple[int, Direction, str], list[Point]] = defaultdict(list)
    for board, direction, name, day, best in days.order_by():
        boards[board, _direction(direction), name].append((day, -best if direction == "lower" else best))
    lines = {
        board: drawn(ranking.frontier(points, direction=direction), until=max(day for day, _ in points), name=name)
        for (board, direction, name), points in boards.items()
    }
    return {board: line for board, line in lines.items() if line}


def drawn(frontier: Sequence[Point], *, until: date, name: str) -> Sparkline | None:
    """The line of a frontier that stood until a day: steps, since the best stays until it is beaten. None without two days.

    Up is more: where lower is better the line goes down. A best that was never beaten is a flat line in the middle.
    """
    if not frontier or until <= frontier[0][0]:
        return None
    start = frontier[0][0]
    lowest, highest = min(value for _, value in frontier), max(value for _, value in frontier)
    # Halved, so that the largest numbers that a float holds do not overflow when they are apart.
    reach = highest / 2 - lowest / 2

    def x(day: date) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (day - start).days / (until - start).days, 1)

    def y(value: float) -> float:
        share = (value / 2 - lowest / 2) / reach if reach else 0.5
        return round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share, 1)

    steps = "".join(f"H{x(day):g}V{y(value):g}" for day, value in frontier[1:])
    end = x(until)
    return Sparkline(
        path=f"M{x(start):g} {y(frontier[0][1]):g}{steps}H{end:g}",
        end_x=end,
        end_y=y(frontier[-1][1]),
        label=f"Best {name}: {frontier[0][1]:.4g} in {start.year}, {frontier[-1][1]:.4g} in {frontier[-1][0].year}",
    )


def _direction(value: str) -> Direction:
    """What the database holds, which knows no other."""
    return next(known for known in get_args(Direction) if known == value)
