"""A task: what it is, what lies above and below it, its boards and its papers."""

from django.http import HttpRequest, HttpResponse

from leaderboards.models import Leaderboard
from papers.catalogue_row import CatalogueQuerySet
from papers.models import Area, SlugHistory, Task
from portal.context import page
from portal.pages import absence, board_cards
from portal.pages.keyset import newest_papers
from portal.pages.links import Link, address
from portal.pages.paper_cards import published_papers


def task_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one task."""
    task = Task.objects.published().filter(slug=slug).first()
    if task is None:
        return absence.explain(request, kind=SlugHistory.Kind.TASK, slug=slug)
    context = {
        "name": task.name,
        "slug": slug,
        "description": task.description or "",
        "areas": _areas(task),
        "parents": _tasks(Task.objects.filter(edges_down__child=task).order_by("name")),
        "children": _tasks(Task.objects.filter(edges_up__parent=task).order_by("edges_up__position", "name")),
        "boards": board_cards.most_results_first(Leaderboard.objects.published().filter(task=task)),
        "papers": newest_papers(published_papers().filter(task_places__task=task), after=request.GET.get("after", "")),
    }
    return page(request, "papers/task.html", {**context, "section": "tasks"})


def _areas(task: Task) -> tuple[Link, ...]:
    areas = Area.objects.published().filter(tasks=task).values_list("name", "slug")
    return tuple(Link(text=name, href=address("areas:detail", slug)) for name, slug in areas)


def _tasks(tasks: CatalogueQuerySet[Task]) -> tuple[Link, ...]:
    rows = tasks.published().values_list("name", "slug")
    return tuple(Link(text=name, href=address("tasks:detail", slug)) for name, slug in rows)
