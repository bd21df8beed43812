"""What in the catalogue the words of a submission mean: a paper by arXiv id, address or title, a board by address or title."""

from collections.abc import Collection, Iterator
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from django.db import models

from leaderboards.models import Leaderboard
from papers import search as paper_search
from papers.archive.keys import arxiv_id_of_url, arxiv_id_without_version, folded_title, folded_url, url_spellings
from papers.catalogue_row import CatalogueRow
from papers.models import Area, Dataset, Method, MethodCollection, Paper, Task
from papers.slugs import slugify_title

RowT = TypeVar("RowT", bound=CatalogueRow)

ARXIV = "https://arxiv.org/abs/"
TITLES_COMPARED = 20


def paper(said: str) -> Paper | None:
    """The paper that somebody names by arXiv id or address, by another address (ours, the old site's, its own), or by title."""
    said = said.strip()
    if not said:
        return None
    found = _by_address(said) or (None if is_address(said) or arxiv_id_without_version(said) else _by_title(said))
    return _standing(found)


def papers_of_arxiv(ids: Collection[str]) -> dict[str, Paper]:
    """The papers that have these arXiv ids: one query; of several the oldest row, and the row that stands for it."""
    rows = Paper.objects.filter(removed_at=None, arxiv_id__in=ids).select_related("duplicate_of").order_by("-pk")
    return {row.arxiv_id: row.duplicate_of or row for row in rows if row.arxiv_id}


def paper_address(said: str) -> str:
    """The address that a claim gets for its paper: of an arXiv id the page there; "" for a title."""
    if arxiv_id := arxiv_id_without_version(said):
        return ARXIV + arxiv_id
    return said if is_address(said) else ""


def is_address(said: str) -> bool:
    """Whether somebody wrote an address rather than words."""
    return "://" in said or said.startswith(("www.", "arxiv.org/"))


def board(said: str, *, task: str = "", dataset: str = "") -> Leaderboard | None:
    """The board of that address or title, or that of the task and the dataset."""
    boards = Leaderboard.objects.published().select_related("task", "dataset")
    if said:
        slug = slug_in(said, noun="sota")
        return boards.filter(slug=slug).first() or _first(boards, _by_title_of_board(said))
    if not (task and dataset):
        return None
    names = models.Q(dataset_name__iexact=dataset) | models.Q(dataset__slug=dataset) | models.Q(dataset__name__iexact=dataset)
    tasks = models.Q(task__name__iexact=task) | models.Q(task__slug=slug_in(task, noun="task"))
    rows = list(boards.filter(names & tasks).order_by("pk")[:TITLES_COMPARED])
    return next((row for row in rows if row.dataset_name.casefold() == dataset.casefold()), rows[0] if rows else None)


def task(said: str) -> Task | None:
    """The task of that address or name."""
    return named(Task.objects.published(), said, noun="task")


def dataset(said: str) -> Dataset | None:
    """The dataset of that address or name."""
    return named(Dataset.objects.published(), said, noun="dataset")


def method(said: str) -> Method | None:
    """The method of that address or name."""
    return named(Method.objects.published(), said, noun="method")


def area(said: str) -> Area | None:
    """The area of that address or name."""
    return named(Area.objects.published(), said, noun="area")


def collection(said: str) -> MethodCollection | None:
    """The collection of methods of that address or name."""
    return named(MethodCollection.objects.published(), said, noun="methods/category")


def named(rows: "models.QuerySet[RowT]", said: str, *, noun: str) -> RowT | None:
    """The row of that address, else the one of that very name, else of that name in other letters.

    The address that a name would get is asked for first, since addresses have an index and names in any case have none.
    """
    if not said:
        return None
    slug = slug_in(said, noun=noun)
    for row in rows.filter(slug__in={slug, slugify_title(said)}).order_by("pk"):
        if row.slug == slug or row.name.casefold() == said.casefold():  # type: ignore[attr-defined]  # all of these have both
            return row
    return rows.filter(name__iexact=said).order_by("pk").first()


def slug_in(said: str, *, noun: str) -> str:
    """The slug in an address of ours such as `/sota/<slug>`, else what was said."""
    if f"/{noun}/" not in said:
        return said
    try:
        path = unquote(urlsplit(said).path)
    except ValueError:
        return said
    return path.partition(f"/{noun}/")[2].strip("/") or said


def _by_address(said: str) -> Paper | None:
    papers = Paper.objects.filter(removed_at=None).order_by("pk")
    if arxiv_id := arxiv_id_of_url(said) or arxiv_id_without_version(said):
        return papers.filter(arxiv_id=arxiv_id).first()
    slug = slug_in(said, noun="paper")
    if (slug != said or not is_address(said)) and (found := papers.filter(slug=slug).first()):
        return found
    return papers.filter(url_abs__in=url_spellings(folded_url(said))).first() if is_address(said) else None


def _by_title(said: str) -> Paper | None:
    wanted = folded_title(said)
    slugs = [found.slug for found in paper_search.suggest(said, limit=TITLES_COMPARED) if folded_title(found.title) == wanted]
    return Paper.objects.published().filter(slug=slugs[0]).first() if len(slugs) == 1 else None


def _standing(found: Paper | None) -> Paper | None:
    """The row that stands for a paper which is a second row."""
    return (found.duplicate_of or found) if found else None


def _by_title_of_board(said: str) -> Iterator[models.Q]:
    """Every way to read a title "<task> on <dataset>": either may have the word in it."""
    words = said.split(" on ")
    for place in range(1, min(len(words), 6)):
        yield models.Q(task__name__iexact=" on ".join(words[:place]), dataset_name__iexact=" on ".join(words[place:]))


def _first(boards: "models.QuerySet[Leaderboard]", ways: Iterator[models.Q]) -> Leaderboard | None:
    return next((found for way in ways if (found := boards.filter(way).first())), None)
