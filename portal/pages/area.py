"""A field of research: its tasks, sub-tasks under the largest task that they belong to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from papers.models import Area, Task, TaskEdge
from portal.context import page
from portal.pages import absence, task_cards
from portal.pages.task_cards import TaskCard


@dataclass(frozen=True, kw_only=True)
class TaskGroup:
    """A task and what lies below it in the same area; without a head they are tasks that stand alone."""

    head: TaskCard | None
    tasks: tuple[TaskCard, ...]


def area_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one area."""
    area = Area.objects.published().filter(slug=slug).first()
    if area is None:
        return absence.explain_removal(request, Area.objects.all(), noun="area", slug=slug)
    tasks = task_cards.largest_first(Task.objects.published().filter(areas=area))
    edges = TaskEdge.objects.filter(parent__areas=area, child__areas=area).order_by("position", "pk")
    context = {
        "name": area.name,
        "groups": grouped(tasks, edges.values_list("parent__slug", "child__slug")),
        "tasks": len(tasks),
        "boards": sum(task.boards for task in tasks),
    }
    return page(request, "papers/area.html", {**context, "section": "sota"})


def grouped(tasks: Sequence[TaskCard], edges: Iterable[tuple[str, str]]) -> tuple[TaskGroup, ...]:
    """Each task once: under the first task that it is reached from, or among those that stand alone, which come last.

    `edges` are (parent, child) slugs. Tasks without a parent are heads; of those that a cycle leaves over, the first in order.
    """
    cards = {task.slug: task for task in tasks}
    children: dict[str, list[str]] = {}
    below: set[str] = set()
    for parent, child in edges:
        if parent in cards and child in cards:
            children.setdefault(parent, []).append(child)
            below.add(child)
    placed: set[str] = set()
    groups, alone = [], []
    for slug in [*(slug for slug in cards if slug not in below), *(slug for slug in cards if slug in below)]:
        if slug in placed:
            continue
        members = [cards[member] for member in _reached(slug, children, placed)]
        if members:
            groups.append(TaskGroup(head=cards[slug], tasks=tuple(members)))
        else:
            alone.append(cards[slug])
    if alone:
        groups.append(TaskGroup(head=None, tasks=tuple(alone)))
    return tuple(groups)


def _reached(root: str, children: Mapping[str, Sequence[str]], placed: set[str]) -> list[str]:
    """What lies below the root and is nowhere yet, in depth-first order; all of it is placed, with the root."""
    placed.add(root)
    found: list[str] = []
    waiting = list(reversed(children.get(root, ())))
    while waiting:
        slug = waiting.pop()
        if slug not in placed:
            placed.add(slug)
            found.append(slug)
            waiting.extend(reversed(children.get(slug, ())))
    return found
