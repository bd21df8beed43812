"""A method: what it is, where it comes from, how its use went over the years, and the papers that use it."""

from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse

from papers.models import Method, MethodCollection, MethodYear, Paper, PaperMethod, PaperTask, SlugHistory
from portal.context import page
from portal.pages import absence, bar_chart
from portal.pages.dataset import other_name
from portal.pages.keyset import newest_papers
from portal.pages.links import Link, address, host_of, web_address
from portal.pages.method_list import area_link, known_year
from portal.pages.paper_cards import paper_link, published_papers

TASKS_SHOWN = 12
PAPERS_ASKED = 1000
"""The newest papers of a method, whose tasks are counted: all of nearly every method."""


@dataclass(frozen=True, kw_only=True)
class TaskShare:
    """A task, and how many of the papers have it as a tag."""

    task: Link
    papers: int
    percent: float


@dataclass(frozen=True, kw_only=True)
class Tasks:
    """What a method is used for: the most frequent tasks of the newest `papers` papers with it."""

    papers: int
    shares: tuple[TaskShare, ...]


def method_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one method; behind the first page of its papers, those alone."""
    method = Method.objects.published().select_related("paper", "count").filter(slug=slug).first()
    if method is None:
        return absence.explain(request, kind=SlugHistory.Kind.METHOD, slug=slug)
    after = request.GET.get("after", "")
    paper_total = method.count.papers if hasattr(method, "count") else 0
    context = {
        "name": method.name,
        "slug": slug,
        "full_name": other_name(method.full_name, method.name),
        "description": method.description or "",
        "year": known_year(method.introduced_year),
        "paper": paper_link(method.paper),
        "source": _link(method.source_url, method.source_title),
        "snippet": _link(method.code_snippet_url, None),
        "collections": _collections(method),
        "paper_total": paper_total,
        "years": bar_chart.by_year(dict(MethodYear.objects.filter(method=method).values_list("year", "papers"))),
        "tasks": tasks_of(method, papers=paper_total),
        "papers": newest_papers(published_papers().filter(method_places__method=method), after=after),
    }
    return page(request, "papers/method.html", {**context, "section": "methods"})


def tasks_of(method: Method, *, papers: int) -> Tasks:
    """The tasks that most of the method's newest papers have: one query."""
    newest = Paper.objects.published().filter(pk__in=PaperMethod.objects.filter(method=method).values("paper"))
    asked = newest.newest_first().values("pk")[:PAPERS_ASKED]
    counted = min(papers, PAPERS_ASKED)
    rows = (
        PaperTask.objects.filter(paper__in=asked, task__removed_at=None, task__spam_reason="")
        .order_by()
        .values_list("task__name", "task__slug")
        .annotate(number=Count("paper"))
        .order_by("-number", "task__slug")[:TASKS_SHOWN]
    )
    return Tasks(
        papers=counted,
        shares=tuple(
            TaskShare(
                task=Link(text=name, href=address("tasks:detail", slug)),
                papers=number,
                percent=round(100 * number / max(counted, number), 1),
            )
            for name, slug, number in rows
        ),
    )


def _collections(method: Method) -> tuple[tuple[Link, tuple[Link, ...]], ...]:
    """The method's collections under their areas."""
    placed = method.collections.through.objects.filter(method=method).values("methodcollection")
    found = MethodCollection.objects.published().filter(Q(pk=method.main_collection_id) | Q(pk__in=placed))
    rows = found.order_by("area", "name").values_list("area", "name", "slug")
    return tuple(
        (area, tuple(Link(text=name or slug, href=address("methods:collection", slug)) for _, name, slug in group))
        for area, group in groupby(rows, key=lambda row: area_link(row[0]))
    )


def _link(url: str | None, text: str | None) -> Link | None:
    """An address of the archive with its words; words alone if it cannot be followed, None without either."""
    href = web_address(url)
    words = text or host_of(href)
    return Link(text=words, href=href) if words else None
