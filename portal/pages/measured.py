"""What was measured here, as it stands beside claims: on a paper's page and on a board."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from leaderboards.models import Measurement
from portal.context import Viewer
from portal.pages import figures
from portal.pages.links import Link, address, host_of, web_address
from workers import waiting
from workers.models import ClaimMapping, Run

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


@dataclass(frozen=True, kw_only=True)
class OpenRun:
    """A run that may yet measure a claim."""

    href: str
    state: str
    reason: str


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


def in_words(measurement: Measurement, *, claimed: float | None = None) -> Measured:
    """A measurement with its `metric` and `protocol` joined, held against the claimed number where there is one."""
    error = measurement.standard_error
    low, high = measurement.interval_low, measurement.interval_high
    places = figures.decimals(error)
    has_interval = low is not None and high is not None
    return Measured(
        value=figures.measured(measurement.value, standard_error=error),
        number=measurement.value,
        interval=f"{low:.{places}f} to {high:.{places}f}" if has_interval else "",
        standard_error=f"{error:.{places}f}" if error is not None else "",
        items=figures.count(measurement.items),
        chance="" if measurement.chance_level is None else figures.plain(measurement.chance_level),
        compared=compared(measurement, claimed=claimed),
        metric=measurement.metric.name,
        protocol=measurement.protocol.name,
        is_selftest=measurement.protocol.is_selftest,
        source=source_of(measurement),
        at=measurement.measured_at,
    )


def compared(measurement: Measurement, *, claimed: float | None) -> str:
    """How far the measured value is from the claimed one, and on which side of the interval the claim lies."""
    if claimed is None:
        return ""
    places = figures.decimals(measurement.standard_error)
    difference = round(measurement.value - claimed, places)
    side = "above" if difference > 0 else "below"
    words = f"{abs(difference):.{places}f} {side} the claim" if difference else "equals the claim"
    low, high = measurement.interval_low, measurement.interval_high
    if low is None or high is None or not difference:
        return words
    return f"{words}; the claim lies {'inside' if low <= claimed <= high else 'outside'} the interval"


def source_of(measurement: Measurement) -> Link:
    """The run of ours that obtained it, or somebody else's publication."""
    if measurement.run_id:
        return Link(text="run", href=address("runs:detail", measurement.run_id))
    url = web_address(measurement.publication_url)
    return Link(text=measurement.publication_title or host_of(url) or "publication", href=url)


def current(where: Q) -> list[Measurement]:
    """The measurements that stand, newest first, with what `in_words` needs; one query."""
    return list(Measurement.objects.current().filter(where).select_related("metric", "protocol").order_by("-measured_at", "-pk"))


def by_cell(measurements: Iterable[Measurement]) -> Mapping[Cell, list[Measurement]]:
    """Those that test a claim, by the cell that they stand beside."""
    cells: dict[Cell, list[Measurement]] = defaultdict(list)
    for measurement in measurements:
        if measurement.claim_id:
            cells[measurement.claim_id, measurement.metric_id].append(measurement)
    return cells


def testing(where: Q, *, viewer: Viewer) -> Mapping[Cell, Testing]:
    """What is open for the mapped claims that `where` selects (a condition on ClaimMapping), and for staff what can be asked for.

    Four queries at most, however many claims and runs there are.
    """
    mappings = list(ClaimMapping.objects.filter(where).select_related("checkpoint", "protocol").order_by("pk"))
    runs = _open_runs(mappings)
    cells: dict[Cell, list[ClaimMapping]] = defaultdict(list)
    for mapping in mappings:
        if mapping.claim_id:
            cells[mapping.claim_id, mapping.metric_id].append(mapping)
    return {cell: _testing(found, runs, viewer=viewer) for cell, found in cells.items()}


def _open_runs(mappings: Iterable[ClaimMapping]) -> Mapping[tuple[int, int], OpenRun]:
    """Open runs by checkpoint and protocol; trial runs are left out, since they never stand beside a claim."""
    checkpoints = {mapping.checkpoint_id for mapping in mappings}
    found = Run.objects.open().filter(checkpoint__in=checkpoints, items_per_task=None).select_related("checkpoint", "protocol")
    runs = list(found.order_by("requested_at"))
    waits_for = waiting.reasons(runs)
    return {
        (run.checkpoint_id, run.protocol_id): OpenRun(
            href=address("runs:detail", run.public_id), state=run.get_state_display(), reason=waits_for[run.pk]
        )
        for run in runs
    }


def _testing(mappings: list[ClaimMapping], runs: Mapping[tuple[int, int], OpenRun], *, viewer: Viewer) -> Testing:
    open_runs = {mapping.pk: runs.get((mapping.checkpoint_id, mapping.protocol_id)) for mapping in mappings}
    return Testing(
        open_runs=tuple(dict.fromkeys(run for run in open_runs.values() if run)),
        reproductions=tuple(
            Reproduction(mapping=mapping.pk, label=f"{mapping.checkpoint.name} under {mapping.protocol.name}")
            for mapping in mappings
            if viewer.is_staff and not open_runs[mapping.pk]
        ),
    )
