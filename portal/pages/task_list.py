"""All tasks: by area, and then those that no area was given for."""

from dataclasses import dataclass

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse

from papers.models import Task
from portal.context import page
from portal.pages import keyset, task_cards
from portal.pages.keyset import Page
from portal.pages.links import Link, address
from portal.pages.task_cards import TaskCard

TASKS_OF_AN_AREA = 30
TASKS_WITHOUT_AN_AREA = 120


@dataclass(frozen=True, kw_only=True)
class AreaTasks:
    """An area with its largest tasks."""

    area: Link
    tasks: tuple[TaskCard, ...]


def tasks(request: HttpRequest) -> HttpResponse:
    """The list of tasks; the areas stand on its first page."""
    after = request.GET.get("after", "")
    context = {"areas": () if after else by_area(), "others": without_area(after), "section": "tasks"}
    return page(request, "papers/tasks.html", context)


def by_area() -> tuple[AreaTasks, ...]:
    """Every area with its largest tasks: one query."""
    largest_first = [F("boards").desc(), F("paper_total").desc(), F("slug").asc()]
    rows = (
        Task.objects.published()
        .filter(areas__removed_at=None, areas__isnull=False)
        .annotate(boards=task_cards.board_count(), paper_total=task_cards.paper_count(), with_code=task_cards.code_count())
        .annotate(
            area_name=F("areas__name"),
            area_slug=F("areas__slug"),
            place=Window(RowNumber(), partition_by=F("areas__slug"), order_by=largest_first),
        )
        .filter(place__lte=TASKS_OF_AN_AREA)
        .order_by("area_name", "area_slug", "place")
        .values_list("area_name", "area_slug", "name", "slug", "boards", "paper_total", "with_code")
    )
    areas: dict[Link, list[TaskCard]] = {}
    for area_name, area_slug, name, slug, boards, papers, with_code in rows:
        card = TaskCard(name=name, slug=slug, boards=boards, papers=papers, with_code=with_code)
        areas.setdefault(Link(text=area_name, href=address("areas:detail", area_slug)), []).append(card)
    return tuple(AreaTasks(area=area, tasks=tuple(cards)) for area, cards in areas.items())


def without_area(after: str) -> Page[TaskCard]:
    """A page of the tasks that no area was given for, by slug: one query."""
    rows = keyset.from_slug(Task.objects.published().filter(areas=None), after=after)
    found = task_cards.cards(rows[: TASKS_WITHOUT_AN_AREA + 1])
    return keyset.cut(found, size=TASKS_WITHOUT_AN_AREA, after=after, mark=lambda card: card.slug)
