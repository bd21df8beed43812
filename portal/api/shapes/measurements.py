"""Measurements, and the verdicts that they give."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from leaderboards.models import Measurement, Score
from leaderboards.verdicts import Claimed
from portal.api.shapes.rows import MaybeAddress, Row, figure, maybe_address
from portal.pages import judged


class Verdict(Row):
    """What a measurement says of a claim, why, and what guessing reaches."""

    word: str
    reason: str
    chance: str

    example: ClassVar[dict[str, Any]] = {
        "word": "consistent", "reason": "The claim lies inside the 95 % interval.",
        "chance": "Guessing reaches 25; the interval lies above it.",
    }  # fmt: skip


class Measured(Row):
    """A measured number in the unit of its metric with its 95 % interval, where it comes from, and what it says of the claim.

    `items` is how many were scored; `run` is a run of ours, `publication` the address of somebody else's. The verdict is null
    where the claim has no number.
    """

    metric: str
    value: float | None
    items: int
    standard_error: float | None
    interval_low: float | None
    interval_high: float | None
    chance_level: float | None
    protocol: str
    is_selftest: bool
    run: UUID | None
    publication: MaybeAddress
    note: str
    verdict: Verdict | None

    example: ClassVar[dict[str, Any]] = {
        "metric": "Average (%)", "value": 26.0, "items": 14042, "standard_error": 0.37, "interval_low": 25.3,
        "interval_high": 26.7, "chance_level": 25.0, "protocol": "mmlu-5-shot", "is_selftest": False,
        "run": "00000000-0000-4000-8000-000000000001",
        "publication": None, "note": "", "verdict": Verdict.example,
    }  # fmt: skip


class StandingMeasurement(Measured):
    """A measurement by itself: on which board, of which model and claim, when, and whether it is published.

    Those that are not are for staff alone. `checkpoint` is the name of the weights, empty where nobody said.
    """

    id: UUID
    evaluation: str
    claim: UUID | None
    model: str
    checkpoint: str
    measured_at: datetime
    published_at: datetime | None
    superseded_by: UUID | None
    retracted_at: datetime | None
    retraction_reason: str

    example: ClassVar[dict[str, Any]] = {
        **Measured.example, "id": "00000000-0000-4000-8000-000000000002",
        "evaluation": "multi-task-language-understanding-on-mmlu",
        "claim": "00000000-0000-4000-8000-000000000003", "model": "GPT-NeoX 20B (5-shot)", "checkpoint": "GPT-NeoX-20B",
        "measured_at": "2026-01-02T03:04:05Z", "published_at": "2026-01-03T03:04:05Z",
        "superseded_by": None, "retracted_at": None,
        "retraction_reason": "",
    }  # fmt: skip


class Cell(Protocol):
    """A cell of a board, stored or read."""

    @property
    def raw(self) -> str:
        """As JSON."""

    @property
    def value(self) -> float | None:
        """The number that it means."""

    @property
    def scale(self) -> float:
        """What that was multiplied by."""


def claimed(cell: Cell | None, *, dataset: str, metric: str) -> Claimed | None:
    """The cell as a claim that can be judged; None where it holds no number."""
    return judged.claimed(cell.raw, cell.value, scale=cell.scale, dataset=dataset, metric=metric) if cell else None


def measured(item: Measurement, cell: Cell | None, *, dataset: str) -> Measured:
    """A measurement, with its metric and protocol joined, beside the cell that it tests."""
    return Measured(**_said(item, cell, dataset=dataset))


def _said(item: Measurement, cell: Cell | None, *, dataset: str) -> dict[str, Any]:
    claim = claimed(cell, dataset=dataset, metric=item.metric.name)
    found = judged.judge(claim, item) if claim else None
    return {
        "metric": item.metric.name,
        "value": figure(item.value),
        "items": item.items,
        "standard_error": figure(item.standard_error),
        "interval_low": figure(item.interval_low),
        "interval_high": figure(item.interval_high),
        "chance_level": figure(item.chance_level),
        "protocol": item.protocol.slug,
        "is_selftest": item.protocol.is_selftest,
        "run": item.run_id,
        "publication": maybe_address(item.publication_url),
        "note": item.note,
        "verdict": Verdict(word=found.verdict.value, reason=found.reason, chance=found.chance) if found else None,
    }


def read_measurements(keys: Sequence[int]) -> list[StandingMeasurement]:
    """By keys, in two queries."""
    joined = ("metric", "protocol", "leaderboard", "claim", "superseded_by")
    found = Measurement.objects.select_related(*joined).in_bulk(keys)
    cells = cells_of(found.values())
    return [_standing(found[key], cells) for key in keys if key in found]


def cells_of(items: Any) -> Mapping[tuple[int | None, int], Score]:
    """The cells that these measurements test, by claim and metric."""
    scores = Score.objects.filter(claim__in={item.claim_id for item in items if item.claim_id})
    return {(score.claim_id, score.metric_id): score for score in scores}


def _standing(item: Measurement, cells: Mapping[tuple[int | None, int], Score]) -> StandingMeasurement:
    cell = cells.get((item.claim_id, item.metric_id))
    return StandingMeasurement(
        **_said(item, cell, dataset=item.leaderboard.dataset_name),
        id=item.public_id,
        evaluation=item.leaderboard.slug,
        claim=item.claim.public_id if item.claim else None,
        model=item.model_name,
        checkpoint=item.checkpoint,
        measured_at=item.measured_at,
        published_at=item.published_at,
        superseded_by=item.superseded_by.public_id if item.superseded_by else None,
        retracted_at=item.retracted_at,
        retraction_reason=item.retraction_reason,
    )
