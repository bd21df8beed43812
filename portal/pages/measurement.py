"""A measurement's own page: what was claimed and measured, what it says about the claim, and what people answer to it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts import roles
from accounts.models import User
from accounts.roles import Person
from leaderboards import answers, submissions
from leaderboards.answer_models import LONGEST
from leaderboards.models import Answer, Measurement, Score
from portal import first_contributions
from portal.context import page, viewer
from portal.pages import judged, measured
from portal.pages.links import Link, address
from portal.pages.measured import Measured
from portal.pages.paper_cards import title_of

_NO_SUCH = "There is no such measurement, or it is not published: go back and reload the page."


@dataclass(frozen=True, kw_only=True)
class AnswerShown:
    """An answer as a reader sees it; of one that was taken back only by whom, when and why."""

    public_id: UUID
    author: str
    at: datetime
    text: str
    withdrawn_at: datetime | None
    withdrawn_by: str
    reason: str
    may_withdraw: bool


@dataclass(frozen=True, kw_only=True)
class MeasurementPage:
    """A measurement with what it tests and how it stands."""

    public_id: UUID
    board: Link
    paper: Link | None
    model: str
    claimed: str
    measured: Measured
    protocol: str
    standing: str
    answers: tuple[AnswerShown, ...]


@require_GET
def measurement_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What was measured, and the answers to it; one that is not published is for staff's eyes only."""
    return _page(request, _found(request, public_id))


@require_POST
def answer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Answer the measurement; anyone who has signed in."""
    measurement, person = _found(request, public_id), _signed_in(request)
    text = request.POST.get("text", "")
    try:
        with first_contributions.proven(request, by=person):
            answers.post(measurement, text=text, by=person)
    except (answers.Refused, submissions.Rejected) as refused:
        return _page(request, measurement, complaint=str(refused), draft=text[: 2 * LONGEST])
    return _back(measurement)


@require_POST
def withdraw(request: HttpRequest, public_id: UUID, answer_id: UUID) -> HttpResponse:
    """Take an answer back with a reason; its author and reviewers."""
    measurement, person = _found(request, public_id), _signed_in(request)
    found = Answer.objects.filter(measurement=measurement, public_id=answer_id).first()
    if found is None:
        raise Http404("There is no such answer: go back and reload the page.")
    if found.author_id != person.pk and not roles.may_review(person):
        raise PermissionDenied("Only its author and reviewers can take an answer back.")
    try:
        answers.withdraw(found, reason=request.POST.get("reason", ""), by=person)
    except answers.Refused as refused:
        return _page(request, measurement, complaint=str(refused))
    return _back(measurement)


def _person(request: HttpRequest) -> Person:
    """Who reads; a stranger's session is not looked at."""
    user = request.user if viewer(request).is_signed_in else AnonymousUser()
    return user if isinstance(user, User) else AnonymousUser()


def _signed_in(request: HttpRequest) -> User:
    person = _person(request)
    if not roles.may_submit(person):
        raise PermissionDenied("Sign in to answer a measurement.")
    return person


def _found(request: HttpRequest, public_id: UUID) -> Measurement:
    rows = Measurement.objects.select_related("metric", "protocol", "leaderboard__task", "claim__paper")
    found = rows.filter(public_id=public_id).first()
    if found is None or not (found.published_at or viewer(request).is_staff):
        raise Http404(_NO_SUCH)
    return found


def _back(measurement: Measurement) -> HttpResponse:
    return HttpResponseRedirect(f"{address('measurements:detail', measurement.public_id)}#answers")


def _page(request: HttpRequest, measurement: Measurement, *, complaint: str = "", draft: str = "") -> HttpResponse:
    person = _person(request)
    here = address("measurements:detail", measurement.public_id)
    may_answer = answers.may_answer(measurement, person)
    context = {
        "section": "sota",
        "item": read(measurement, person),
        "may_answer": may_answer,
        "proof": first_contributions.token_for(request, person if may_answer and isinstance(person, User) else None),
        "sign_in": f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': here})}",
        "complaint": complaint,
        "draft": draft,
        "longest": LONGEST,
    }
    return page(request, "leaderboards/measurement.html", context, status=400 if complaint else 200)


def read(measurement: Measurement, person: Person) -> MeasurementPage:
    """A measurement as a person sees it; two queries."""
    score = (
        Score.objects.filter(claim=measurement.claim_id, metric=measurement.metric_id).first() if measurement.claim_id else None
    )
    claimed = judged.of_score(score, board=measurement.leaderboard, metric=measurement.metric)
    paper = measurement.claim.paper if measurement.claim else None
    return MeasurementPage(
        public_id=measurement.public_id,
        board=Link(text=str(measurement.leaderboard), href=address("boards:detail", measurement.leaderboard.slug)),
        paper=Link(text=title_of(paper.title, paper.slug), href=address("papers:detail", paper.slug))
        if paper and not paper.removed_at
        else None,
        model=measurement.model_name,
        claimed=score.text if score else "",
        measured=measured.in_words(measurement, claimed=claimed),
        protocol=measurement.protocol.description,
        standing=measured.standing_of(measurement),
        answers=tuple(_shown(item, person) for item in answers.of(measurement)),
    )


def _shown(item: Answer, person: Person) -> AnswerShown:
    return AnswerShown(
        public_id=item.public_id,
        author=item.author.get_username(),
        at=item.posted_at,
        text="" if item.withdrawn_at else item.text,
        withdrawn_at=item.withdrawn_at,
        withdrawn_by=item.withdrawn_by.get_username() if item.withdrawn_by else "",
        reason=item.withdrawal_reason,
        may_withdraw=answers.may_withdraw(item, person),
    )
