"""Datasets: the list of all, and one with its boards."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse

from leaderboards.models import Leaderboard
from papers.models import Dataset, SlugHistory, Task
from portal.context import page
from portal.pages import absence, board_cards, keyset
from portal.pages.board_cards import BoardCard
from portal.pages.links import Link, address, host_of, web_address
from portal.pages.paper_cards import title_of

PAGE = 60


@dataclass(frozen=True, kw_only=True)
class DatasetCard:
    """A dataset in a list."""

    name: str
    slug: str
    full_name: str
    boards: int

    @property
    def href(self) -> str:
        """The dataset's page."""
        return address("datasets:detail", self.slug)


@dataclass(frozen=True, kw_only=True)
class DatasetPage:
    """All that a dataset's page shows."""

    name: str
    full_name: str
    description: str
    homepage: Link | None
    introduced: date | None
    paper: Link | None
    tasks: tuple[Link, ...]
    facts: tuple[tuple[str, str], ...]
    boards: tuple[BoardCard, ...]


def datasets(request: HttpRequest) -> HttpResponse:
    """The list of datasets by name, a page at a time."""
    after = request.GET.get("after", "")
    found = cards(keyset.from_slug(Dataset.objects.published(), after=after)[: PAGE + 1])
    listed = keyset.cut(found, size=PAGE, after=after, mark=lambda card: card.slug)
    return page(request, "papers/datasets.html", {"datasets": listed, "section": "datasets"})


def cards(datasets: QuerySet[Dataset]) -> tuple[DatasetCard, ...]:
    """The datasets in their order: one query."""
    rows = datasets.annotate(boards=Coalesce(F("count__boards"), 0))
    return tuple(
        DatasetCard(name=name, slug=slug, full_name=other_name(full_name, name), boards=boards)
        for name, slug, full_name, boards in rows.values_list("name", "slug", "full_name", "boards")
    )


def dataset_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one dataset."""
    dataset = Dataset.objects.published().select_related("paper").filter(slug=slug).first()
    if dataset is None:
        return absence.explain(request, kind=SlugHistory.Kind.DATASET, slug=slug)
    return page(request, "papers/dataset.html", {"dataset": read(dataset), "section": "datasets"})


def read(dataset: Dataset) -> DatasetPage:
    """The page's content: two queries."""
    homepage = web_address(dataset.homepage)
    return DatasetPage(
        name=dataset.name,
        full_name=other_name(dataset.full_name, dataset.name),
        description=dataset.description or "",
        homepage=Link(text=host_of(homepage), href=homepage) if homepage else None,
        introduced=dataset.introduced_date,
        paper=_paper(dataset),
        tasks=_tasks(dataset.tasks.all()),
        facts=tuple(
            (label, ", ".join(values))
            for label, values in (
                ("Modalities", dataset.modalities),
                ("Languages", dataset.languages),
                ("Variants", [variant for variant in dataset.variants if variant != dataset.name]),
            )
            if values
        ),
        boards=board_cards.most_results_first(Leaderboard.objects.published().filter(dataset=dataset)),
    )


def other_name(full_name: str | None, name: str) -> str:
    """The long name where it says more than the short one."""
    return full_name if full_name and full_name != name else ""


def _paper(dataset: Dataset) -> Link | None:
    paper = dataset.paper
    if paper is None or paper.removed_at:
        return None
    return Link(text=title_of(paper.title, paper.slug), href=address("papers:detail", paper.slug))


def _tasks(tasks: QuerySet[Task]) -> tuple[Link, ...]:
    rows = tasks.filter(removed_at=None, spam_reason="").values_list("name", "slug")
    return tuple(Link(text=name, href=address("tasks:detail", slug)) for name, slug in rows)
