"""What every page is rendered with: who is reading, and where the page stands on the site."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.roles import Person, may_review
from leaderboards import unread
from portal import addresses, page_cache


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who is reading, and the `key` of their account. Unread `notices` and `alerts` are counted for pages alone."""

    name: str = ""
    is_staff: bool = False
    key: int | None = None
    may_review: bool = False
    notices: int = 0
    alerts: int = 0

    @property
    def is_signed_in(self) -> bool:
        """Whether the reader has signed in."""
        return bool(self.name)


STRANGER = Viewer()
NOT_INDEXED = "noindex"
"""What `X-Robots-Tag` says of a page that search engines leave out."""


def viewer(request: HttpRequest) -> Viewer:
    """Who is reading. Without a session cookie nobody looks at the session: a stranger's page is the same for all."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return STRANGER
    return viewer_of(getattr(request, "user", None))  # a request for a host that is not ours is refused before anybody asks who


def viewer_of(user: Person | None) -> Viewer:
    """The reader whose account that is; a stranger without one that is active."""
    if not isinstance(user, User) or not user.is_active:
        return STRANGER
    return Viewer(name=user.get_username(), is_staff=user.is_staff, key=user.pk, may_review=may_review(user))


def _with_unread(reader: Viewer) -> Viewer:
    """The same with what they have not read, in one query; nothing is asked for a stranger, whose pages are the same for all."""
    if reader.key is None:
        return reader
    notices, alerts = unread.counts(reader.key)
    return replace(reader, notices=notices, alerts=alerts)


def staff(request: HttpRequest) -> User:
    """The member of the staff who asks. Raises PermissionDenied for anybody else."""
    if not viewer(request).is_staff or not isinstance(request.user, User):
        raise PermissionDenied("Only the portal's staff can do this: sign in first.")
    return request.user


def person(request: HttpRequest) -> User | None:
    """Whoever is signed in."""
    return request.user if viewer(request).is_signed_in and isinstance(request.user, User) else None


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    status: int = 200,
    is_live: bool = False,
    is_indexed: bool = True,
) -> HttpResponse:
    """Render a whole page.

    `context` may hold `section`, the header's entry that the page belongs to. A page for somebody who has signed in is
    marked private, so that no cache on the way gives it to others; a stranger's may be kept until the catalogue changes,
    unless it `is_live`: shows what is written between changes of the catalogue, such as a run's progress. What is not
    `is_indexed` search engines are told to leave out: items of a benchmark that they spread end up in what models are trained on.
    """
    reader = _with_unread(viewer(request)) if status < 400 else viewer(request)
    # Not on error pages: one of them is for a host that is not ours.
    canonical, origin = (addresses.canonical(request), addresses.origin(request)) if status == 200 else ("", "")
    place = {"canonical": canonical, "origin": origin, "is_indexed": is_indexed}
    values = {"section": "", **(context or {}), "viewer": reader, **place}
    response = render(request, template, values, status=status)
    if not is_indexed:
        response.headers["X-Robots-Tag"] = NOT_INDEXED
    if status == 410:
        patch_cache_control(response, no_cache=True)  # browsers keep this status for ever, and what is gone may come back
    if reader.is_signed_in:
        patch_cache_control(response, private=True)
    elif not is_live:
        page_cache.mark(response)
    return response


def framed(request: HttpRequest, *, title: SafeString, content: SafeString, messages: Sequence[str] = ()) -> str:
    """The whole of a page whose inside was rendered elsewhere; search engines are told to leave it out."""
    place = {"canonical": "", "origin": "", "is_indexed": False}
    told = {
        "title": title,
        "content": content,
        "messages": messages,
        "section": "",
        "viewer": _with_unread(viewer(request)),
        **place,
    }
    return render_to_string("accounts/framed.html", told, request, using="jinja2")
