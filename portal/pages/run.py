"""A run: how far it is or why it waits, what ran, and what came out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_GET

from leaderboards.models import Leaderboard, Measurement, Score, shown
from portal.context import NOT_INDEXED, Viewer, page, viewer
from portal.pages import judged, measured, run_answers, run_facts, run_live, run_log, run_more, run_numbers
from portal.pages.found_run import run_at
from portal.pages.links import Link, address
from portal.pages.measured import Measured
from portal.pages.paper_cards import title_of
from portal.pages.run_answers import Answer
from portal.pages.run_facts import Facts
from portal.pages.run_list import took
from portal.pages.run_live import Live
from portal.pages.run_log import Log
from workers import passes, waiting
from workers.faults import class_of
from workers.models import ClaimMapping, Run, RunEvent
from workers.states import Priority, RunState, ShardState

EVENTS_SHOWN = 100
RUNS = Run.objects.select_related("checkpoint", "protocol")
FAILED_SHOWN = 20


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
    is_unpublished: bool


@dataclass(frozen=True, kw_only=True)
class Target:
    """A claim that the run tests, and the protocols of its pass under which it does."""

    board: Link
    paper: Link | None
    model: str
    metric: str
    protocols: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Controls:
    """What staff can do to the run as it is."""

    can_pause: bool
    can_resume: bool
    can_retry: bool
    failed_shards: tuple[int, ...]
    priority: str
    priorities: tuple[tuple[int, str], ...]


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
    controls: Controls
    waits_for: str
    activity: str
    fault: str
    error: str
    live: Live
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    took: str
    events: tuple[Event, ...]
    has_earlier_events: bool
    outcomes: tuple[Outcome, ...]
    is_held_back: bool
    shows_numbers: bool
    targets: tuple[Target, ...]
    answers: tuple[Answer, ...]
    facts: Facts
    logs: tuple[Log, ...]


def run_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page of one run."""
    run = run_at(public_id, RUNS.select_related("repeats"))
    shown = read(run, viewer=viewer(request))
    context = {"run": shown, "more": run_more.read(run, is_open=shown.shows_numbers), "section": "runs"}
    return page(request, "workers/run.html", context, is_live=True, is_indexed=False)


@require_GET
def run_state(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The part of a run's page that changes, for the page's script to ask for again and again; 304 if nothing has changed."""
    html = render_to_string("workers/_run_state.html", {"run": read(run_at(public_id, RUNS), viewer=viewer(request))})
    etag = quote_etag(sha256(html.encode()).hexdigest()[:32])
    response = HttpResponse(html, headers={"ETag": etag, "Cache-Control": "no-cache", "X-Robots-Tag": NOT_INDEXED})
    return cast(HttpResponse, get_conditional_response(request, etag=etag, response=response))


def read(run: Run, *, viewer: Viewer) -> RunPage:
    """The page's content in a constant number of queries.

    What the run measured only staff see until it is published, and so its results by task.
    """
    outcomes = _outcomes(run)
    is_held_back = not viewer.is_staff and any(outcome.is_unpublished for outcome in outcomes)
    facts = run_facts.read(run)
    shows_numbers = run_numbers.are_open(run, viewer)
    events = _events(run)
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
        controls=_controls(run),
        waits_for=waiting.why(run),
        activity=run.activity,
        fault=class_of(run.error_code).label if run.error_code else "",
        error=run.error_message,
        live=run_live.read(run, with_numbers=shows_numbers),
        requested_at=run.requested_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        took=took(run),
        events=events[-EVENTS_SHOWN:],
        has_earlier_events=len(events) > EVENTS_SHOWN,
        outcomes=tuple(outcome for outcome in outcomes if viewer.is_staff or not outcome.is_unpublished),
        is_held_back=is_held_back,
        shows_numbers=shows_numbers,
        targets=_targets(run),
        answers=() if is_held_back else run_answers.read(run),
        facts=replace(facts, metrics=(), ties="") if is_held_back else facts,
        logs=run_log.read(run) if viewer.is_staff else (),
    )


def _controls(run: Run) -> Controls:
    """What can be done by the state that the run is in; of a failed one, which shards failed: one query."""
    failed = run.shards.filter(state=ShardState.FAILED).order_by("index")[:FAILED_SHOWN] if run.state == RunState.FAILED else ()
    return Controls(
        can_pause=not run.has_ended and run.state != RunState.PAUSED,
        can_resume=run.state == RunState.PAUSED,
        can_retry=run.state == RunState.FAILED,
        failed_shards=tuple(shard.index for shard in failed),
        priority=Priority(run.priority).label.lower() if run.priority in Priority.values else "",
        priorities=tuple((value, label) for value, label in Priority.choices if value != run.priority),
    )


def _events(run: Run) -> tuple[Event, ...]:
    """The last things that happened and one more, in the order in which they happened. Who did them stays inside."""
    newest: list[RunEvent] = list(run.events.order_by("-at", "-pk")[: EVENTS_SHOWN + 1])
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
        measured=measured.in_words(item, claimed=judged.of_score(claimed, board=item.leaderboard, metric=item.metric)),
        standing=measured.standing_of(item),
        is_unpublished=item.published_at is None,
    )


def _targets(run: Run) -> tuple[Target, ...]:
    """The claims that the run tests, by the mappings of its checkpoint and of the protocols that its pass answers, each once."""
    mappings = passes.mappings_of(run).filter(shown("metric__leaderboard__"))
    cells: dict[tuple[int | None, int], list[ClaimMapping]] = defaultdict(list)
    for mapping in mappings.select_related("claim__paper", "metric__leaderboard__task", "protocol").order_by("pk"):
        cells[mapping.claim_id, mapping.metric_id].append(mapping)
    return tuple(_target(tests) for tests in cells.values())


def _target(tests: Sequence[ClaimMapping]) -> Target:
    mapping = tests[0]
    claim = mapping.claim
    paper = claim.paper if claim else None
    return Target(
        board=_board(mapping.metric.leaderboard),
        paper=Link(text=title_of(paper.title, paper.slug), href=address("papers:detail", paper.slug))
        if paper and not paper.removed_at
        else None,
        model=claim.model_name if claim else "",
        metric=mapping.metric.name,
        protocols=tuple(dict.fromkeys(test.protocol.name for test in tests)),
    )


def _board(board: Leaderboard) -> Link:
    return Link(text=str(board), href=address("boards:detail", board.slug))
