"""A person's page: who it is and what they contributed. `LISTS` is where other parts of the site add their lists to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import User
from leaderboards.models import Submission
from papers.models import Change
from portal.context import page
from portal.pages.changed_things import things_of
from portal.pages.links import Link, address
from portal.pages.signed_in import signed_in

SHOWN_CHANGES = 60
"""Changes that are read for the page; those of one thing in one go are one line."""

SHOWN_SUBMISSIONS = 30
NO_SUCH_PERSON = "Nobody has this name here."


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """One thing that a person did."""

    at: datetime
    deed: str
    thing: Link


@dataclass(frozen=True, kw_only=True)
class ProfileList:
    """A list on a person's page, newest first. `empty` is said where nothing is in it; `more` leads to the rest."""

    key: str
    title: str
    entries: tuple[Contribution, ...]
    empty: str
    more: Link | None = None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """All that the page shows of a person."""

    name: str
    role: str
    is_staff: bool
    joined_at: datetime
    lists: tuple[ProfileList, ...]


def read(person: User, *, is_own: bool = False) -> Profile:
    """The page's content, as others or the person see it; each list costs a fixed number of queries."""
    return Profile(
        name=person.username,
        role=person.get_role_display(),
        is_staff=person.is_staff,
        joined_at=person.date_joined,
        lists=tuple(found for list_of in LISTS if (found := list_of(person, is_own)) is not None),
    )


def changes_of(person: User, is_own: bool) -> ProfileList:
    """What the person last changed in the catalogue."""
    changes = list(Change.objects.filter(actor=person.pk, redacted_at=None).order_by("-pk")[:SHOWN_CHANGES])
    things = things_of(changes)
    together = groupby(changes, key=lambda change: (change.at, change.object_id))
    entries = (_contribution([*of_one], things) for _, of_one in together)
    return ProfileList(
        key="changes",
        title="Changes in the catalogue",
        entries=tuple(entries),
        empty="Nothing was changed yet.",
        more=Link(text="All changes, with what each was", href=address("changes_by", person.username)),
    )


def submissions_of(person: User, is_own: bool) -> ProfileList:
    """What the person last sent: all of it to themselves; to others what is in the catalogue, without its evidence."""
    sent = Submission.objects.filter(submitter=person).order_by("-pk")
    found = sent if is_own else sent.filter(state__in=[Submission.State.ACCEPTED, Submission.State.AMENDED])
    return ProfileList(
        key="submissions",
        title="Submissions",
        entries=tuple(_submission(each, is_own) for each in found[:SHOWN_SUBMISSIONS]),
        empty="Nothing was submitted yet." if is_own else "Nothing that was submitted is in the catalogue yet.",
        more=Link(text="All that you have sent", href=reverse("submissions:mine")) if is_own else None,
    )


def _submission(sent: Submission, is_own: bool) -> Contribution:
    href = address("submissions:detail", sent.public_id) if is_own else ""
    deed = sent.get_state_display() if is_own else sent.get_kind_display()
    return Contribution(at=sent.created_at, deed=deed, thing=Link(text=sent.title, href=href))


def _contribution(changes: Sequence[Change], things: dict[object, Link]) -> Contribution:
    """A line for what was done to one thing in one go; the first that was done says what it was."""
    first = changes[-1]
    return Contribution(at=first.at, deed=first.get_action_display(), thing=things[first.object_id])


LISTS: list[Callable[[User, bool], ProfileList | None]] = [submissions_of, changes_of]
"""The lists on a person's page, in order, of the person and whether they look themselves: a part of the site adds its
function; None leaves a list out."""


@require_GET
def person_detail(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a person for everybody. It tells neither an address nor when they were last here."""
    person = User.objects.filter(username__iexact=name, erased_at=None, is_active=True).first()
    if person is None:
        raise Http404(NO_SUCH_PERSON)
    return page(request, "accounts/person.html", {"profile": read(person)}, is_live=True, is_indexed=False)


@require_GET
@signed_in
def own_profile(request: HttpRequest, person: User) -> HttpResponse:
    """One's own page: the same, and where to change what belongs to the account."""
    context = {
        "profile": read(person, is_own=True),
        "public": address("person", person.username),
        "has_mail": settings.HAS_MAIL,
        "has_providers": bool(settings.SOCIALACCOUNT_PROVIDERS),
        "has_password": person.has_usable_password(),
        "messages": [str(message) for message in get_messages(request)],
    }
    return page(request, "accounts/profile.html", context, is_live=True, is_indexed=False)
