"""Making papers, code links, datasets, tasks and methods out of what was accepted."""

from typing import cast

from leaderboards.submissions import finding
from leaderboards.submissions.made import Impossible, Making, free_slug
from leaderboards.submissions.payloads import Code, Method, Task
from leaderboards.submissions.payloads import Dataset as DatasetSaid
from leaderboards.submissions.payloads import Paper as PaperSaid
from papers import models as catalogue
from papers.archive.keys import arxiv_id_without_version, repository_key
from papers.models import (
    Author,
    Dataset,
    Paper,
    PaperAuthor,
    PaperMethod,
    PaperRepository,
    PaperTask,
    Repository,
    SlugHistory,
    TaskEdge,
)

Kind = SlugHistory.Kind


def make_paper(said: PaperSaid, making: Making) -> Paper:
    """A paper with its authors, its tags of tasks and methods that are known here, and its code."""
    arxiv_id = arxiv_id_without_version(said.arxiv_id) if said.arxiv_id else None
    address = said.url_abs or (finding.ARXIV + arxiv_id if arxiv_id else None)
    paper = cast(
        Paper,
        making.make(
            Paper,
            slug=free_slug(Paper, said.title, kind=Kind.PAPER, fallback="paper"),
            title=said.title,
            abstract=said.abstract or None,
            date=said.date,
            arxiv_id=arxiv_id,
            url_abs=address,
            url_pdf=said.url_pdf or (f"https://arxiv.org/pdf/{arxiv_id}" if arxiv_id else None),
        ),
    )
    for place, name in enumerate(said.authors):
        PaperAuthor.objects.create(paper=paper, author=_author(name, making), position=place)
    tasks = dict.fromkeys(filter(None, map(finding.task, said.tasks)))
    PaperTask.objects.bulk_create(PaperTask(paper=paper, task=task, position=place) for place, task in enumerate(tasks))
    methods = dict.fromkeys(
        filter(None, (finding.named(catalogue.Method.objects.published(), name, noun="method") for name in said.methods))
    )
    PaperMethod.objects.bulk_create(PaperMethod(paper=paper, method=row, position=place) for place, row in enumerate(methods))
    if said.code_url:
        _link(paper, said.code_url, making)
    return paper


def make_code(said: Code, making: Making) -> PaperRepository:
    """The link between a paper and its code."""
    paper = finding.paper(said.paper)
    if paper is None:
        raise Impossible(f"“{said.paper}” is no paper that is known here any more.")
    return _link(paper, said.url, making, is_official=said.is_official, framework=said.framework or None)


def make_dataset(said: DatasetSaid, making: Making) -> Dataset:
    """A dataset, with the tasks that are known here."""
    dataset = cast(
        Dataset,
        making.make(
            Dataset,
            name=said.name,
            slug=free_slug(Dataset, said.name, kind=Kind.DATASET, fallback="dataset"),
            full_name=said.full_name or None,
            description=said.description or None,
            homepage=said.homepage or None,
            introduced_date=said.introduced_date,
            paper=finding.paper(said.paper),
            variants=[said.name],
            modalities=list(said.modalities),
            languages=list(said.languages),
        ),
    )
    dataset.tasks.add(*filter(None, map(finding.task, said.tasks)))
    return dataset


def dataset_of(name: str, making: Making) -> Dataset:
    """The dataset of that name, made where there is none."""
    return finding.dataset(name) or make_dataset(DatasetSaid(name=name), making)


def make_task(said: Task, making: Making) -> catalogue.Task:
    """A task, below its parent and in its area."""
    task = cast(
        catalogue.Task,
        making.make(
            catalogue.Task,
            name=said.name,
            slug=free_slug(catalogue.Task, said.name, kind=Kind.TASK, fallback="task"),
            description=said.description or None,
        ),
    )
    if area := finding.area(said.area):
        task.areas.add(area)
    if parent := finding.task(said.parent_task):
        TaskEdge.objects.create(parent=parent, child=task, position=parent.edges_down.count())
    return task


def make_method(said: Method, making: Making) -> catalogue.Method:
    """A method, in its collection."""
    collection = finding.collection(said.collection)
    method = cast(
        catalogue.Method,
        making.make(
            catalogue.Method,
            name=said.name,
            slug=free_slug(catalogue.Method, said.name, kind=Kind.METHOD, fallback="method"),
            full_name=said.full_name or None,
            description=said.description or None,
            introduced_year=said.introduced_year,
            source_title=said.source_title or None,
            source_url=said.source_url or None,
            code_snippet_url=said.code_snippet_url or None,
            paper=finding.paper(said.paper),
            main_collection=collection,
        ),
    )
    if collection:
        method.collections.add(collection)
    return method


def _author(name: str, making: Making) -> Author:
    """The author of that name: the catalogue knows people by their names alone."""
    found = Author.objects.filter(name=name).order_by("pk").first()
    return found or making.make(Author, name=name, slug=free_slug(Author, name, kind=Kind.AUTHOR, fallback="author"))


def _link(
    paper: Paper, url: str, making: Making, *, is_official: bool | None = None, framework: str | None = None
) -> PaperRepository:
    key = repository_key(url)
    repository = Repository.objects.filter(key=key).first() or making.make(Repository, key=key, url=url, framework=framework)
    held = PaperRepository.objects.filter(paper=paper, repository=repository).first()
    if held is None:
        link = making.make(PaperRepository, paper=paper, repository=repository, is_official=is_official, framework=framework)
        return cast(PaperRepository, link)
    if held.removed_at is not None:  # somebody brings back what was removed
        held.removed_at, held.removed_reason = None, ""
        held.save(update_fields=["removed_at", "removed_reason", "updated_at"])
    making.note(held, is_new=False)
    return held
