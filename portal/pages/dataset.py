"""A dataset: what it is, who made it, the boards that use it and the papers with results on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from leaderboards.models import Claim, DatasetYear, Leaderboard, shown
from papers.models import Dataset, SlugHistory, Task
from portal.context import page
from portal.pages import absence, bar_chart, board_cards, frameworks, similar_datasets
from portal.pages.bar_chart import BarChart
from portal.pages.board_cards import BoardCard
from portal.pages.dataset_list import link_to
from portal.pages.keyset import Page, newest_papers
from portal.pages.links import Link, address, host_of, repository_name, web_address
from portal.pages.paper_cards import PaperCard, paper_link, published_papers
from portal.pages.similar_datasets import Similar

MOST_LOADERS = 30


@dataclass(frozen=True, kw_only=True)
class Loader:
    """Code that loads the dataset: where its page is, whose it is, and for which frameworks."""

    link: Link
    repository: Link | None
    frameworks: str


@dataclass(frozen=True, kw_only=True)
class DatasetPage:
    """All that a dataset's page shows; `named_by` is how many papers the archive counted that name it, if it said."""

    name: str
    slug: str
    full_name: str
    description: str
    warning: str
    homepage: Link | None
    introduced: date | None
    paper: Link | None
    tasks: tuple[Link, ...]
    modalities: tuple[Link, ...]
    languages: tuple[Link, ...]
    variants: tuple[str, ...]
    licence: Link | None
    named_by: int | None
    loaders: tuple[Loader, ...]
    boards: tuple[BoardCard, ...]
    years: BarChart | None
    similar: tuple[Similar, ...]
    papers: Page[PaperCard]


def dataset_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one dataset; behind the first page of its papers, those alone."""
    dataset = Dataset.objects.published().select_related("paper").filter(slug=slug).first()
    if dataset is None:
        return absence.explain(request, kind=SlugHistory.Kind.DATASET, slug=slug)
    found = read(dataset, after=request.GET.get("after", ""))
    return page(request, "papers/dataset.html", {"dataset": found, "section": "datasets"})


def read(dataset: Dataset, *, after: str = "") -> DatasetPage:
    """The page's content in a constant number of queries."""
    homepage = web_address(dataset.homepage)
    licence = _licence(dataset.archive_extra)
    return DatasetPage(
        name=dataset.name,
        slug=dataset.slug,
        full_name=other_name(dataset.full_name, dataset.name),
        description=dataset.description or "",
        warning=dataset.warning or "",
        homepage=Link(text=host_of(homepage), href=homepage) if homepage else None,
        introduced=dataset.introduced_date,
        paper=paper_link(dataset.paper),
        tasks=_tasks(dataset.tasks.all()),
        modalities=tuple(link_to(text=name, modality=name) for name in dataset.modalities),
        languages=tuple(link_to(text=name, language=name) for name in dataset.languages),
        variants=tuple(variant for variant in dataset.variants if variant != dataset.name),
        licence=licence,
        named_by=dataset.archive_paper_count,
        loaders=tuple(_loaders(dataset.data_loaders)),
        boards=board_cards.most_results_first(Leaderboard.objects.published().filter(dataset=dataset)),
        years=bar_chart.by_year(dict(DatasetYear.objects.filter(dataset=dataset).values_list("year", "papers"))),
        similar=similar_datasets.to(dataset.pk),
        papers=_papers(dataset, after=after),
    )


def other_name(full_name: str | None, name: str) -> str:
    """The long name where it says more than the short one."""
    return full_name if full_name and full_name != name else ""


def _tasks(tasks: QuerySet[Task]) -> tuple[Link, ...]:
    rows = tasks.filter(removed_at=None, spam_reason="").values_list("name", "slug")
    return tuple(Link(text=name, href=address("tasks:detail", slug)) for name, slug in rows)


def _papers(dataset: Dataset, *, after: str) -> Page[PaperCard]:
    """The papers with a result on a board of the dataset, newest first."""
    claims = Claim.objects.published().filter(shown("leaderboard__"), leaderboard__dataset=dataset, paper__isnull=False)
    return newest_papers(published_papers().filter(pk__in=claims.values("paper")), after=after)


def _licence(extra: Any) -> Link | None:
    """The licence, where an archive or a form states one; the dump's own schema has no such key."""
    stated = extra if isinstance(extra, dict) else {}
    name, url = stated.get("license_name") or stated.get("license"), stated.get("license_url")
    href = web_address(url) if isinstance(url, str) else ""
    words = name if isinstance(name, str) else ""
    return Link(text=words or host_of(href), href=href) if words or href else None


def _loaders(values: Any) -> Iterable[Loader]:
    """The loaders that can be followed; the archive's JSON may have any shape."""
    for value in (values if isinstance(values, list) else [])[:MOST_LOADERS]:
        if not isinstance(value, dict):
            continue
        url, home = (web_address(value.get(key)) if isinstance(value.get(key), str) else "" for key in ("url", "repo"))
        if not url and not home:
            continue
        named = value.get("frameworks")
        written_for = [frameworks.name_of(name) for name in named if isinstance(name, str)] if isinstance(named, list) else []
        yield Loader(
            link=Link(text=host_of(url or home), href=url or home),
            repository=Link(text=repository_name(home), href=home) if home and url else None,
            frameworks=", ".join(written_for),
        )
