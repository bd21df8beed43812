"""Atom feeds: the latest papers, those of a task, what a search finds, and a board's new results."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q
from django.db.models.functions import Coalesce, JSONObject, TruncDate
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from leaderboards.models import Claim, Leaderboard, Measurement, Score
from papers import search
from papers.models import PaperAuthor, PaperQuerySet, PaperTask, SlugHistory, Task
from portal import atom
from portal.atom import Entry, Feed
from portal.pages import board_view, measured, task
from portal.pages.beside import beside
from portal.pages.links import address
from portal.pages.paper_cards import published_papers, title_of

Kind = SlugHistory.Kind

AUTHORS_NAMED = 20
TASKS_NAMED = 6
NOTHING_SOUGHT = "This feed needs words to search for: /search.atom?q=words."


def latest(request: HttpRequest) -> HttpResponse:
    """The newest papers, as /papers has them."""
    feed = Feed(
        public_id=atom.id_of(request, "latest papers"),
        title="Latest papers",
        subtitle="All papers, with code and without, newest first.",
        page=reverse("papers:list"),
        entries=newest(published_papers()),
    )
    return atom.answer(request, feed)


def latest_with_code(request: HttpRequest) -> HttpResponse:
    """The newest papers with code, as /latest has them."""
    feed = Feed(
        public_id=atom.id_of(request, "latest papers with code"),
        title="Latest papers with code",
        subtitle="Papers with code, newest first.",
        page=reverse("papers:latest"),
        entries=newest(published_papers().filter(count__isnull=False)),
    )
    return atom.answer(request, feed)


@beside(task.task_detail, kind=Kind.TASK, ending=".atom")
def of_task(request: HttpRequest, slug: str) -> HttpResponse | None:
    """The newest papers of a task; None when the public sees no such task."""
    found = Task.objects.published().filter(slug=slug).first()
    if found is None:
        return None
    feed = Feed(
        public_id=found.public_id,
        title=f"Papers on {found.name}",
        subtitle=f"Papers with the task {found.name}, newest first.",
        page=address("tasks:detail", slug),
        entries=newest(published_papers().filter(task_places__task=found)),
        updated=found.updated_at,
    )
    return atom.answer(request, feed)


@beside(board_view.board_detail, kind=Kind.LEADERBOARD, ending=".atom")
def of_board(request: HttpRequest, slug: str) -> HttpResponse | None:
    """The newest results of a board, claimed and measured; None when the public sees no such board."""
    found = Leaderboard.objects.published().with_task_and_dataset().filter(slug=slug).first()
    if found is None:
        return None
    results = [*_claims(found), *_measurements(found)]
    results.sort(key=lambda dated: dated[0], reverse=True)
    feed = Feed(
        public_id=found.public_id,
        title=f"New results: {found}",
        subtitle=f"Results on the board {found}, those that came in last first.",
        page=address("boards:detail", slug),
        entries=tuple(entry for _, entry in results[: atom.LONGEST]),
        updated=found.updated_at,
    )
    return atom.answer(request, feed)


def of_search(request: HttpRequest) -> HttpResponse:
    """The newest of the papers that a search finds."""
    query = search.clean(request.GET.get("q", ""))
    if not query:
        raise Http404(NOTHING_SOUGHT)
    found = search.papers(query, limit=search.CAP)
    feed = Feed(
        public_id=atom.id_of(request, f"search for {query}"),
        title=f"Search: {query}",
        subtitle=f"Papers that a search for “{query}” finds, newest first.",
        page=f"{reverse('search')}?{urlencode({'q': query})}",
        entries=newest(published_papers().filter(pk__in=[hit.paper for hit in found.hits])),
    )
    return atom.answer(request, feed)


def newest(papers: PaperQuerySet) -> tuple[Entry, ...]:
    """The newest papers that have a date, and none of the future, with their first authors and tasks: one query."""
    here = OuterRef("pk")
    names = PaperAuthor.objects.filter(paper=here).order_by("position").values_list("author__name")
    tasks = PaperTask.objects.filter(paper=here, task__removed_at=None, task__spam_reason="").order_by("position")
    dated = papers.filter(date__lte=timezone.localdate()).order_by("-date", "-pk")[: atom.LONGEST]
    rows = dated.annotate(
        first_authors=ArraySubquery(names[:AUTHORS_NAMED]),
        first_tasks=ArraySubquery(tasks.values_list("task__name")[:TASKS_NAMED]),
    ).values("public_id", "slug", "title", "date", "updated_at", "abstract", "first_authors", "first_tasks")
    return tuple(
        Entry(
            public_id=row["public_id"],
            title=title_of(row["title"], row["slug"]),
            href=address("papers:detail", row["slug"]),
            updated=row["updated_at"],
            published=row["date"],
            authors=tuple(row["first_authors"]),
            summary=row["abstract"] or "",
            topics=tuple(row["first_tasks"]),
        )
        for row in rows
    )


Place = tuple[date, datetime]
"""Where a result stands in its feed: by the day on which it came in here, and of one day by when it was made."""


def _claims(found: Leaderboard) -> Iterable[tuple[Place, Entry]]:
    """The claims that came in last; those of one day, such as an import's, by the dates of their papers: one query."""
    scores = Score.objects.filter(claim=OuterRef("pk")).order_by("metric__position", "metric_id")
    made = Coalesce("paper_date", "paper__date")
    rows = Claim.objects.published().filter(leaderboard=found).annotate(
        cells=ArraySubquery(scores.values(json=JSONObject(metric="metric__name", raw="raw"))),
        day=TruncDate("created_at"),
        made=made,
    ).order_by("-day", F("made").desc(nulls_last=True), "position", "pk").values(
        "public_id", "model_name", "paper_title", "created_at", "updated_at", "day", "made", "cells",
        "paper__slug", "paper__title", "paper__removed_at",
    )[: atom.LONGEST]  # fmt: skip
    for row in rows:
        made_at = datetime.combine(row["made"] or date.min, time(), tzinfo=UTC)
        yield (row["day"], made_at), _claim(row, href=address("boards:detail", found.slug))


