"""What a person has sent, one submission's page, and taking it back."""

from uuid import UUID

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.roles import may_review
from leaderboards import submissions
from leaderboards.models import Submission, SubmissionEvent
from leaderboards.submissions import reviewing
from leaderboards.submissions.undone import undone
from portal.context import page
from portal.pages import history_words
from portal.pages.contributor import contributor
from portal.pages.links import address
from portal.pages.submission_view import view

MOST = 100
COMPLAINT = "review.complaint"
COMPLAINT_SECONDS = 600
NOT_THERE = "There is no such submission, or it is not yours to see."


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What the reader has sent, newest first."""
    person = contributor(request)
    found = list(Submission.objects.filter(submitter=person).order_by("-pk")[: MOST + 1])
    context = {"found": found[:MOST], "has_more": len(found) > MOST, "section": "submit"}
    return page(request, "portal/submissions.html", context, is_live=True)


@require_safe
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One submission, for who sent it and for reviewers."""
    person = contributor(request)
    submission = seen(request, public_id)
    context = {
        "item": view(submission),
        "events": _events(submission),
        "undone": history_words.entries(undone(submission)),
        "may_decide": reviewing.waits_for(person, submission),
        "may_withdraw": submission.state == Submission.State.WAITING and submission.submitter_id == person.pk,
        "record": reviewing.record_of(submission.submitter) if may_review(person) else {},
        "complaint": _told(request.GET.get("complaint", "")),
        "section": "submit",
    }
    return page(request, "portal/submission.html", context, is_live=True)


@require_POST
def withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take it back; only who sent it. One that was decided meanwhile stays: its page says how."""
    person = contributor(request)
    submission = seen(request, public_id)
    try:
        submissions.withdraw(submission, by=person)
    except submissions.NotAllowed as error:
        raise Http404(NOT_THERE) from error
    except submissions.LostRace:
        pass
    return HttpResponseRedirect(address("submissions:detail", submission.public_id))


def address_with(submission: Submission, *, complaint: str) -> str:
    """The submission's page with what stood in the way of a decision, signed: a link of somebody else's says nothing there."""
    query = urlencode({"complaint": signing.dumps(complaint, salt=COMPLAINT)})
    return f"{address('submissions:detail', submission.public_id)}?{query}"


def _told(signed: str) -> str:
    try:
        return str(signing.loads(signed, salt=COMPLAINT, max_age=COMPLAINT_SECONDS))
    except signing.BadSignature:
        return ""


def seen(request: HttpRequest, public_id: UUID) -> Submission:
    """The submission, if the reader may see it; Http404 tells nobody else that it is there."""
    found = Submission.objects.with_people().filter(public_id=public_id).first()
    if found is None or not reviewing.may_see(contributor(request), found):
        raise Http404(NOT_THERE)
    return found


def _events(submission: Submission) -> list[tuple[SubmissionEvent, str]]:
    """Its steps, each with the name of who took it."""
    events = list(submission.events.all())
    names = dict(User.objects.filter(pk__in={event.actor_id for event in events}).values_list("pk", "username"))
    return [(event, names.get(event.actor_id or 0, "")) for event in events]
