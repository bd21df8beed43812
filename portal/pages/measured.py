"""What was measured, here or by others, as it stands beside claims: on a paper's page and on a board."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from leaderboards import model_names
from leaderboards.intervals import Z_95
from leaderboards.models import Measurement
from leaderboards.verdicts import Claimed
from portal.context import Viewer
from portal.pages import figures, judged
from portal.pages.judged import Family, Judged, ProtocolFound
from portal.pages.links import Link, address, host_of, web_address
from workers import passes, waiting
from workers.models import Checkpoint, ClaimMapping, Run
from workers.states import RunState

Cell = tuple[int, int]
"""A cell of a board: the ids of its claim and of its metric."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A measurement in words; what is not known is empty."""

    value: str
    number: float
    interval: str
    standard_error: str
    items: str
    chance: str
    compared: str
    metric: str
    protocol: str
    is_selftest: bool
    source: Link
    at: datetime
    is_by_others: bool = False
    note: str = ""
    verdict: Judged | None = None
    answers: Link


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """A run that may yet measure a claim; one that waits says what memory it `needs`, its own page why nobody has taken it."""

    href: str
    state: str
    needs: str


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A run that staff may ask for: what the button says and which mapping it sends."""

    mapping: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Testing:
    """What is being done, and could be done, about measuring one cell."""

    open_runs: tuple[OpenRun, ...] = ()
    reproductions: tuple[Reproduction, ...] = ()


UNTESTED = Testing()


class MetricFound(msgspec.Struct, frozen=True):
    """The metric of a measurement."""

    name: str


class MeasurementFound(msgspec.Struct, frozen=True):
    """A row of `standing`."""

    public_id: UUID
    claim_id: int | None
    metric_id: int
    model_name: str
    model_slug: str
    value: float
    items: int
    standard_error: float | None
    interval_low: float | None
    interval_high: float | None
    chance_level: float | None
    scale: float
    note: str
    run_id: UUID | None
    publication_title: str
    publication_url: str
    measured_at: datetime
    answer_count: int
    metric: MetricFound
    protocol: ProtocolFound


FoundT = TypeVar("FoundT", Measurement, MeasurementFound)


class RunFound(msgspec.Struct, frozen=True):
    """An open run for a mapping."""

    public_id: UUID
    state: str


class MappingFound(msgspec.Struct, frozen=True):
    """A row of `mapped`."""

    id: int
    claim_id: int
    metric_id: int
    checkpoint: str
    protocol: ProtocolFound
    memory_bytes: int
    device: str
    run: RunFound | None


def standing(where: Q) -> ArraySubquery:
    """The measurements that stand where `where` holds, newest first, as a column of a read: `MeasurementFound` each."""
    fields = (
        "public_id", "claim_id", "metric_id", "model_name", "value", "items", "standard_error", "interval_low", "interval_high",
        "chance_level", "scale", "note", "run_id", "publication_title", "publication_url", "measured_at",
        "answer_count",
    )  # fmt: skip
    found = JSONObject(
        **{name: name for name in fields},
        model_slug=model_names.slug("model_name"),
        metric=JSONObject(name="metric__name"),
        protocol=judged.protocol_json("protocol__"),
    )
    return ArraySubquery(Measurement.objects.current().filter(where).order_by("-measured_at", "-pk").values(found=found))


def mapped(where: Q) -> ArraySubquery:
    """The mappings of claims where `where` holds, as a column of a read: `MappingFound` each, with the newest run that is open.

    Trial runs are left out, since they never stand beside a claim.
    """
    answers = passes.same_as_outer("protocol", "protocol")
    runs = Run.objects.open().filter(answers, checkpoint=OuterRef("checkpoint"), items_per_task=None)
    newest = runs.order_by("-requested_at").values(found=JSONObject(public_id="public_id", state="state"))[:1]
    found = JSONObject(
        id="pk", claim_id="claim_id", metric_id="metric_id", checkpoint="checkpoint__name",
        protocol=judged.protocol_json("protocol__"), memory_bytes="checkpoint__memory_bytes", device="checkpoint__device",
        run=F("open_run"),
    )  # fmt: skip
    mappings = ClaimMapping.objects.filter(where, claim__isnull=False).order_by("pk")
    return ArraySubquery(mappings.annotate(open_run=Subquery(newest)).values(found=found))


def in_words(
    measurement: Measurement | MeasurementFound, *, claimed: Claimed | None = None, family: Family | None = None
) -> Measured:
    """A measurement with its `metric` and `protocol` joined, held against the claimed number where there is one.

    In a table of many, its `family` says what the whole of it does to the p-value.
    """
    error = measurement.standard_error
    low, high = measurement.interval_low, measurement.interval_high
    places = figures.decimals(_error(measurement))
    has_interval = low is not None and high is not None
    return Measured(
        value=_value(measurement, places=places),
        number=measurement.value,
        interval=f"{low:.{places}f} to {high:.{places}f}" if has_interval else "",
        standard_error=f"{error:.{places}f}" if error is not None else "",
        items=figures.count(measurement.items),
        chance="" if measurement.chance_level is None else figures.plain(measurement.chance_level),
        compared=compared(measurement, claimed=claimed.value if claimed else None),
        metric=measurement.metric.name,
        protocol=measurement.protocol.name,
        is_selftest=measurement.protocol.is_selftest,
        source=source_of(measurement),
        at=measurement.measured_at,
        is_by_others=measurement.run_id is None,
        note=measurement.note,
        verdict=_verdict(measurement, claimed, family) if claimed else None,
        answers=answers_of(measurement),
    )


def answers_of(measurement: Measurement | MeasurementFound) -> Link:
    """Where people answer a measurement, with how many answers stand."""
    number = measurement.answer_count
    return Link(
        text=figures.counted(number, "answer") if number else "answer", href=address("measurements:detail", measurement.public_id)
    )


def standing_of(item: Measurement) -> str:
    """Why a measurement does not stand on its board; empty when it does."""
    if item.retracted_at:
        return f"Retracted: {item.retraction_reason}"
    if item.superseded_by_id:
        return "Superseded by a later measurement."
    return "" if item.published_at else "Not published yet: only staff see it."


def beside(
    found: Iterable[Measurement | MeasurementFound], *, claimed: Claimed | None, family: Family | None = None
) -> tuple[Measured, ...]:
    """What stands beside one claim: first what found it again, of equal verdicts the newest."""
    words = (in_words(item, claimed=claimed, family=family) for item in found)
    return tuple(sorted(words, key=lambda item: item.verdict.rank if item.verdict else 0))


def _value(measurement: Measurement | MeasurementFound, *, places: int) -> str:
    """The value to so many places; a number of others has no more than its source printed."""
    if measurement.run_id is None:
        printed = repr(measurement.value).partition(".")[2]
        places = min(places, max(1, len(printed)))
    return f"{measurement.value:.{places}f}"


def _error(measurement: Measurement | MeasurementFound) -> float | None:
    """The standard error; without one, what the interval amounts to."""
    error, low, high = measurement.standard_error, measurement.interval_low, measurement.interval_high
    if error is None and low is not None and high is not None:
        return (high - low) / 2 / Z_95
    return error


def _verdict(measurement: Measurement | MeasurementFound, claimed: Claimed, family: Family | None) -> Judged:
    judgement = judged.judge(claimed, measurement)
    if family is None:
        return judged.in_words(judgement)
    return family.of(judged.same_comparison(claimed, measurement), judgement)


def compared(measurement: Measurement | MeasurementFound, *, claimed: float | None) -> str:
    """How far the measured value is from the claimed one, and on which side of the interval the claim lies."""
    if claimed is None:
        return ""
    places = figures.decimals(_error(measurement))
    difference = round(measurement.value - claimed, places)
    side = "above" if difference > 0 else "below"
    words = f"{abs(difference):.{places}f} {side} the claim" if difference else "equals the claim"
    low, high = measurement.interval_low, measurement.interval_high
    if low is None or high is None or not difference:
        return words
    return f"{words}; the claim lies {'inside' if low <= claimed <= high else 'outside'} the interval"


def source_of(measurement: Measurement | MeasurementFound) -> Link:
    """The run of ours that obtained it, or somebody else's publication."""
    if measurement.run_id:
        return Link(text="run", href=address("runs:detail", measurement.run_id))
    url = web_address(measurement.publication_url)
    return Link(text=measurement.publication_title or host_of(url) or "publication", href=url)


