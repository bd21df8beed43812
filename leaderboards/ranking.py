"""Ranks on a board."""

from collections.abc import Sequence

from leaderboards.directions import Direction


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
