"""The best rank that a claim has on its board, over all of the board's metrics."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Q, QuerySet

from leaderboards import ranking
from leaderboards.models import Metric
from portal.pages import compiled
from portal.pages.board import DIRECTIONS
from portal.pages.compiled import Argument


@dataclass(frozen=True, kw_only=True)
class Best:
    """A rank and the name of the metric that gives it."""

    rank: int | None
    metric: str | None


UNRANKED = Best(rank=None, metric=None)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A number on a board, or none where there is a text."""

    claim: int
    metric: str
    direction: str
    value: float | None


class Column(msgspec.Struct, frozen=True):
    """The numbers of a metric, with the claims that state them."""

    name: str
    direction: str
    claims: list[int]
    values: list[float]


@compiled.read(Column, boards=ArrayField(BigIntegerField()))
def _columns(boards: Argument) -> QuerySet[Any, Any]:
    here = Func(F("leaderboard"), boards, template="%(expressions)s)", arg_joiner=" = ANY (", output_field=BooleanField())
    stated = Q(scores__claim__removed_at=None, scores__value__isnull=False)
    found = Metric.objects.exclude(direction=Metric.Direction.NONE).filter(here, stated).order_by("position", "pk")
    return found.values("name", "direction", "position", "pk").annotate(
        claims=ArrayAgg("scores__claim"), values=ArrayAgg("scores__value")
    )


def best(boards: Collection[int]) -> Mapping[int, Best]:
    """The best ranks on these boards, by the claims' keys; one query. A claim without a rank is not in it."""
    if not boards:
        return {}
    return best_of(
        [
            Cell(claim=claim, metric=column.name, direction=column.direction, value=value)
            for claim, value in zip(column.claims, column.values, strict=True)
        ]
        for column in _columns(boards=list(boards))
    )


def best_of(columns: Iterable[Sequence[Cell]]) -> dict[int, Best]:
    """The best rank of each claim over columns of numbers, each column of one metric; of equal ranks the first."""
    found: dict[int, Best] = {}
    for column in columns:
        direction = DIRECTIONS[column[0].direction]
        for cell, rank in zip(column, ranking.rank([cell.value for cell in column], direction=direction), strict=True):
            known = found.get(cell.claim, UNRANKED)
            if rank is not None and (known.rank is None or rank < known.rank):
                found[cell.claim] = Best(rank=rank, metric=cell.metric)
    return found
