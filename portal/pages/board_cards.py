"""Boards as they stand in lists, with their best result: one query, however many boards."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Coalesce

from leaderboards.models import LeaderboardQuerySet, Score
from portal.pages.links import Link, address


@dataclass(frozen=True, kw_only=True)
class Best:
    """The leading claim of a board."""

    model: str
    value: str
    metric: str


@dataclass(frozen=True, kw_only=True)
class BoardCard:
    """A board in a list."""

    slug: str
    task: Link
    dataset_name: str
    best: Best | None
    results: int
    measurements: int

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
    rows = boards.annotate(results=result_count(), measured=Coalesce(F("count__measurements"), 0)).values_list(
        "slug", "dataset_name", "task__name", "task__slug", "results", "measured",
        "count__best_claim__model_name", "count__best_score__raw", "count__best_score__metric__name",
    )  # fmt: skip
    return tuple(
        BoardCard(
            slug=slug,
            task=Link(text=task_name, href=address("tasks:detail", task_slug)),
            dataset_name=dataset_name,
            best=_best(*best),
            results=results,
            measurements=measured,
        )
        for slug, dataset_name, task_name, task_slug, results, measured, *best in rows
    )


def most_results_first(boards: LeaderboardQuerySet, *, limit: int | None = None) -> tuple[BoardCard, ...]:
    """Boards by how much stands on them; with a limit, of those that are counted."""
    if limit is None:
        return cards(boards.order_by(result_count().desc(), "slug"))
    return cards(boards.filter(count__isnull=False).order_by("-count__results", "slug")[:limit])


def by_task(found: Iterable[BoardCard]) -> tuple[tuple[Link, tuple[BoardCard, ...]], ...]:
    """Boards under their tasks, both in the order in which they first come."""
    groups: dict[Link, list[BoardCard]] = {}
    for card in found:
        groups.setdefault(card.task, []).append(card)
    return tuple((task, tuple(boards)) for task, boards in groups.items())


def _best(model: str | None, raw: str | None, metric: str | None) -> Best | None:
    if model is None or raw is None or metric is None:
        return None
    return Best(model=model, value=Score(raw=raw).text, metric=metric)
