"""Recording measurements: news from below calls in here, and boards show it without knowing who called."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from leaderboards import intervals
from leaderboards.models import Claim, Measurement, Metric, Model, Protocol

PROPORTIONS = frozenset({"acc", "acc_norm", "exact_match", "em"})
"""Metrics of the harness that are shares of items, so that their interval is a proportion's."""


@dataclass(frozen=True)
class Obtained:
    """What a run obtained, in the harness's unit times `scale` (1 as the harness says it)."""

    value: float
    standard_error: float | None
    items: int
    chance_level: float | None
    scale: float = 1.0

    def scaled(self, scale: float) -> Self:
        """The same in a board's unit, e.g. 100 for percent."""
        return type(self)(self.value, self.standard_error, self.items, self.chance_level, scale)

    def interval(self, *, harness_metric: str) -> tuple[float | None, float | None]:
        """The 95 % interval in the board's unit; empty where nothing is known to make one of."""
        if harness_metric in PROPORTIONS:
            low, high = intervals.wilson(self.value, items=self.items)
        elif self.standard_error is not None:
            low, high = intervals.normal(self.value, standard_error=self.standard_error)
        else:
            return None, None
        return low * self.scale, high * self.scale


@transaction.atomic
def record(
    obtained: Obtained,
    *,
    metric: Metric,
    claim: Claim | None,
    model: Model,
    protocol: Protocol,
    checkpoint: str,
    run_id: UUID,
    measured_at: datetime,
) -> Measurement:
    """Put a run's number on a board, beside the claim where there is one; it supersedes the last of the same weights.

    Repeating the call for the same run changes nothing and returns what stands.
    """
    low, high = obtained.interval(harness_metric=protocol.metric)
    measurement, is_new = Measurement.objects.get_or_create(
        run_id=run_id,
        metric=metric,
        claim=claim,
        defaults={
            "leaderboard": metric.leaderboard,
            "model": model,
            "model_name": claim.model_name if claim else model.name,
            "protocol": protocol,
            "checkpoint": checkpoint,
            "value": obtained.value * obtained.scale,
            "scale": obtained.scale,
            "items": obtained.items,
            "standard_error": None if obtained.standard_error is None else obtained.standard_error * obtained.scale,
            "interval_low": low,
            "interval_high": high,
            "chance_level": None if obtained.chance_level is None else obtained.chance_level * obtained.scale,
            "measured_at": measured_at,
            "published_at": timezone.now(),
        },
    )
    if is_new:
        _supersede(measurement)
    return measurement


def _supersede(measurement: Measurement) -> None:
    """Let a new measurement take the place of what one run before it said of the same thing under the same protocol."""
    Measurement.objects.current().filter(
        metric=measurement.metric, claim=measurement.claim, model=measurement.model, protocol=measurement.protocol,
        checkpoint=measurement.checkpoint, run_id__isnull=False,
    ).exclude(pk=measurement.pk).update(superseded_by=measurement)  # fmt: skip
