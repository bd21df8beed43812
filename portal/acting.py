"""Who acts: what a request changes in the catalogue is recorded under the signed-in user and the page it came from."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from papers import history
from papers.models import Change

READS = {"GET", "HEAD", "OPTIONS", "TRACE"}


def acting(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, after the one that knows the user; a request that only reads costs nothing."""

    def answered(request: HttpRequest) -> HttpResponse:
        if request.method in READS:
            return answer(request)
        user = getattr(request, "user", None)
        with history.acting(via=_via(request.path), by=user.pk if user is not None else None, origin=request.path):
            return answer(request)

    return answered


def _via(path: str) -> Change.Via:
    if path.startswith("/admin/"):
        return Change.Via.ADMIN
    return Change.Via.API if path.startswith("/api/") else Change.Via.FORM
