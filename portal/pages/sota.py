"""All boards: areas with their largest tasks, boards whose task has no area, and the boards with most results."""

from dataclasses import dataclass

from django.db.models import Count, F, Sum, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse

from leaderboards.models import Leaderboard
from papers.models import Task
from portal.context import page
from portal.pages import board_cards, keyset, task_cards
from portal.pages.board_cards import BoardCard
from portal.pages.links import Link, address
from portal.pages.task_cards import TaskCard

TASKS_OF_AN_AREA = 12
BOARDS_WITHOUT_AN_AREA = 60
NOTABLE = 100


@dataclass(frozen=True, kw_only=True)
class AreaTasks:
    """An area with its largest tasks; `boards` and `measured_tasks` count all of its tasks that have boards."""

    area: Link
    tasks: tuple[TaskCard, ...]
    measured_tasks: int
    boards: int

    @property
    def left_out(self) -> int:
        """How many tasks with boards are not shown."""
        return self.measured_tasks - len(self.tasks)


def all_boards(request: HttpRequest) -> HttpResponse:
    """Every board; the areas stand on the first page, each with its largest tasks."""
    after = request.GET.get("after", "")
    context = {"areas": () if after else by_area(), "others": without_area(after), "section": "sota"}
    return page(request, "leaderboards/sota.html", context)


def notable_benchmarks(request: HttpRequest) -> HttpResponse:
    """The boards with most results."""
    boards = board_cards.most_results_first(Leaderboard.objects.published(), limit=NOTABLE)
    return page(request, "leaderboards/benchmarks.html", {"boards": boards, "section": "sota"})


def by_area() -> tuple[AreaTasks, ...]:
    """Every area that has boards, that with most of them first, with its largest tasks: one query."""
    largest_first = [F("boards").desc(), F("with_code").desc(), F("slug").asc()]
    rows = (
        Task.objects.published()
        .filter(areas__removed_at=None, areas__isnull=False, board_count__boards__gt=0)
        .annotate(boards=task_cards.board_count(), paper_total=task_cards.paper_count(), with_code=task_cards.code_count())
        .annotate(
            area_name=F("areas__name"),
            area_slug=F("areas__slug"),
            area_boards=Window(Sum("board_count__boards"), partition_by=F("areas__slug")),
            area_tasks=Window(Count("pk"), partition_by=F("areas__slug")),
            place=Window(RowNumber(), partition_by=F("areas__slug"), order_by=largest_first),
        )
        .filter(place__lte=TASKS_OF_AN_AREA)
        .order_by("-area_boards", "area_slug", "place")
        .values_list("area_name", "area_slug", "area_tasks", "area_boards", "name", "slug", "boards", "paper_total", "with_code")
    )
    areas: dict[tuple[Link, int, int], list[TaskCard]] = {}
    for area_name, area_slug, area_tasks, area_boards, name, slug, boards, papers, with_code in rows:
        area = Link(text=area_name, href=address("areas:detail", area_slug))
        card = TaskCard(name=name, slug=slug, boards=boards, papers=papers, with_code=with_code)
        areas.setdefault((area, area_tasks, area_boards), []).append(card)
    return tuple(
        AreaTasks(area=area, tasks=tuple(cards), measured_tasks=tasks, boards=boards)
        for (area, tasks, boards), cards in areas.items()
    )


def without_area(after: str) -> keyset.Page[BoardCard]:
    """A page of the boards whose task has no area, by slug: one query."""
    rows = keyset.from_slug(Leaderboard.objects.published().filter(task__areas=None), after=after)
    found = board_cards.cards(rows[: BOARDS_WITHOUT_AN_AREA + 1])
    return keyset.cut(found, size=BOARDS_WITHOUT_AN_AREA, after=after, mark=lambda card: card.slug)
