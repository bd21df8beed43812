"""Boards as they stand in lists, with their best result: one query, however many boards."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Coalesce

from leaderboards import model_names, sparklines
from leaderboards.models import LeaderboardQuerySet, Score
from leaderboards.sparklines import Sparkline
from portal.pages.links import Link, address, model_link
from portal.pages.paper_cards import title_of


@dataclass(frozen=True, kw_only=True)
class Best:
    """The leading claim of a board; `paper` is None where it is not known here, `repositories` are the paper's."""

    model: Link
    value: str
    metric: str
    paper: Link | None
    repositories: int


@dataclass(frozen=True, kw_only=True)
class BoardCard:
    """A board in a list; it has a `trend` where the list is one `with_trends`."""

    key: int
    slug: str
    task: Link
    dataset_name: str
    best: Best | None
    results: int
    measurements: int
    trend: Sparkline | None = None

    @property
    def href(self) -> str:
        """The board's page."""
        return address("boards:detail", self.slug)

    @property
    def title(self) -> str:
        """What the board is called."""
        return f"{self.task.text} on {self.dataset_name}"


def result_count() -> Coalesce:
    """How much stands on a board, claims and measurements of their own, as an expression over boards."""
    return Coalesce(F("count__results"), 0)


def cards(boards: LeaderboardQuerySet) -> tuple[BoardCard, ...]:
    """The boards in their order."""
    rows = boards.annotate(
        results=result_count(),
        measured=Coalesce(F("count__measurements"), 0),
        best_slug=model_names.slug("count__best_claim__model_name"),
    ).values_list(
        "pk", "slug", "dataset_name", "task__name", "task__slug", "results", "measured",
        "count__best_claim__model_name", "best_slug", "count__best_score__raw", "count__best_score__metric__name",
        "count__best_claim__paper__slug", "count__best_claim__paper__title", "count__best_claim__paper__removed_at",
        "count__best_claim__paper__count__code_links",
    )  # fmt: skip
    return tuple(
        BoardCard(
            key=key,
            slug=slug,
            task=Link(text=task_name, href=address("tasks:detail", task_slug)),
            dataset_name=dataset_name,
            best=_best(model, model_slug, raw, metric, _paper(paper_slug, paper_title, paper_removed_at), repositories),
            results=results,
            measurements=measured,
        )
        for key, slug, dataset_name, task_name, task_slug, results, measured, model, model_slug, raw, metric,
        paper_slug, paper_title, paper_removed_at, repositories in rows
    )  # fmt: skip


def most_results_first(boards: LeaderboardQuerySet, *, limit: int | None = None) -> tuple[BoardCard, ...]:
    """Boards by how much stands on them; with a limit, of those that are counted."""
    if limit is None:
        return cards(boards.order_by(result_count().desc(), "slug"))
    return cards(boards.filter(count__isnull=False).order_by("-count__results", "slug")[:limit])


def _paper(slug: str | None, title: str | None, removed_at: datetime | None) -> Link | None:
    if slug is None or removed_at is not None:
        return None
    return Link(text=title_of(title, slug), href=address("papers:detail", slug))


def with_trends(found: tuple[BoardCard, ...]) -> tuple[BoardCard, ...]:
    """The same boards, each with its best over time: one query more."""
    lines = sparklines.of([card.key for card in found])
    return tuple(replace(card, trend=lines.get(card.key)) for card in found)


def _best(
    model: str | None, slug: str | None, raw: str | None, metric: str | None, paper: Link | None, repositories: int | None
) -> Best | None:
    if model is None or raw is None or metric is None:
        return None
    return Best(
        model=model_link(model, slug or ""), value=Score(raw=raw).text, metric=metric, paper=paper, repositories=repositories or 0
    )
