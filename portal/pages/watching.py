"""Boards that somebody watches, and what they were told."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.roles import may_submit
from leaderboards import watching
from leaderboards.models import Alert, Leaderboard, Watch
from portal.context import page, viewer
from portal.pages.links import Link, address

SHOWN = 100
SIGN_IN = "Sign in to watch boards: you are told when the best result changes or a claim fails to reproduce."
NO_SUCH_BOARD = "There is no such board any more: go back and reload the page."


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A board that is watched."""

    board: Link
    slug: str
    best: str


@require_GET
def watched(request: HttpRequest) -> HttpResponse:
    """What the reader watches, and what they were told, latest first; seen now, it is not new the next time."""
    person = _person(request)
    alerts = list(Alert.objects.filter(person=person).select_related("board__task")[:SHOWN])
    boards = Watch.objects.filter(person=person).select_related("board__task")
    context = {
        "alerts": [(alert, _leads_to(alert)) for alert in alerts],
        "boards": [_watched(each) for each in boards],
    }
    response = page(request, "portal/watching.html", context, is_live=True, is_indexed=False)
    watching.mark_read(person)
    return response


@require_POST
def watch(request: HttpRequest, slug: str) -> HttpResponse:
    """Watch a board."""
    watching.watch(_board(slug), by=_person(request))
    return HttpResponseRedirect(address("boards:detail", slug))


@require_POST
def unwatch(request: HttpRequest, slug: str) -> HttpResponse:
    """Watch it no more; back to where the button stood."""
    watching.unwatch(_board(slug), by=_person(request))
    is_list = request.POST.get("from") == "watching"
    return HttpResponseRedirect(reverse("watching") if is_list else address("boards:detail", slug))


def is_watched(request: HttpRequest, slug: str) -> bool | None:
    """Whether the reader watches the board; None for a stranger, for whom nothing is asked."""
    if not viewer(request).is_signed_in:
        return None
    return Watch.objects.filter(person=request.user.pk, board__slug=slug).exists()


def _person(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) or not may_submit(user):
        raise PermissionDenied(SIGN_IN)
    return user


def _board(slug: str) -> Leaderboard:
    board = Leaderboard.objects.published().filter(slug=slug).first()
    if board is None:
        raise Http404(NO_SUCH_BOARD)
    return board


def _watched(each: Watch) -> Watched:
    board = each.board
    return Watched(board=Link(text=str(board), href=address("boards:detail", board.slug)), slug=board.slug, best=_best(each))


def _best(each: Watch) -> str:
    best = each.best
    return f"{best['model']}, {best['metric']} {best['text']}" if best else "nothing ranked"


def _leads_to(alert: Alert) -> Link:
    if alert.kind == Alert.Kind.BRAKE:
        return Link(text="Recent changes", href=reverse("changes"))
    board = alert.board
    return Link(text="The board", href=address("boards:detail", board.slug)) if board is not None else Link(text="")
