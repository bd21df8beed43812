"""Builders of catalogue rows: papers and what they are about, boards and their results."""

import json
from itertools import count

from leaderboards.directions import infer_direction
from leaderboards.models import Claim, Leaderboard, Metric, Score
from leaderboards.scores import parse_score
from papers.models import (
    Area,
    Author,
    Conference,
    Dataset,
    Method,
    MethodCollection,
    Paper,
    PaperAuthor,
    PaperMethod,
    PaperRepository,
    PaperTask,
    Proceeding,
    Repository,
    Task,
)
from papers.slugs import slugify_title

_numbers = count(1)


def make_paper(*, title=None, authors=(), tasks=(), methods=(), repositories=(), **values):
    """A paper; authors by name, the other lists as rows, all in order. The first repository is the official one."""
    number = next(_numbers)
    title = title or f"Paper {number}"
    paper = Paper.objects.create(**{"title": title, "slug": f"{slugify_title(title)}-{number}", "source": "archive", **values})
    PaperAuthor.objects.bulk_create(
        PaperAuthor(paper=paper, author=make_author(name=name), position=place) for place, name in enumerate(authors)
    )
    PaperTask.objects.bulk_create(PaperTask(paper=paper, task=task, position=place) for place, task in enumerate(tasks))
    PaperMethod.objects.bulk_create(
        PaperMethod(paper=paper, method=method, position=place) for place, method in enumerate(methods)
    )
    for place, repository in enumerate(repositories):
        make_code_link(paper, repository, is_official=place == 0)
    return paper


def make_author(*, name=None, **values):
    """The author of that name, made if there is none."""
    return _named(Author, "author", name, values)


def make_task(*, name=None, areas=(), **values):
    """The task of that name, made if there is none."""
    task = _named(Task, "task", name, values)
    task.areas.add(*areas)
    return task


def make_area(*, name=None, **values):
    """The area of that name, made if there is none."""
    return _named(Area, "area", name, values)


def make_dataset(*, name=None, **values):
    """The dataset of that name, made if there is none."""
    return _named(Dataset, "dataset", name, values)


def make_method(*, name=None, **values):
    """The method of that name, made if there is none."""
    return _named(Method, "method", name, values)


def make_collection(*, name=None, **values):
    """The collection of methods of that name, made if there is none."""
    return _named(MethodCollection, "collection", name, values)


def make_proceeding(*, name="NeurIPS 2018 12", conference="NeurIPS", year=2018, month=12):
    """A meeting of a conference."""
    return _named(
        Proceeding,
        "proceeding",
        name,
        {"conference": _named(Conference, "conference", conference, {}), "year": year, "month": month},
    )


def make_repository(*, url=None, **values):
    """A repository."""
    url = url or f"https://github.com/somebody/repository-{next(_numbers)}"
    return Repository.objects.create(**{"url": url, "key": url.lower().split("://")[-1], "source": "archive", **values})


def make_code_link(paper, repository=None, **values):
    """A link between a paper and its code."""
    repository = repository or make_repository()
    return PaperRepository.objects.create(
        **{"paper": paper, "repository": repository, "is_official": False, "source": "archive", **values}
    )


def make_board(*, task=None, dataset=None, metrics=("Accuracy",), **values):
    """A board with columns of these names, their directions inferred."""
    task, dataset = task or make_task(), dataset or make_dataset()
    slug = f"{slugify_title(f'{task.name} on {dataset.name}')}-{next(_numbers)}"
    board = Leaderboard.objects.create(
        **{"task": task, "dataset": dataset, "dataset_name": dataset.name, "slug": slug, "source": "archive", **values}
    )
    Metric.objects.bulk_create(
        Metric(leaderboard=board, name=name, position=place, direction=infer_direction(name))
        for place, name in enumerate(metrics)
    )
    return board


def make_result(board, *, model_name=None, scores=None, **values):
    """A claim on a board; `scores` are raw cells by the name of a column, e.g. {"Accuracy": "33.6%"}."""
    number = next(_numbers)
    claim = Claim.objects.create(
        **{
            "leaderboard": board,
            "model_name": f"Model {number}" if model_name is None else model_name,
            "position": number,
            "source": "archive",
            **values,
        }
    )
    columns = {metric.name: metric for metric in board.metrics.all()}
    Score.objects.bulk_create(
        Score(claim=claim, metric=columns[name], raw=json.dumps(cell, ensure_ascii=False), value=parse_score(cell))
        for name, cell in (scores or {}).items()
    )
    return claim


def _named(table, kind, name, values):
    number = next(_numbers)
    name = name or f"{kind.capitalize()} {number}"
    found = table.objects.filter(name=name).first()
    if found:
        return found
    taken = table.objects.filter(slug=slugify_title(name, fallback=kind)).exists()
    slug = slugify_title(name, fallback=kind) + (f"-{number}" if taken else "")
    return table.objects.create(**{"name": name, "slug": slug, "source": "archive", **values})
