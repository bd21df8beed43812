"""A field of research and its tasks."""

from django.http import HttpRequest, HttpResponse

from papers.models import Area, Task
from portal.context import page
from portal.pages import absence, task_cards


def area_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one area."""
    area = Area.objects.published().filter(slug=slug).first()
    if area is None:
        return absence.explain_removal(request, Area.objects.all(), noun="area", slug=slug)
    tasks = task_cards.largest_first(Task.objects.published().filter(areas=area))
    return page(request, "papers/area.html", {"name": area.name, "tasks": tasks, "section": "tasks"})
