"""Tasks as they stand in lists, with how much there is on each."""

from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from papers.models import Task
from portal.pages.links import address


@dataclass(frozen=True, kw_only=True)
class TaskCard:
    """A task in a list."""

    name: str
    slug: str
    boards: int
    papers: int
    with_code: int

    @property
    def href(self) -> str:
        """The task's page."""
        return address("tasks:detail", self.slug)


def board_count() -> Coalesce:
    """How many boards of a task the public sees, as an expression over tasks."""
    return Coalesce(F("board_count__boards"), 0)


def paper_count() -> Coalesce:
    """How many papers with a task as their tag the public sees, as an expression over tasks."""
    return Coalesce(F("count__papers"), 0)


def code_count() -> Coalesce:
    """How many of those papers have code, as an expression over tasks."""
    return Coalesce(F("count__papers_with_code"), 0)


def cards(tasks: QuerySet[Task]) -> tuple[TaskCard, ...]:
    """The tasks in their order: one query."""
    rows = tasks.annotate(boards=board_count(), paper_total=paper_count(), with_code=code_count())
    return tuple(
        TaskCard(name=name, slug=slug, boards=boards, papers=papers, with_code=with_code)
        for name, slug, boards, papers, with_code in rows.values_list("name", "slug", "boards", "paper_total", "with_code")
    )


def largest_first(tasks: QuerySet[Task]) -> tuple[TaskCard, ...]:
    """Tasks with most boards first, then by papers, then by name: one query."""
    counted = tasks.annotate(boards=board_count(), paper_total=paper_count())
    return cards(counted.order_by(F("boards").desc(), F("paper_total").desc(), "slug"))
