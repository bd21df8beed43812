"""Recording measurements and deciding what stands: news from below calls in here, and boards show it without knowing who called.

What a run obtained is for staff's eyes until they publish it. What was published is superseded or retracted with a reason, never
deleted. Triggers record each step in the catalogue's history, with who took it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Min
from django.utils import timezone

from leaderboards import intervals
from leaderboards.models import Claim, Measurement, MeasurementQuerySet, Metric, Model, Protocol

PROPORTIONS = frozenset({"acc", "acc_norm", "exact_match", "em"})
"""Metrics of the harness that are shares of items, under whichever filter or rule, so that their interval is a proportion's."""


def is_proportion(harness_metric: str) -> bool:
    """Whether a metric is a share of items: "acc", "exact_match,strict-match", "acc[letter]"; a mean of shares is none."""
    name, _, qualifier = harness_metric.partition(",")
    return name.partition("[")[0] in PROPORTIONS and qualifier != "macro"


class Refused(Exception):
    """A measurement cannot be published, superseded or retracted; the message is one sentence."""


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

    @property
    def printed(self) -> float:
        """The value in the board's unit, as it would be written down: 33.3, not 33.300000000000004."""
        return float(f"{self.value * self.scale:.15g}")

    def interval(self, *, harness_metric: str) -> tuple[float | None, float | None]:
        """The 95 % interval in the board's unit; empty where nothing is known to make one of."""
        if is_proportion(harness_metric):
            low, high = intervals.wilson(self.value, items=self.items)
        elif self.standard_error is not None:
            low, high = intervals.normal(self.value, standard_error=self.standard_error)
        else:
            return None, None
        return low * self.scale, high * self.scale

    def fields(self, *, harness_metric: str) -> dict[str, float | int | None]:
        """The same as a measurement's fields."""
        low, high = self.interval(harness_metric=harness_metric)
        return {
            "value": self.printed,
            "items": self.items,
            "standard_error": None if self.standard_error is None else self.standard_error * self.scale,
            "interval_low": low,
            "interval_high": high,
            "chance_level": None if self.chance_level is None else self.chance_level * self.scale,
            "scale": self.scale,
        }


@dataclass(frozen=True, kw_only=True)
class Publication:
    """Where others published a number, and on which day, as far as it is known."""

    title: str
    url: str
    day: datetime


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
    """Keep a run's number for a board, beside the claim where there is one, for staff to publish.

    The self-test's says nothing about anybody's work, and is published at once. Repeating the call for the same run and protocol
    changes nothing and returns what is there.
    """
    measurement, is_new = Measurement.objects.get_or_create(
        run_id=run_id,
        metric=metric,
        claim=claim,
        protocol=protocol,
        defaults={
            "leaderboard": metric.leaderboard,
            "model": model,
            "model_name": claim.model_name if claim else model.name,
            "checkpoint": checkpoint,
            "measured_at": measured_at,
            "published_at": timezone.now() if protocol.is_selftest else None,
            **obtained.fields(harness_metric=protocol.metric),
        },
    )
    if is_new and protocol.is_selftest:
        _supersede_older(measurement)
    return measurement


def record_published(
    obtained: Obtained,
    *,
    metric: Metric,
    claim: Claim | None,
    model_name: str,
    protocol: Protocol,
    checkpoint: str,
    publication: Publication,
    note: str = "",
) -> bool:
    """Put a number that others published on a board, once; returns whether it is new. It is public already."""
    _, is_new = Measurement.objects.get_or_create(
        publication_url=publication.url,
        protocol=protocol,
        metric=metric,
        claim=claim,
        model_name=model_name,
        checkpoint=checkpoint,
        value=obtained.printed,
        run_id=None,
        defaults={
            "leaderboard": metric.leaderboard,
            "publication_title": publication.title,
            "measured_at": publication.day,
            "published_at": timezone.now(),
            "note": note,
            **obtained.fields(harness_metric=protocol.metric),
        },
    )
    return is_new


@transaction.atomic
def publish(measurement: Measurement) -> None:
    """Show a measurement to everybody; of what runs said of the same weights under the protocol, the newest stands.

    Raises `Refused` where it was published or retracted before.
    """
    list(Metric.objects.select_for_update().filter(pk=measurement.metric_id))  # two at once would both stand
    unpublished = Measurement.objects.filter(pk=measurement.pk, published_at=None, retracted_at=None)
    if not unpublished.update(published_at=timezone.now()):
        raise Refused("This measurement was published or retracted before: reload the page to see how it stands.")
    measurement.refresh_from_db(fields=["published_at"])
    _supersede_older(measurement)


def _supersede_older(measurement: Measurement) -> None:
    """Of what runs said of the same weights under the protocol the newest stands."""
    newest, *older = _of_the_same(measurement).order_by("-measured_at", "-pk")
    Measurement.objects.filter(pk__in=[item.pk for item in older]).update(superseded_by=newest)


def supersede(measurement: Measurement, *, by: Measurement) -> None:
    """Let another measurement of the same claim and metric stand in one's place, whoever measured it.

    Raises `Refused` where either does not stand, or they are of different things.
    """
    standing = Measurement.objects.current()
    if measurement.pk == by.pk or (measurement.metric_id, measurement.claim_id) != (by.metric_id, by.claim_id):
        raise Refused("Only another measurement of the same claim and metric can take its place.")
    if not standing.filter(pk=by.pk).exists() or not standing.filter(pk=measurement.pk).update(superseded_by=by):
        raise Refused("One of the two does not stand any more: reload the page to see how they stand.")


def retract(measurement: Measurement, *, reason: str) -> None:
    """Take a measurement back, and say why. Raises `Refused` without a reason, or where it was retracted before."""
    words = " ".join(reason.split())
    if not words:
        raise Refused("Say in a sentence why it is retracted: readers see it.")
    standing = Measurement.objects.filter(pk=measurement.pk, retracted_at=None)
    if not standing.update(retracted_at=timezone.now(), retraction_reason=words):
        raise Refused("This measurement was retracted before.")


def _of_the_same(measurement: Measurement) -> MeasurementQuerySet:
    """What stands of the same thing, the measurement itself among it."""
    return Measurement.objects.current().filter(
        metric=measurement.metric_id, claim=measurement.claim_id, model=measurement.model_id, protocol=measurement.protocol_id,
        checkpoint=measurement.checkpoint, run_id__isnull=False,
    )  # fmt: skip


def noise_seen(protocol: Protocol) -> float | None:
    """The largest difference between runs of ours under a protocol: of the same weights, on as many items of the same board.

    In the harness's unit, as a protocol's `noise` is; None where nothing was run twice. What was superseded counts, what was
    retracted does not.
    """
    runs = Measurement.objects.filter(protocol=protocol, run_id__isnull=False, retracted_at=None).order_by()
    alike = runs.values("metric", "checkpoint", "items", "scale").annotate(number=Count("run_id", distinct=True))
    spreads = alike.filter(number__gt=1).values_list(Max("value") - Min("value"), "scale")
    return max((spread / scale for spread, scale in spreads), default=None)
