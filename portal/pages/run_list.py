"""Runs: those that are open with when they should end, those that ended, and the workers that take them."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse

from portal.context import page
from portal.pages import figures
from portal.pages.keyset import NO_SUCH_PLACE, Page, cut
from portal.pages.links import Link, address
from workers import forecast, occupation, waiting
from workers.forecast import Forecast
from workers.models import Run, RunQuerySet, Worker
from workers.states import ENDED, Priority, RunState

PAGE = 40
OPEN_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class RunCard:
    """A run in a list."""

    run: Link
    protocol: str
    is_selftest: bool
    state: str
    state_label: str
    activity: str
    waits_for: str
    requested_at: datetime
    took: str
    is_trial: bool
    priority: str
    starts: str
    ends: str
    key: int


@dataclass(frozen=True, kw_only=True)
class WorkerCard:
    """A worker that is online. Its name stays inside: it tells a host."""

    device: str
    size: str
    memory_bytes: int
    run: Link | None
    warm: str
    last_seen_at: datetime
    set_aside: str


def runs(request: HttpRequest) -> HttpResponse:
    """The queue, the workers, and the history a page at a time."""
    after = request.GET.get("after", "")
    is_first = not after
    open_runs = cards(Run.objects.open().order_by("-priority", "requested_at")[:OPEN_SHOWN]) if is_first else ()
    context = {
        "open_runs": open_runs,
        "more_open": Run.objects.open().count() - OPEN_SHOWN if len(open_runs) == OPEN_SHOWN else 0,
        "workers": online_workers() if is_first else (),
        "ended": ended(after),
        "section": "runs",
    }
    return page(request, "workers/runs.html", context, is_live=True)


def ended(after: str) -> Page[RunCard]:
    """Runs that have ended, the last that was asked for first, from behind the mark `after`."""
    found = Run.objects.filter(state__in=ENDED).order_by("-pk")
    if after:
        if not re.fullmatch(r"\d{1,18}", after, re.ASCII):
            raise Http404(NO_SUCH_PLACE)
        found = found.filter(pk__lt=int(after))
    return cut(cards(found[: PAGE + 1]), size=PAGE, after=after, mark=lambda card: str(card.key))


def cards(runs: RunQuerySet) -> tuple[RunCard, ...]:
    """The runs in their order: one query, three more for why those wait that do, and five for when those end that are open."""
    found = list(runs.select_related("checkpoint", "protocol").defer("provenance", "results"))
    waits_for = waiting.reasons(found)
    forecasts = forecast.of([run for run in found if not run.has_ended])
    return tuple(_card(run, waits_for=waits_for[run.pk], foreseen=forecasts.get(run.pk, forecast.UNKNOWN)) for run in found)


def _card(run: Run, *, waits_for: str, foreseen: Forecast) -> RunCard:
    is_paused = run.state == RunState.PAUSED
    return RunCard(
        run=_link(run),
        protocol=run.protocol.name,
        is_selftest=run.protocol.is_selftest,
        state=run.state,
        state_label=run.get_state_display(),
        activity="" if is_paused else run.activity,
        waits_for=waits_for,
        requested_at=run.requested_at,
        took=took(run),
        is_trial=run.items_per_task is not None,
        priority=run.get_priority_display().lower() if run.priority != Priority.NORMAL else "",
        starts="when resumed" if is_paused else from_now(foreseen.starts_in),
        ends="when resumed" if is_paused else from_now(foreseen.ends_in),
        key=run.pk,
    )


def from_now(seconds: float | None) -> str:
    """When something should happen, no more exactly than it is known."""
    if seconds is None:
        return "unknown"
    if seconds < 1:
        return "now"
    return "within a minute" if seconds < 60 else f"in about {figures.duration(round(seconds / 60) * 60).removesuffix(' 0 s')}"


def _link(run: Run) -> Link:
    return Link(text=run.checkpoint.name, href=address("runs:detail", run.public_id))


def took(run: Run) -> str:
    """How long the run worked, from its start to its end; empty before it has ended."""
    if not run.started_at or not run.finished_at:
        return ""
    return figures.duration((run.finished_at - run.started_at).total_seconds())


def online_workers() -> tuple[WorkerCard, ...]:
    """Who could take a run, who works on which, and who gets no work: three queries."""
    busy = occupation.occupations()
    return tuple(
        WorkerCard(
            device=f"{worker.get_device_display()}: {worker.device_name}",
            size=figures.counted(worker.device_count, "core" if worker.device == Worker.Device.CPU else "GPU"),
            memory_bytes=worker.memory_bytes,
            run=_link(busy[worker.name]) if worker.name in busy else None,
            warm=worker.warm_checkpoint.name if worker.warm_checkpoint else "",
            last_seen_at=worker.last_seen_at,
            set_aside=worker.set_aside_reason if worker.set_aside_at else "",
        )
        for worker in Worker.objects.online().select_related("warm_checkpoint")
    )
