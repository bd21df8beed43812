"""A person's page: who it is and what they contributed. `LISTS` is where other parts of the site add their lists to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from accounts.models import User
from papers.models import Change
from portal.context import page
from portal.pages.changed_things import things_of
from portal.pages.links import Link, address
from portal.pages.signed_in import signed_in

SHOWN_CHANGES = 60
"""Changes that are read for the page; those of one thing in one go are one line."""

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


def read(person: User) -> Profile:
    """The page's content; each list costs a fixed number of queries."""
    return Profile(
        name=person.username,
        role=person.get_role_display(),
        is_staff=person.is_staff,
        joined_at=person.date_joined,
        lists=tuple(found for list_of in LISTS if (found := list_of(person)) is not None),
    )


def changes_of(person: User) -> ProfileList:
    """What the person last changed in the catalogue."""
    changes = list(Change.objects.filter(actor=person.pk, redacted_at=None).order_by("-pk")[:SHOWN_CHANGES])
    things = things_of(changes)
    together = groupby(changes, key=lambda change: (change.at, change.object_id))
    entries = (_contribution([*of_one], things) for _, of_one in together)
    return ProfileList(key="changes", title="Changes in the catalogue", entries=tuple(entries), empty="Nothing was changed yet.")


def _contribution(changes: Sequence[Change], things: dict[object, Link]) -> Contribution:
    """A line for what was done to one thing in one go; the first that was done says what it was."""
    first = changes[-1]
    return Contribution(at=first.at, deed=first.get_action_display(), thing=things[first.object_id])


LISTS: list[Callable[[User], ProfileList | None]] = [changes_of]
"""The lists on a person's page, in order: a part of the site that has one adds its function; None leaves a list out."""


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
        "profile": read(person),
        "public": address("person", person.username),
        "has_mail": settings.HAS_MAIL,
        "has_providers": bool(settings.SOCIALACCOUNT_PROVIDERS),
        "has_password": person.has_usable_password(),
        "messages": [str(message) for message in get_messages(request)],
    }
    return page(request, "accounts/profile.html", context, is_live=True, is_indexed=False)