def _claim(row: Mapping[str, Any], *, href: str) -> Entry:
    has_page = row["paper__slug"] is not None and row["paper__removed_at"] is None
    paper = title_of(row["paper__title"], row["paper__slug"]) if has_page else row["paper_title"] or ""
    cells = [f"{cell['metric']}: {text}" for cell in row["cells"] if (text := Score(raw=cell["raw"]).text)]
    return Entry(
        public_id=row["public_id"],
        title=f"{row['model_name']} – {cells[0]}" if cells else row["model_name"],
        href=href,
        updated=row["updated_at"],
        published=row["created_at"],
        authors=(),
        summary="; ".join(["Claimed", *cells, *([f"Paper: {paper}"] if paper else [])]),
        related=address("papers:detail", row["paper__slug"]) if has_page else "",
    )


def _measurements(found: Leaderboard) -> Iterable[tuple[Place, Entry]]:
    """The measurements on the board that stand, the latest: one query."""
    standing = Q(claim=None) | Q(claim__removed_at=None)
    rows = (
        Measurement.objects.current()
        .filter(standing, leaderboard=found)
        .select_related("metric", "protocol", "claim")
        .order_by("-published_at", "-pk")[: atom.LONGEST]
    )
    for item in rows:
        assert item.published_at is not None  # current() asks for it
        words = measured.in_words(item)
        model = item.claim.model_name if item.claim else item.model_name
        entry = Entry(
            public_id=item.public_id,
            title=f"{model} – measured {words.metric}: {words.value}",
            href=address("boards:detail", found.slug),
            updated=item.published_at,
            published=item.measured_at,
            authors=(),
            summary=f"Measured under {words.protocol}, n = {words.items}."
            + (f" 95 % interval {words.interval}." if words.interval else ""),
        )
        yield (item.published_at.date(), item.measured_at), entry
