"""Badges: how a paper stands on a board, for READMEs. At the old site's address, in the form that shields.io reads."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from leaderboards.models import Claim, Leaderboard
from papers.models import Paper, SlugHistory
from portal import page_cache
from portal.api import ranks

COLOUR = "21cbce"
HOUR = 3600
LETTER, ROOM = 6.6, 10
LONGEST_LABEL = 90


@dataclass(frozen=True, kw_only=True)
class Badge:
    """Two words beside each other; widths and places are in pixels, for a picture of 20 pixels' height."""

    label: str
    message: str
    is_found: bool = True

    @property
    def label_width(self) -> int:
        """About as wide as the label's letters are."""
        return round(len(self.label) * LETTER) + ROOM

    @property
    def message_width(self) -> int:
        """About as wide as the message's letters are."""
        return round(len(self.message) * LETTER) + ROOM

    @property
    def width(self) -> int:
        """Both."""
        return self.label_width + self.message_width


ABSENT = Badge(label="Papers With Code 2", message="no such result", is_found=False)


def as_json(request: HttpRequest, paper: str, slug: str) -> HttpResponse:
    """What img.shields.io/endpoint.svg?url=… asks for."""
    badge = find(paper, slug)
    if not badge.is_found and (moved := _moved(paper, slug, name="boards:badge")):
        return moved
    content = {
        "schemaVersion": 1,
        "label": badge.label,
        "message": badge.message,
        "color": COLOUR if badge.is_found else "lightgrey",
        "cacheSeconds": HOUR,
        **({} if badge.is_found else {"isError": True}),
    }
    return _open(JsonResponse(content, status=200 if badge.is_found else 404))


def as_svg(request: HttpRequest, paper: str, slug: str) -> HttpResponse:
    """The badge as a picture of our own."""
    badge = find(paper, slug)
    if not badge.is_found and (moved := _moved(paper, slug, name="boards:badge_svg")):
        return moved
    context = {"badge": badge, "colour": f"#{COLOUR}" if badge.is_found else "#9f9f9f"}
    status = 200 if badge.is_found else 404
    return _open(render(request, "leaderboards/badge.svg", context, content_type="image/svg+xml", status=status))


def find(paper: str, slug: str) -> Badge:
    """The paper's best rank on the board, over its claims and the board's metrics; three queries."""
    board = Leaderboard.objects.published().with_task_and_dataset().filter(slug=slug).first()
    claims = list(Claim.objects.published().filter(leaderboard=board, paper__slug=paper, paper__removed_at=None)) if board else []
    if board is None or not claims:
        return ABSENT
    best = ranks.best([board.pk])
    found = [rank for claim in claims if (rank := best.get(claim.pk, ranks.UNRANKED).rank) is not None]
    return badge_of(f"{board.task.name} on {board.dataset_name}", rank=min(found, default=None))


def badge_of(title: str, *, rank: int | None) -> Badge:
    """The badge of a result with that rank, or with none, on the board of that title."""
    message = "Result" if rank is None else "State of the Art" if rank == 1 else f"Ranked #{rank}"
    return Badge(label=title if len(title) <= LONGEST_LABEL else f"{title[: LONGEST_LABEL - 1]}…", message=message)


def _moved(paper: str, slug: str, *, name: str) -> HttpResponse | None:
    """A redirect where the paper or the board has another address today."""
    kinds = ((SlugHistory.Kind.PAPER, Paper, paper), (SlugHistory.Kind.LEADERBOARD, Leaderboard, slug))
    today = []
    for kind, table, old in kinds:
        target = SlugHistory.objects.filter(kind=kind, slug=old).values_list("target", flat=True).first()
        rows = table.objects.filter(public_id=target) if target else table.objects.none()
        today.append(rows.values_list("slug", flat=True).first() or old)
    return None if today == [paper, slug] else HttpResponsePermanentRedirect(reverse(name, args=today))


def _open(response: HttpResponse) -> HttpResponse:
    """Readable from any page, and kept for an hour by whoever asks."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cache-Control"] = f"public, max-age={HOUR}"
    return page_cache.mark(response)
