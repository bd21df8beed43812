"""A run: how far it is or why it waits, what ran, and what came out; and the two buttons that staff have."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from leaderboards.models import Leaderboard, Measurement, Score, shown
from portal.context import NOT_INDEXED, page, viewer
from portal.pages import measured, run_facts, run_more
from portal.pages.links import Link, address
from portal.pages.measured import Measured
from portal.pages.paper_cards import title_of
from portal.pages.run_facts import Facts
from portal.pages.run_list import took
from workers import lifecycle, waiting
from workers.models import ClaimMapping, Run, RunEvent, Shard

EVENTS_SHOWN = 100
NO_SUCH_RUN = "There is no run at this address."


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is; nothing is known before it is planned."""

    batches_done: int
    batches: int
    requests: int
    items: int

    @property
    def percent(self) -> int:
        """Batches that are done, of a hundred."""
        return 100 * self.batches_done // self.batches if self.batches else 0


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to the run."""

    at: datetime
    state: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A measurement that the run obtained, and where it stands."""

    board: Link
    claim: str
    claimed: str
    measured: Measured
    standing: str


@dataclass(frozen=True, kw_only=True)
class Target:
    """A claim that the run tests."""

    board: Link
    paper: Link | None
    model: str
    metric: str


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """All that a run's page shows."""

    public_id: UUID
    checkpoint: str
    protocol: str
    protocol_text: str
    is_selftest: bool
    items_per_task: int | None
    state: str
    state_label: str
    is_open: bool
    waits_for: str
    activity: str
    error: str
    progress: Progress | None
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    took: str
    events: tuple[Event, ...]
    outcomes: tuple[Outcome, ...]
    targets: tuple[Target, ...]
    facts: Facts


def run_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page of one run."""
    run = read(public_id)
    found = Run.objects.select_related("checkpoint", "protocol", "repeats").get(public_id=public_id)
    context = {"run": run, "more": run_more.read(found), "section": "runs"}
    return page(request, "workers/run.html", context, is_live=True, is_indexed=False)


@require_GET
def run_state(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The part of a run's page that changes, for the page's script to ask for again and again; 304 if nothing has changed."""
    html = render_to_string("workers/_run_state.html", {"run": read(public_id)})
    etag = quote_etag(sha256(html.encode()).hexdigest()[:32])
    response = HttpResponse(html, headers={"ETag": etag, "Cache-Control": "no-cache", "X-Robots-Tag": NOT_INDEXED})
    return cast(HttpResponse, get_conditional_response(request, etag=etag, response=response))


@require_POST
def request_run(request: HttpRequest) -> HttpResponse:
    """Ask for the run that tests a mapped claim, and go to its page; staff only."""
    by = _staff(request)
    key = request.POST.get("mapping", "")
    is_key = key.isascii() and key.isdigit() and len(key) < 19
    mapping = ClaimMapping.objects.filter(pk=int(key)).first() if is_key else None
    if mapping is None:
        raise Http404("What would test this claim is not known any more: go back and reload the page.")
    run = lifecycle.request(mapping, by=by)
    return HttpResponseRedirect(address("runs:detail", run.public_id))


@require_POST
def cancel_run(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """End a run; staff only. A run that has ended meanwhile stays as it is: its page says how it ended."""
    by = _staff(request)
    run = Run.objects.filter(public_id=public_id).first()
    if run is None:
        raise Http404(NO_SUCH_RUN)
    with suppress(lifecycle.LostRace):  # it ended first, which its page shows
        lifecycle.cancel(run, by=by)
    return HttpResponseRedirect(address("runs:detail", public_id))


def _staff(request: HttpRequest) -> User:
    if not viewer(request).is_staff or not isinstance(request.user, User):
        raise PermissionDenied("Only the portal's staff can do this: sign in first.")
    return request.user


def read(public_id: UUID) -> RunPage:
    """The page's content in a constant number of queries; Http404 when there is no such run."""
    run = Run.objects.select_related("checkpoint", "protocol").filter(public_id=public_id).first()
    if run is None:
        raise Http404(NO_SUCH_RUN)
    return RunPage(
        public_id=run.public_id,
        checkpoint=run.checkpoint.name,
        protocol=run.protocol.name,
        protocol_text=run.protocol.description,
        is_selftest=run.protocol.is_selftest,
        items_per_task=run.items_per_task,
        state=run.state,
        state_label=run.get_state_display(),
        is_open=not run.has_ended,
        waits_for=waiting.why(run),
        activity=run.activity,
        error=run.error_message,
        progress=_progress(run),
        requested_at=run.requested_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        took=took(run),
        events=_events(run),
        outcomes=_outcomes(run),
        targets=_targets(run),
        facts=run_facts.read(run),
    )


def _progress(run: Run) -> Progress | None:
    """Batches done over all shards of the plan; None before there is a plan."""
    counts = Shard.objects.filter(run=run).batch_counts()
    if run.pk not in counts:
        return None
    done, batches = counts[run.pk]
    return Progress(batches_done=done, batches=batches, requests=run.requests_total, items=run.samples_total)


def _events(run: Run) -> tuple[Event, ...]:
    """The last things that happened, in the order in which they happened. Who did them stays inside."""
    newest: list[RunEvent] = list(run.events.order_by("-at", "-pk")[:EVENTS_SHOWN])
    return tuple(Event(at=event.at, state=event.get_state_display(), note=event.note) for event in reversed(newest))


def _outcomes(run: Run) -> tuple[Outcome, ...]:
    """The measurements that the run obtained, also those that no longer stand, each with what is claimed: two queries."""
    found = Measurement.objects.filter(run_id=run.public_id).select_related("metric", "protocol", "leaderboard__task", "claim")
    scores = Score.objects.filter(claim__measurements__run_id=run.public_id)
    claimed: dict[tuple[int | None, int], Score] = {(score.claim_id, score.metric_id): score for score in scores}
    return tuple(
        _outcome(item, claimed.get((item.claim_id, item.metric_id)))
        for item in found.order_by("leaderboard__slug", "metric__position", "pk")
    )


def _outcome(item: Measurement, claimed: Score | None) -> Outcome:
    return Outcome(
        board=_board(item.leaderboard),
        claim=item.claim.model_name if item.claim else "",
        claimed=claimed.text if claimed else "",
        measured=measured.in_words(item, claimed=claimed.value if claimed else None),
        standing=_standing(item),
    )


def _standing(item: Measurement) -> str:
    """Why a measurement does not stand on its board; empty when it does."""
    if item.retracted_at:
        return f"Retracted: {item.retraction_reason}"
    if item.superseded_by_id:
        return "Superseded by a later measurement."
    return "" if item.published_at else "Not published yet."


def _targets(run: Run) -> tuple[Target, ...]:
    """The claims that the run tests, by the mappings of its checkpoint and protocol."""
    mappings = ClaimMapping.objects.filter(
        shown("metric__leaderboard__"), checkpoint=run.checkpoint, protocol=run.protocol
    ).select_related("claim__paper", "metric__leaderboard__task")
    return tuple(_target(mapping) for mapping in mappings.order_by("pk"))


def _target(mapping: ClaimMapping) -> Target:
    claim = mapping.claim
    paper = claim.paper if claim else None
    return Target(
        board=_board(mapping.metric.leaderboard),
        paper=Link(text=title_of(paper.title, paper.slug), href=address("papers:detail", paper.slug))
        if paper and not paper.removed_at
        else None,
        model=claim.model_name if claim else "",
        metric=mapping.metric.name,
    )


def _board(board: Leaderboard) -> Link:
    return Link(text=str(board), href=address("boards:detail", board.slug))
