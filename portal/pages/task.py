"""A task: what it is, what lies above and below it, its boards, its datasets and its papers."""

from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest, HttpResponse

from leaderboards.models import Leaderboard
from papers import counts
from papers.catalogue_row import CatalogueQuerySet
from papers.models import Area, Dataset, SlugHistory, Task, TaskCount
from portal.context import page
from portal.pages import absence, board_cards, clean_address, figures, paper_filter
from portal.pages.links import Link, address
from portal.pages.paper_cards import published_papers
from portal.pages.paper_filter import LATEST, PaperFilter

DATASETS_SHOWN = 24


def task_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one task."""
    task = Task.objects.published().select_related("count").filter(slug=slug).first()
    if task is None:
        return absence.explain(request, kind=SlugHistory.Kind.TASK, slug=slug)
    if clean := clean_address.shared(request, usual={"sort": LATEST}):
        return clean
    wanted = paper_filter.read(request.GET)
    papers = published_papers().filter(task_places__task=task)
    context = {
        "name": task.name,
        "slug": slug,
        "description": task.description or "",
        "areas": _areas(task),
        "parents": _tasks(Task.objects.filter(edges_down__child=task).order_by("name")),
        "children": _tasks(Task.objects.filter(edges_up__parent=task).order_by("edges_up__position", "name")),
        "boards": board_cards.with_trends(board_cards.most_results_first(Leaderboard.objects.published().filter(task=task))),
        "datasets": datasets_of(task),
        "papers": wanted.page(papers, after=request.GET.get("after", "")),
        "filter": wanted,
        "orders": paper_filter.orders(counts.totals()),
        "total": _total(task, wanted),
    }
    return page(request, "papers/task.html", {**context, "section": "tasks"})


def datasets_of(task: Task) -> tuple[Link, ...]:
    """The datasets that a task's boards are on or that name the task, those of most papers first: one query."""
    on_boards = Leaderboard.objects.published().filter(task=task, dataset=OuterRef("pk"))
    named = Dataset.tasks.through.objects.filter(task=task, dataset=OuterRef("pk"))
    found = Dataset.objects.published().filter(Exists(on_boards) | Exists(named))
    rows = found.order_by(F("count__papers").desc(nulls_last=True), "slug").values_list("name", "slug", "count__papers")
    return tuple(
        Link(text=name, href=address("datasets:detail", slug), detail=figures.counted(papers, "paper") if papers else "")
        for name, slug, papers in rows[:DATASETS_SHOWN]
    )


def _total(task: Task, wanted: PaperFilter) -> int | None:
    """How many papers there are, as it is stored; None where nobody has counted what was asked for."""
    counted: TaskCount | None = getattr(task, "count", None)
    if wanted.year or counted is None:
        return None
    return counted.papers_with_code if wanted.with_code or wanted.order != LATEST else counted.papers


def _areas(task: Task) -> tuple[Link, ...]:
    areas = Area.objects.published().filter(tasks=task).values_list("name", "slug")
    return tuple(Link(text=name, href=address("areas:detail", slug)) for name, slug in areas)


def _tasks(tasks: CatalogueQuerySet[Task]) -> tuple[Link, ...]:
    rows = tasks.published().values_list("name", "slug")
    return tuple(Link(text=name, href=address("tasks:detail", slug)) for name, slug in rows)
