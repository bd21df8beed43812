"""Papers as they stand in lists: one query, however many papers and whatever hangs on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject, Left

from papers.models import Paper, PaperAuthor, PaperQuerySet, PaperTask
from portal.pages import paper_code
from portal.pages.frameworks import name_of
from portal.pages.links import Link, address, repository_name, web_address
from portal.pages.venues import venue_link

AUTHORS_SHOWN = 3
TASKS_SHOWN = 4
ABSTRACT_SHOWN = 240
"""Letters of an abstract that are sent; cards show one line of them."""
STARS_MARK = "s"
VENUE = (
    "proceeding__name", "proceeding__slug", "proceeding__year", "proceeding__month", "proceeding__removed_at",
    "proceeding__conference__slug", "proceeding__conference__removed_at",
)  # fmt: skip
"""What a venue and its address are made of."""


@dataclass(frozen=True, kw_only=True)
class PaperCard:
    """A paper in a list; `stars` are what its code had on the day `stars_on`, where somebody observed them.

    `code` is its best repository with the framework as `detail`, None where its address cannot be followed.
    """

    title: str
    href: str
    stars: int | None
    stars_on: date | None
    date: date | None
    venue: Link | None
    abstract: str
    authors: tuple[str, ...]
    authors_left_out: int
    tasks: tuple[Link, ...]
    code: Link | None
    repositories: int
    key: int

    @property
    def mark(self) -> str:
        """Its place in a list by date (see `keyset`)."""
        return f"{self.date.isoformat() if self.date else ''}~{self.key}"

    @property
    def mark_by_code(self) -> str:
        """Its place in a list by number of repositories."""
        return f"{self.repositories}~{self.key}"

    @property
    def mark_by_stars(self) -> str:
        """Its place in a list by stars, where those without come last."""
        return self.mark_by_code if self.stars is None else f"{STARS_MARK}{self.stars}~{self.key}"


def title_of(title: str | None, slug: str) -> str:
    """What a paper is called; the archive has papers without a title."""
    return title or slug


def paper_link(paper: Paper | None) -> Link | None:
    """The page of a paper that another thing names; None where the public sees none."""
    if paper is None or paper.removed_at:
        return None
    return Link(text=title_of(paper.title, paper.slug), href=address("papers:detail", paper.slug))


def cards(papers: PaperQuerySet) -> tuple[PaperCard, ...]:
    """The papers in their order."""
    names = PaperAuthor.objects.filter(paper=OuterRef("pk")).order_by("position").values_list("author__name")
    tasks = PaperTask.objects.filter(paper=OuterRef("pk"), task__removed_at=None, task__spam_reason="").order_by("position")
    authors = PaperAuthor.objects.filter(paper=OuterRef("pk")).order_by().values("paper")
    best_code = paper_code.best_first(OuterRef("pk"))
    rows = papers.annotate(
        first_authors=ArraySubquery(names[:AUTHORS_SHOWN]),
        author_count=Coalesce(Subquery(authors.annotate(n=Count("pk")).values("n")), 0),
        first_tasks=ArraySubquery(tasks.values(json=JSONObject(name="task__name", slug="task__slug"))[:TASKS_SHOWN]),
        best_code=ArraySubquery(best_code.values(json=JSONObject(url="repository__url", framework="framework"))[:1]),
        repository_count=Coalesce(F("count__code_links"), 0),
        beginning=Left("abstract", ABSTRACT_SHOWN),
    ).values(
        "pk",
        "slug",
        "title",
        "date",
        "beginning",
        *VENUE,
        "first_authors",
        "author_count",
        "first_tasks",
        "best_code",
        "repository_count",
        "star_count__stars",
        "star_count__observed_on",
    )
    return tuple(
        PaperCard(
            title=title_of(row["title"], row["slug"]),
            href=address("papers:detail", row["slug"]),
            date=row["date"],
            venue=_venue(row),
            abstract=_beginning(row["beginning"]),
            authors=tuple(row["first_authors"]),
            authors_left_out=row["author_count"] - len(row["first_authors"]),
            tasks=task_links(row["first_tasks"]),
            code=_code(row["best_code"]),
            repositories=row["repository_count"],
            stars=row["star_count__stars"],
            stars_on=row["star_count__observed_on"],
            key=row["pk"],
        )
        for row in rows
    )


def _venue(row: Mapping[str, Any]) -> Link | None:
    return venue_link(
        row["proceeding__name"],
        slug=None if row["proceeding__removed_at"] else row["proceeding__slug"],
        conference=None if row["proceeding__conference__removed_at"] else row["proceeding__conference__slug"],
        year=row["proceeding__year"],
        month=row["proceeding__month"],
    )


def _beginning(abstract: str | None) -> str:
    """The first words in one line; a word that was cut is left out."""
    text = " ".join((abstract or "").split())
    cut = text.rpartition(" ")[0] if len(abstract or "") == ABSTRACT_SHOWN else ""
    return f"{cut}…" if cut else text


def _code(found: Iterable[Mapping[str, Any]]) -> Link | None:
    for link in found:
        if url := web_address(link["url"]):
            return Link(text=repository_name(url), href=url, detail=name_of(link["framework"]))
    return None


def task_links(tasks: Iterable[dict[str, str]]) -> tuple[Link, ...]:
    """Tags out of a query's JSON objects with a name and a slug."""
    return tuple(Link(text=task["name"], href=address("tasks:detail", task["slug"])) for task in tasks)


def published_papers() -> PaperQuerySet:
    """The papers that the public sees."""
    return Paper.objects.published()
