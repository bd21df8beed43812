"""Ranks on a board, and the frontier: the best so far, day by day."""

from collections.abc import Iterable, Sequence
from datetime import date

from leaderboards.directions import Direction


def metric_that_ranks(directions: Sequence[str]) -> int | None:
    """The place of the metric that ranks a board: the first with a direction, since the others only describe.

    Where none has a direction it is the first, and where there is no metric None.
    """
    ranked = (place for place, direction in enumerate(directions) if direction != "none")
    return next(ranked, 0 if directions else None)


def rank(values: Sequence[float | None], *, direction: Direction) -> list[int | None]:
    """The rank of each value, 1 the best; equal values share a rank and use up the next (1, 2, 2, 4).

    A missing value, and every value of a metric that is not ranked, has none.
    """
    present = sorted((value for value in values if value is not None), reverse=direction == "higher")
    if direction == "none":
        return [None] * len(values)
    places: dict[float, int] = {}
    for place, value in enumerate(present, start=1):
        places.setdefault(value, place)
    return [None if value is None else places[value] for value in values]


def frontier(dated: Iterable[tuple[date, float]], *, direction: Direction) -> list[tuple[date, float]]:
    """The days on which a value was better than all before, with that value, oldest first; of one day only the best counts.

    A metric that is not ranked has no frontier.
    """
    if direction == "none":
        return []
    sign = -1.0 if direction == "lower" else 1.0
    found: list[tuple[date, float]] = []
    for day, value in sorted(dated, key=lambda point: (point[0], -sign * point[1])):
        if not found or sign * value > sign * found[-1][1]:
            found.append((day, value))
    return found