def current(where: Q) -> list[Measurement]:
    """The measurements that stand, newest first, with what `in_words` needs; one query."""
    return list(Measurement.objects.current().filter(where).select_related("metric", "protocol").order_by("-measured_at", "-pk"))


def current_of(claims: Collection[int]) -> list[Measurement]:
    """The measurements that stand of these claims."""
    return current(Q(claim__in=claims)) if claims else []


def by_cell(measurements: Iterable[FoundT]) -> Mapping[Cell, list[FoundT]]:
    """Those that test a claim, by the cell that they stand beside."""
    cells: dict[Cell, list[FoundT]] = defaultdict(list)
    for measurement in measurements:
        if measurement.claim_id:
            cells[measurement.claim_id, measurement.metric_id].append(measurement)
    return cells


def testing(mappings: Iterable[MappingFound], *, viewer: Viewer) -> Mapping[Cell, Testing]:
    """What is open for the claims that are mapped, and for staff what can be asked for, by the cells that it would fill."""
    cells: dict[Cell, list[MappingFound]] = defaultdict(list)
    for mapping in mappings:
        cells[mapping.claim_id, mapping.metric_id].append(mapping)
    return {cell: _testing(found, viewer=viewer) for cell, found in cells.items()}


def _testing(mappings: list[MappingFound], *, viewer: Viewer) -> Testing:
    return Testing(
        open_runs=tuple(dict.fromkeys(_open_run(mapping, mapping.run) for mapping in mappings if mapping.run)),
        reproductions=tuple(
            Reproduction(mapping=mapping.id, label=f"{mapping.checkpoint} under {mapping.protocol.name}")
            for mapping in mappings
            if viewer.is_staff and not mapping.run
        ),
    )


def _open_run(mapping: MappingFound, run: RunFound) -> OpenRun:
    """What stays true while workers come and go: pages are kept until the catalogue or a run's state changes."""
    state = RunState(run.state)
    weights = Checkpoint(memory_bytes=mapping.memory_bytes, device=mapping.device)
    return OpenRun(
        href=address("runs:detail", run.public_id),
        state=state.label,
        needs=waiting.need_of(weights) if state == RunState.REQUESTED else "",
    )
