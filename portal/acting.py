"""Who acts: what a request changes in the catalogue is recorded under the signed-in user and the page it came from."""

from collections.abc import Callable
from contextlib import ExitStack

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from papers import history
from papers.models import Change

READS = {"GET", "HEAD", "OPTIONS", "TRACE"}
_SAID = "_acting"


def acting(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, after the one that knows the user; a request that only reads costs nothing."""

    def answered(request: HttpRequest) -> HttpResponse:
        if request.method in READS:
            return answer(request)
        via = _via(request.path)
        # The API looks at no session: whose token it is comes out later (`act_for`).
        user = None if via == Change.Via.API else getattr(request, "user", None)
        with ExitStack() as said:
            said.enter_context(history.acting(via=via, by=user.pk if user is not None else None, origin=request.path))
            setattr(request, _SAID, said)
            return answer(request)

    return answered


def act_for(request: HttpRequest, user: User) -> None:
    """Record under this person what the rest of the request changes."""
    said: ExitStack | None = getattr(request, _SAID, None)
    if said is not None:
        said.enter_context(history.acting(via=_via(request.path), by=user.pk, origin=request.path))


def _via(path: str) -> Change.Via:
    if path.startswith("/admin/"):
        return Change.Via.ADMIN
    return Change.Via.API if path.startswith("/api/") else Change.Via.FORM
