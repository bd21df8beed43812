"""What follows from the cells of one column: its direction, and the value, scale and doubt of each cell. Pure."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from leaderboards.directions import Direction, infer_direction
from leaderboards.scales import is_numeric_column, outliers, scale_factors
from leaderboards.scores import parse_score


class Cell(NamedTuple):
    """A cell: its JSON to the letter, and the number that it means by itself."""

    raw: str
    value: float | None


class Standing(NamedTuple):
    """What is stored beside a cell; the value is on the scale of its column."""

    value: float | None
    scale: float
    is_doubtful: bool


def read_cell(raw: str) -> Cell:
    """The cell of a stored text."""
    return Cell(raw, parse_score(json.loads(raw)))


def inferred_direction(name: str, cells: Sequence[Cell]) -> Direction:
    """What is judged where no person says which way is better."""
    return infer_direction(name) if is_numeric_column(cells) else "none"


def standings(cells: Sequence[Cell], *, name: str, direction: Direction) -> list[Standing]:
    """How each cell stands in the column of that name."""
    factors = scale_factors(cells, metric=name, direction=direction)
    values = [None if cell.value is None else cell.value * factor for cell, factor in zip(cells, factors, strict=True)]
    doubts = outliers(values, direction=direction)
    return [Standing(*told) for told in zip(values, factors, doubts, strict=True)]
