"""Results: claims as the old API wrote them, and beside each what was measured."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce, JSONArray

from leaderboards import models
from leaderboards.models import Measurement, Score, cell_text
from portal.api import ranks
from portal.api.ranks import UNRANKED, Best
from portal.api.shapes.measurements import Measured, measured
from portal.api.shapes.rows import MaybeAddress, Row, Source, by_keys, maybe_address
from portal.pages.measured import current


class Result(Row):
    """A claim. `metrics` has the cells as the archive wrote them; `measurements` and `evaluation` the old API did not have.

    `best_rank` is over all of the board's metrics that rank, `best_metric` the one that gives it. `evaluated_on` is the claim's
    date, else that of its paper.
    """

    id: UUID
    best_rank: int | None
    metrics: dict[str, str]
    methodology: str
    uses_additional_data: bool
    paper: str | None
    best_metric: str | None
    evaluated_on: date | None
    external_source_url: MaybeAddress
    measurements: list[Measured]
    evaluation: str

    example: ClassVar[dict[str, Any]] = {
        "id": "00000000-0000-4000-8000-000000000003", "best_rank": 1, "metrics": {"Average (%)": "33.6"},
        "methodology": "GPT-NeoX 20B (5-shot)", "uses_additional_data": False,
        "paper": "gpt-neox-20b-an-open-source-autoregressive-1", "best_metric": "Average (%)", "evaluated_on": "2022-04-14",
        "external_source_url": None, "measurements": [Measured.example],
        "evaluation": "multi-task-language-understanding-on-mmlu",
    }  # fmt: skip


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """A cell of a claim."""

    metric: int
    name: str
    raw: str
    value: float | None
    scale: float


class Claimed(Row):
    """A claim as it is stored."""

    key: int
    board: int
    evaluation: str
    dataset: str
    id: UUID
    methodology: str
    uses_additional_data: bool
    paper: str | None
    evaluated_on: date | None
    paper_url: str | None
    source_url: str
    cells: list[Cell]


@by_keys(Claimed)
def _claims() -> Source:
    cell = JSONArray("metric_id", "metric__name", "raw", "value", "scale")
    cells = Score.objects.filter(claim=OuterRef("pk")).order_by("metric__position", "metric_id").values(json=cell)
    return models.Claim.objects.all(), {
        "key": "pk",
        "board": "leaderboard_id",
        "evaluation": "leaderboard__slug",
        "dataset": "leaderboard__dataset_name",
        "id": "public_id",
        "methodology": "model_name",
        "uses_additional_data": Coalesce("uses_additional_data", Value(False)),
        "paper": Case(When(paper__removed_at=None, then=F("paper__slug"))),
        "evaluated_on": Coalesce("paper_date", "paper__date"),
        "paper_url": "paper_url",
        "source_url": "source_url",
        "cells": ArraySubquery(cells),
    }


def read_results(keys: Sequence[int]) -> list[Result]:
    """By keys, in three queries: the claims, the ranks on their boards, and what was measured of them."""
    claims = _claims(keys)
    best = ranks.best({claim.board for claim in claims})
    tested: dict[int, list[Measurement]] = defaultdict(list)
    for item in current(Q(claim__in=[claim.key for claim in claims])) if claims else ():
        if item.claim_id:
            tested[item.claim_id].append(item)
    return [_result(claim, best, tested.get(claim.key, ())) for claim in claims]


def _result(claim: Claimed, best: Mapping[int, Best], tested: Sequence[Measurement]) -> Result:
    found = best.get(claim.key, UNRANKED)
    cells = {cell.metric: cell for cell in claim.cells} if tested else {}
    return Result(
        id=claim.id,
        best_rank=found.rank,
        metrics={cell.name: cell_text(cell.raw) for cell in claim.cells},
        methodology=claim.methodology,
        uses_additional_data=claim.uses_additional_data,
        paper=claim.paper,
        best_metric=found.metric,
        evaluated_on=claim.evaluated_on,
        external_source_url=maybe_address(claim.source_url or (None if claim.paper else claim.paper_url)),
        measurements=[measured(item, cells.get(item.metric_id), dataset=claim.dataset) for item in tested],
        evaluation=claim.evaluation,
    )
