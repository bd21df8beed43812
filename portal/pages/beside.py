"""What stands beside a thing's page under its address with an ending: `/task/<slug>.atom`, `/paper/<slug>.bib`."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from papers.models import SlugHistory
from portal.pages import absence

Answer = Callable[[HttpRequest, str], HttpResponse]
Attempt = Callable[[HttpRequest, str], HttpResponse | None]


def beside(page: Answer, *, kind: SlugHistory.Kind, ending: str) -> Callable[[Attempt], Answer]:
    """Wrap a view that answers None where there is no such thing.

    Slugs may hold dots: a thing whose own slug ends like that has its page there, whatever else the address could mean.
    Where there is neither, the address tells what became of the thing, and an old address leads to that of today.
    """

    def wrap(attempt: Attempt) -> Answer:
        @wraps(attempt)
        def answer(request: HttpRequest, slug: str) -> HttpResponse:
            if absence.was_ever(kind=kind, slug=slug + ending):
                return page(request, slug + ending)
            found = attempt(request, slug)
            if found is not None:
                return found
            there = absence.explain(request, kind=kind, slug=slug)
            if isinstance(there, HttpResponsePermanentRedirect):
                return HttpResponsePermanentRedirect(there.url + ending)
            return there

        return answer

    return wrap
