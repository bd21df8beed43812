"""Addresses as they are shared: forms send every field that they have, also those that say nothing."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseRedirect

NOTHING: Mapping[str, str] = {}


def shared(request: HttpRequest, *, usual: Mapping[str, str] = NOTHING) -> HttpResponseRedirect | None:
    """A redirect to the same address without parameters that are empty or say what is `usual`; None where there are none."""
    pairs = [(name, value) for name, values in request.GET.lists() for value in values]
    kept = [(name, value) for name, value in pairs if value.strip() and usual.get(name) != value]
    if len(kept) == len(pairs):
        return None
    return HttpResponseRedirect(request.path + (f"?{urlencode(kept)}" if kept else ""))
