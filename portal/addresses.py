"""Whole addresses of this site's pages, as they stand in other people's places."""

from django.http import HttpRequest
from django.utils.http import urlencode

NAMING = ("q", "after")
"""Parameters that make another page: what is searched for, and the place in a long list. All others arrange a page."""
LONGEST_VALUE = 500


def origin(request: HttpRequest) -> str:
    """Scheme and host, without a slash at the end."""
    return request.build_absolute_uri("/").removesuffix("/")


def canonical(request: HttpRequest) -> str:
    """The one address of a page that has many: without what only arranges it."""
    named = [(name, request.GET[name]) for name in NAMING if 0 < len(request.GET.get(name, "")) <= LONGEST_VALUE]
    return request.build_absolute_uri(request.path) + (f"?{urlencode(named)}" if named else "")
