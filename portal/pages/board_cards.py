"""Boards as they stand in lists, with their best result: one query, however many boards."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, Count, F, OuterRef, QuerySet, Subquery, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, JSONObject

from leaderboards.models import Claim, LeaderboardQuerySet, Measurement, Metric, Score
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


def result_count() -> Combinable:
    """How much stands on a board, claims and measurements of their own, as an expression over boards."""
    return _count(Claim.objects.published()) + _count(Measurement.objects.current().filter(claim=None))


def cards(boards: LeaderboardQuerySet) -> tuple[BoardCard, ...]:
    """The boards in their order."""
    leader = (
        Score.objects.filter(metric__leaderboard=OuterRef("pk"), metric__position=0, value__isnull=False, claim__removed_at=None)
        .exclude(metric__direction=Metric.Direction.NONE)
        .annotate(merit=Case(When(metric__direction=Metric.Direction.LOWER, then=-F("value")), default=F("value")))
        .order_by("-merit", "claim__position", "pk")
        .values(json=JSONObject(model="claim__model_name", raw="raw", metric="metric__name"))
    )
    rows = boards.annotate(
        leader=Subquery(leader[:1]), results=result_count(), measured=_count(Measurement.objects.current())
    ).values_list("slug", "dataset_name", "task__name", "task__slug", "leader", "results", "measured")
    return tuple(
        BoardCard(
            slug=slug,
            task=Link(text=task_name, href=address("tasks:detail", task_slug)),
            dataset_name=dataset_name,
            best=_best(best),
            results=results,
            measurements=measured,
        )
        for slug, dataset_name, task_name, task_slug, best, results, measured in rows
    )


def most_results_first(boards: LeaderboardQuerySet, *, limit: int | None = None) -> tuple[BoardCard, ...]:
    """Boards by how much stands on them."""
    return cards(boards.annotate(results=result_count()).order_by("-results", "slug")[:limit])


def by_task(found: Iterable[BoardCard]) -> tuple[tuple[Link, tuple[BoardCard, ...]], ...]:
    """Boards under their tasks, both in the order in which they first come."""
    groups: dict[Link, list[BoardCard]] = {}
    for card in found:
        groups.setdefault(card.task, []).append(card)
    return tuple((task, tuple(boards)) for task, boards in groups.items())


def _best(leader: dict[str, str] | None) -> Best | None:
    if leader is None:
        return None
    return Best(model=leader["model"], value=Score(raw=leader["raw"]).text, metric=leader["metric"])


def _count(rows: QuerySet[Claim] | QuerySet[Measurement]) -> Coalesce:
    """How many of the rows belong to each board."""
    of_board = rows.filter(leaderboard=OuterRef("pk")).order_by().values("leaderboard")
    return Coalesce(Subquery(of_board.annotate(n=Count("pk")).values("n")), 0)
