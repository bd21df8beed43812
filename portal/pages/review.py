"""The reviewers' queue, and deciding: accept or refuse, one by one or many at once. Amending is in amend.py."""

from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from leaderboards import submissions
from leaderboards.models import Submission
from leaderboards.submissions import reviewing, things
from portal.context import page
from portal.pages.contributor import reviewer
from portal.pages.submission_pages import address_with, seen
from portal.pages.submission_view import views

SHOWN = 50
MOST_AT_ONCE = 200


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for the reader, oldest first; `?kind=` one kind, `?flagged=1` what the checks found something in."""
    return _queue(request, reviewer(request))


def _queue(request: HttpRequest, by: User, *, told: str = "", complaints: tuple[str, ...] = ()) -> HttpResponse:
    waiting = reviewing.queue_of(by).with_people()
    kind = request.GET.get("kind", "")
    wanted = waiting.filter(kind=kind) if kind in Submission.Kind.values else waiting
    if request.GET.get("flagged"):
        wanted = wanted.filter(is_flagged=True)
    found = list(wanted[:SHOWN])
    context = {
        "items": views(found),
        "records": reviewing.records_of({submission.submitter_id for submission in found if submission.submitter_id}),
        "total": wanted.count(),
        "shown": SHOWN,
        "kinds": Submission.Kind.choices,
        "kind": kind,
        "is_flagged": bool(request.GET.get("flagged")),
        "areas": reviewing.limits_of(by),
        "told": told,
        "complaints": complaints,
        "me": by.pk,
        "section": "submit",
    }
    return page(request, "portal/review.html", context, is_live=True)


@require_POST
def decide_many(request: HttpRequest) -> HttpResponse:
    """Accept or refuse all that were ticked, each for itself: what cannot be decided is named, the others are."""
    by = reviewer(request)
    keys = [key for key in request.POST.getlist("pick")[:MOST_AT_ONCE] if things.is_uuid(key)]
    picked = Submission.objects.with_people().filter(public_id__in=keys).order_by("pk")
    reason = request.POST.get("reason", "")
    does: dict[str, Callable[[Submission], object]] = {
        "accept": lambda each: submissions.accept(each, by=by),
        "refuse": lambda each: submissions.refuse(each, by=by, reason=reason),
    }
    do = does.get(request.POST.get("action", ""))
    counts: dict[str, list[str]] = defaultdict(list)
    for each in picked if do else ():
        counts[_tried(do, each) if do else ""].append(each.title)
    done = len(counts.pop("", []))
    complaints = tuple(f"{title}: {complaint}" for complaint, titles in counts.items() for title in titles)
    told = f"{done} decided." if do and picked else "Tick what you decide about first."
    return _queue(request, by, told=told, complaints=complaints)


@require_POST
def accept(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let one in."""
    by = reviewer(request)
    return _decided(request, public_id, lambda each: submissions.accept(each, by=by))


@require_POST
def refuse(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Keep one out, with a reason."""
    by = reviewer(request)
    reason = request.POST.get("reason", "")
    return _decided(request, public_id, lambda each: submissions.refuse(each, by=by, reason=reason))


def _decided(request: HttpRequest, public_id: UUID, decide: Callable[[Submission], object]) -> HttpResponse:
    """Decide about one and go back to the queue; what stood in the way is said on its page."""
    submission = seen(request, public_id)
    if complaint := _tried(decide, submission):
        return HttpResponseRedirect(address_with(submission, complaint=complaint))
    return HttpResponseRedirect(reverse("review:queue"))


def _tried(decide: Callable[[Submission], object], submission: Submission) -> str:
    """What stood in the way of a decision; "" for nothing."""
    try:
        decide(submission)
    except (submissions.NotAllowed, submissions.LostRace, submissions.Impossible, submissions.Rejected) as error:
        return str(error)
    return ""
