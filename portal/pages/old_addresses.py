"""Addresses of the old site that have no page of their own here: where each of them leads today."""

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import URLPattern, path, reverse

from papers.models import SlugHistory
from portal.pages import absence, model
from portal.pages.errors import NOT_FOUND
from portal.pages.links import address

PLACES: Mapping[str, str] = {
    "top-social": "papers:greatest",
    "conference": "conferences:list",
    "methods/area": "methods:list",
    "methods/category": "methods:list",
    "contribute": "submit",
    "contribute/<path:rest>": "submit",
    "add/task": "submit",
    "lib": "libraries",
    "lib/<key:library>": "libraries",
}
"""Old patterns, and the names of the pages that stand for what was there."""


def patterns() -> list[URLPattern]:
    """The old addresses."""
    return [
        *(path(old, _to(name)) for old, name in PLACES.items()),
        path("lib/<key:library>/<key:name>", library_model),
        path("paper/<key:slug>/review", review),
    ]


def library_model(request: HttpRequest, library: str, name: str) -> HttpResponse:
    """A model of the old site's zoo: its page here, where results name it so, else the libraries."""
    return HttpResponsePermanentRedirect(model.address_of(name) or reverse("libraries"))


def review(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the old site had a paper's results checked: the paper, whose page says what became of it."""
    if not absence.was_ever(kind=SlugHistory.Kind.PAPER, slug=slug):
        raise Http404(NOT_FOUND)
    return HttpResponsePermanentRedirect(address("papers:detail", slug))


def _to(name: str) -> Callable[..., HttpResponse]:
    def redirect(request: HttpRequest, **parts: str) -> HttpResponse:
        return HttpResponsePermanentRedirect(reverse(name))

    return redirect
