"""Areas and tasks: `/areas/`, `/tasks/`, and what hangs on each of them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboards.models import Leaderboard
from leaderboards.submissions import finding
from papers import models, search_names
from papers.models import SlugHistory, TaskCount
from papers.slugs import slugify_title
from portal.api.bodies import TaskCreateRequest, TaskUpdateRequest
from portal.api.orders import BY_DATE, BY_SLUG, OF_PAPERS
from portal.api.shapes.evaluations import EvaluationTable, read_evaluations
from portal.api.shapes.papers import Paper, read_papers
from portal.api.shapes.submissions import Submission
from portal.api.shapes.tasks import Area, Task, read_areas, read_tasks
from portal.api.viewsets import Asked, ReadingViewSet, says, words
from portal.api.writing import Writes, without


class NamesAsked(Asked):
    """What a list of named things can be narrowed by."""

    q = words("Words of the name, or how they begin.")
    name = words("A part of the name.")


class AreaViewSet(ReadingViewSet):
    """Areas in the order of their ids."""

    noun = "area"
    row = Area
    asked = NamesAsked
    order = BY_SLUG

    def rows(self) -> QuerySet[models.Area]:
        """The areas that the public sees."""
        return models.Area.objects.published()

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those with both in their name."""
        return rows.filter(name__icontains=asked.get("q", "")).filter(name__icontains=asked.get("name", ""))

    def read(self, keys: Sequence[int]) -> Sequence[Area]:
        """By keys."""
        return read_areas(keys)

    @says(Task, is_page=True, order=BY_SLUG)
    @action(detail=True)
    def tasks(self, request: Request, slug: str) -> Response:
        """The area's tasks, in the order of their ids."""
        tasks = models.Task.objects.published().filter(areas=self.key())
        return self.page_of(tasks, read_tasks, order=BY_SLUG)


class TaskViewSet(Writes):
    """Tasks in the order of their ids."""

    noun = "task"
    kind = SlugHistory.Kind.TASK
    row = Task
    asked = NamesAsked
    order = BY_SLUG
    total = "tasks"

    def rows(self) -> QuerySet[models.Task]:
        """The tasks that the public sees."""
        return models.Task.objects.published()

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those of these names."""
        return named(rows, asked)

    def read(self, keys: Sequence[int]) -> Sequence[Task]:
        """By keys."""
        return read_tasks(keys)

    @says(Task, codes=(201, 202), body=TaskCreateRequest)
    def create(self, request: Request) -> Response:
        """Add a task."""
        said = self.body(TaskCreateRequest)
        return self.added(
            "task",
            said,
            lambda sent: Task(id=slugify_title(said["name"]), name=said["name"], description=said.get("description", "")),
        )

    @says(Task, codes=(200, 202), body=TaskUpdateRequest)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change a task; area and parent task come beside those that it has."""
        said = self.body(TaskUpdateRequest)
        task = models.Task.objects.get(pk=self.key())
        for name, find, held in (("area", finding.area, task.areas), ("parent_task", finding.task, task.parents)):
            there = find(said.get(name, ""))
            if not said.get(name) or (there and held.filter(pk=there.pk).exists()):
                said.pop(name, None)
        return self.changed("task", said, without({name: said.get(name) for name in ("name", "description")}))

    @says(Submission, codes=(204, 202))
    def destroy(self, request: Request, slug: str) -> Response:
        """Remove a task: a reviewer of its area at once, anybody else by a submission that waits. Its address then says why."""
        return self.removed("task")

    @says(Task, is_page=True)
    @action(detail=True)
    def parents(self, request: Request, slug: str) -> Response:
        """The tasks that this is a part of, in the archive's order."""
        tasks = models.Task.objects.published().filter(edges_down__child=self.key())
        return self.page_of(tasks.order_by("edges_down__position", "pk"), read_tasks)

    @says(Task, is_page=True)
    @action(detail=True)
    def children(self, request: Request, slug: str) -> Response:
        """Its parts, in the archive's order."""
        tasks = models.Task.objects.published().filter(edges_up__parent=self.key())
        return self.page_of(tasks.order_by("edges_up__position", "pk"), read_tasks)

    @says(Paper, is_page=True, order=BY_DATE, orders=OF_PAPERS)
    @action(detail=True)
    def papers(self, request: Request, slug: str) -> Response:
        """The papers with the task as their tag, the oldest first."""
        key = self.key()
        length = TaskCount.objects.filter(task=key).values_list("papers", flat=True).first()
        tagged = models.Paper.objects.published().filter(task_places__task=key)
        return self.page_of(tagged, read_papers, order=BY_DATE, orders=OF_PAPERS, length=length)

    @says(EvaluationTable, is_page=True, order=BY_SLUG)
    @action(detail=True)
    def evaluations(self, request: Request, slug: str) -> Response:
        """The boards of the task, in the order of their ids."""
        boards = Leaderboard.objects.published().filter(task=self.key())
        return self.page_of(boards, read_evaluations, order=BY_SLUG)


def named(rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
    """Rows with these words (`q`) in their name, best first, and this part (`name`, `full_name`) of a name."""
    parts = {f"{field}__icontains": asked[field] for field in ("name", "full_name") if asked.get(field)}
    if parts:
        rows = rows.filter(**parts)
    return search_names.named(rows, asked["q"]) if asked.get("q") else rows
