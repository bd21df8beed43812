"""Where staff decide what of the measurements everybody sees: what waits, what stands, what was taken back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from leaderboards import measurements
from leaderboards.measurements import Refused
from leaderboards.models import Measurement, MeasurementQuerySet, Score
from portal.context import page, staff
from portal.pages import judged, measured
from portal.pages.links import Link, address
from portal.pages.measured import Measured

SHOWN = 200
STATES = {
    "waiting": "Waiting",
    "standing": "Standing",
    "superseded": "Superseded",
    "retracted": "Retracted",
}
_NO_SUCH = "There is no such measurement any more: go back and reload the page."


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A measurement with where it stands, what it tests, and those that could take its place."""

    public_id: UUID
    board: Link
    model: str
    weights: str
    claimed: str
    measured: Measured
    retraction: str
    rivals: tuple[Link, ...]


@require_GET
def measurement_list(request: HttpRequest) -> HttpResponse:
    """The measurements of one state, newest first; staff only."""
    staff(request)
    return _list(request, state=request.GET.get("state", ""))


@require_POST
def publish(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show a measurement to everybody; staff only."""
    measurement = _found(request, public_id)
    try:
        measurements.publish(measurement)
    except Refused as refused:
        return _list(request, state="waiting", complaint=str(refused))
    return _back("waiting")


@require_POST
def retract(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a measurement back with a reason; staff only."""
    measurement = _found(request, public_id)
    state = "standing" if measurement.published_at else "waiting"
    try:
        measurements.retract(measurement, reason=request.POST.get("reason", ""))
    except Refused as refused:
        return _list(request, state=state, complaint=str(refused))
    return _back(state)


@require_POST
def supersede(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let another measurement take one's place; staff only."""
    measurement = _found(request, public_id)
    try:
        by = Measurement.objects.filter(public_id=UUID(request.POST.get("by", ""))).first()
    except ValueError:
        by = None
    if by is None:
        return _list(request, state="standing", complaint="Choose the measurement that takes its place.")
    try:
        measurements.supersede(measurement, by=by)
    except Refused as refused:
        return _list(request, state="standing", complaint=str(refused))
    return _back("standing")


def _found(request: HttpRequest, public_id: UUID) -> Measurement:
    staff(request)
    measurement = Measurement.objects.filter(public_id=public_id).first()
    if measurement is None:
        raise Http404(_NO_SUCH)
    return measurement


def _back(state: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('measurements:list')}?state={state}")


def _list(request: HttpRequest, *, state: str, complaint: str = "") -> HttpResponse:
    state = state if state in STATES else "waiting"
    context = {
        "entries": entries(state),
        "states": STATES,
        "state": state,
        "waiting": _in_state("waiting").count(),
        "complaint": complaint,
        "shown": SHOWN,
    }
    return page(
        request, "leaderboards/measurements.html", context, status=409 if complaint else 200, is_live=True, is_indexed=False
    )


def _in_state(state: str) -> MeasurementQuerySet:
    rows = Measurement.objects.all()
    if state == "retracted":
        return rows.filter(retracted_at__isnull=False)
    if state == "superseded":
        return rows.filter(retracted_at=None, superseded_by__isnull=False)
    return Measurement.objects.current() if state == "standing" else rows.filter(published_at=None, retracted_at=None)


def entries(state: str) -> tuple[Entry, ...]:
    """The newest measurements of a state, each held against its claim: three queries."""
    found = list(
        _in_state(state)
        .select_related("metric", "protocol", "claim", "leaderboard__task")
        .order_by("-measured_at", "-pk")[:SHOWN]
    )
    claims = {item.claim_id for item in found if item.claim_id}
    scores = {(score.claim_id, score.metric_id): score for score in Score.objects.filter(claim__in=claims)}
    rivals = _rivals(claims) if state == "standing" else {}
    return tuple(
        _entry(item, scores.get((item.claim_id or 0, item.metric_id)), rivals.get((item.claim_id or 0, item.metric_id), ()))
        for item in found
    )


def _rivals(claims: set[int]) -> Mapping[measured.Cell, Sequence[Measurement]]:
    """What else stands beside the same claims."""
    cells: dict[measured.Cell, list[Measurement]] = defaultdict(list)
    for item in measured.current_of(claims):
        cells[item.claim_id or 0, item.metric_id].append(item)
    return cells


def _entry(item: Measurement, score: Score | None, rivals: Sequence[Measurement]) -> Entry:
    claimed = judged.of_score(score, board=item.leaderboard, metric=item.metric)
    return Entry(
        public_id=item.public_id,
        board=Link(text=str(item.leaderboard), href=address("boards:detail", item.leaderboard.slug)),
        model=item.model_name,
        weights=item.checkpoint,
        claimed=score.text if score else "",
        measured=measured.in_words(item, claimed=claimed),
        retraction=item.retraction_reason,
        rivals=tuple(_rival(other) for other in rivals if other.pk != item.pk),
    )


def _rival(item: Measurement) -> Link:
    words = measured.in_words(item)
    return Link(text=f"{words.value}, {words.protocol}, {words.source.text}", href="", detail=str(item.public_id))
