"""All boards: by area and task, and those with most results."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse

from leaderboards.models import Leaderboard
from portal.context import page
from portal.pages import board_cards, keyset
from portal.pages.board_cards import BoardCard
from portal.pages.links import Link, address

BOARDS_OF_AN_AREA = 40
BOARDS_WITHOUT_AN_AREA = 60
NOTABLE = 100


@dataclass(frozen=True, kw_only=True)
class AreaBoards:
    """An area with its largest boards, under their tasks."""

    area: Link
    tasks: tuple[tuple[Link, tuple[BoardCard, ...]], ...]


def all_boards(request: HttpRequest) -> HttpResponse:
    """Every board; the areas stand on the first page, each with its largest boards."""
    after = request.GET.get("after", "")
    context = {"areas": () if after else by_area(), "others": without_area(after), "section": "sota"}
    return page(request, "leaderboards/sota.html", context)


def notable_benchmarks(request: HttpRequest) -> HttpResponse:
    """The boards with most results."""
    boards = board_cards.most_results_first(Leaderboard.objects.published(), limit=NOTABLE)
    return page(request, "leaderboards/benchmarks.html", {"boards": boards, "section": "sota"})


def by_area() -> tuple[AreaBoards, ...]:
    """Every area that has boards, with its largest ones: two queries."""
    places = (
        Leaderboard.objects.published()
        .filter(task__areas__removed_at=None, task__areas__isnull=False)
        .annotate(results=board_cards.result_count())
        .annotate(
            area_name=F("task__areas__name"),
            area_slug=F("task__areas__slug"),
            place=Window(RowNumber(), partition_by=F("task__areas__slug"), order_by=[F("results").desc(), F("slug").asc()]),
        )
        .filter(place__lte=BOARDS_OF_AN_AREA)
        .order_by("area_name", "area_slug", "place")
        .values_list("area_name", "area_slug", "slug")
    )
    slugs: dict[Link, list[str]] = {}
    for area_name, area_slug, slug in places:
        slugs.setdefault(Link(text=area_name, href=address("areas:detail", area_slug)), []).append(slug)
    wanted = {slug for found in slugs.values() for slug in found}
    cards = {card.slug: card for card in board_cards.cards(Leaderboard.objects.filter(slug__in=wanted))}
    return tuple(AreaBoards(area=area, tasks=_by_task(found, cards)) for area, found in slugs.items())


def _by_task(slugs: Iterable[str], cards: Mapping[str, BoardCard]) -> tuple[tuple[Link, tuple[BoardCard, ...]], ...]:
    """An area's boards under their tasks; one that went away between the two queries is left out."""
    return board_cards.by_task(cards[slug] for slug in slugs if slug in cards)


def without_area(after: str) -> keyset.Page[BoardCard]:
    """A page of the boards whose task has no area, by slug: one query."""
    rows = keyset.from_slug(Leaderboard.objects.published().filter(task__areas=None), after=after)
    found = board_cards.cards(rows[: BOARDS_WITHOUT_AN_AREA + 1])
    return keyset.cut(found, size=BOARDS_WITHOUT_AN_AREA, after=after, mark=lambda card: card.slug)
