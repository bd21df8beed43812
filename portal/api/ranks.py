"""The best rank that a claim has on its board, over all of the board's metrics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from leaderboards import ranking
from leaderboards.models import Claim, Score
from portal.pages.board import DIRECTIONS


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


def best(claims: Iterable[Claim]) -> Mapping[int, Best]:
    """The best ranks on the boards of these claims, by the claims' keys; one query. A claim without a rank is not in it."""
    scores = Score.objects.filter(
        claim__leaderboard__in={claim.leaderboard_id for claim in claims}, claim__removed_at=None, value__isnull=False
    ).order_by("metric__position", "metric_id")
    rows = scores.values_list("metric_id", "claim_id", "metric__name", "metric__direction", "value")
    columns = groupby(rows, key=lambda row: row[0])
    return best_of(
        [Cell(claim=claim, metric=name, direction=direction, value=value) for _, claim, name, direction, value in column]
        for _, column in columns
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
