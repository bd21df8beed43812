"""How good lists of related papers are: held-out shared tasks. Pure: it knows no database.

One task tag of a paper is hidden, with the datasets that the paper has through this task. A list is good if it brings
papers that have the hidden task. Ways are compared on the same hidden tags; the weights of the mix are chosen on one half
of them, and only the other half is reported.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from papers.relating.features import SHIPPED, Features, Kinds, Weights, weighted
from papers.relating.neighbours import KEPT, Neighbourhood

PAGE = 8
"""Related papers that a page shows."""

RESAMPLES = 2_000
AT_ONCE = 256

_GRID = (0.0, 0.25, 0.5, 1.0)
_METHODS = (0.0, 0.25, 0.5)

Answers = NDArray[np.int64]
"""One row a question: places of papers, nearest first, -1 where the list is shorter."""


@dataclass(frozen=True)
class Catalogue:
    """What is judged: papers with features, `dates` as days (-1 for none), and `uses`: (paper id, dataset id, task id) rows."""

    features: Features
    dates: NDArray[np.int64]
    uses: NDArray[np.int64]


@dataclass(frozen=True)
class Questions:
    """Papers (their places) and for each the column of the task that is hidden."""

    papers: NDArray[np.int64]
    hidden: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.papers)

    def __getitem__(self, part: NDArray[np.int64] | slice) -> "Questions":
        return Questions(self.papers[part], self.hidden[part])


@dataclass(frozen=True)
class Share:
    """A mean over papers with the ends of its 95 % interval by the bootstrap."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Score:
    """How one way did: share of the hidden task among the first 8 and the first 10, and how much of what there is was found."""

    way: str
    precision_page: Share
    precision: Share
    recall: Share


@dataclass(frozen=True)
class Judgement:
    """The report: numbers of questions, the chosen weights, and scores for all reported papers and those with a task left."""

    chosen_on: int
    chosen: Weights
    all_papers: tuple[Score, ...]
    asked: int
    with_tasks_left: tuple[Score, ...]
    asked_with_tasks_left: int


def judge(catalogue: Catalogue, *, sample: int, seed: int = 0) -> Judgement:
    """Judge the ways on at most `sample` papers; the same sample, seed and catalogue give the same report.

    Raises `ValueError` where fewer than four papers have a task that another paper has too.
    """
    questions = ask(catalogue, sample=sample, seed=seed)
    if len(questions) < 4:
        raise ValueError("There are too few papers that share a task to judge anything.")
    choosing, reporting = questions[: len(questions) // 2], questions[len(questions) // 2 :]
    chosen = choose_weights(catalogue, choosing)
    answers = _all_ways(catalogue, reporting, chosen=chosen)
    left = np.flatnonzero(np.diff(catalogue.features.tasks.rows.indptr)[reporting.papers] > 1)
    return Judgement(
        chosen_on=len(choosing),
        chosen=chosen,
        all_papers=tuple(_score(way, catalogue, reporting, found, seed=seed) for way, found in answers.items()),
        asked=len(reporting),
        with_tasks_left=tuple(_score(way, catalogue, reporting[left], found[left], seed=seed) for way, found in answers.items()),
        asked_with_tasks_left=len(left),
    )


def ask(catalogue: Catalogue, *, sample: int, seed: int) -> Questions:
    """Papers in random order, each with one of its tasks that another paper has too, by chance."""
    random = np.random.default_rng(seed)
    tasks = catalogue.features.tasks
    shared = tasks.papers() > 1
    papers: list[int] = []
    hidden: list[int] = []
    for paper in random.permutation(tasks.rows.shape[0]).tolist():
        columns = tasks.rows.indices[tasks.rows.indptr[paper] : tasks.rows.indptr[paper + 1]]
        columns = np.sort(columns[shared[columns]])
        if len(columns) and len(papers) < sample:
            papers.append(paper)
            hidden.append(int(random.choice(columns)))
    return Questions(np.array(papers, np.int64), np.array(hidden, np.int64))


def choose_weights(catalogue: Catalogue, questions: Questions) -> Weights:
    """The weights of a coarse grid with the best precision among the first ten; of equal ones those nearest
    to the shipped ones.

    A kind of tags that the catalogue lacks keeps the weight that it is shipped with.
    """
    features = catalogue.features
    methods = _METHODS if features.methods.ids.size else (SHIPPED.methods,)
    datasets = _GRID if features.datasets.ids.size else (SHIPPED.datasets,)
    grid = sorted((Weights(1.0, *tags) for tags in product(_GRID, methods, datasets)), key=_distance)
    precision = [float(_hits(catalogue, questions, _nearest(catalogue, questions, weights)).mean()) for weights in grid]
    return grid[int(np.argmax(np.round(precision, 9)))]


def _distance(weights: Weights) -> float:
    return float(np.abs(np.subtract(astuple(weights), astuple(SHIPPED))).sum())


def newest_of_same_task(catalogue: Catalogue, questions: Questions) -> Answers:
    """The old site's way: papers that share one of the tasks that are left, newest first, of one day in their order."""
    tasks = catalogue.features.tasks
    by_task = tasks.rows.T.tocsr()
    answers = np.full((len(questions), KEPT), -1, np.int64)
    for place, (paper, hidden) in enumerate(zip(questions.papers, questions.hidden, strict=True)):
        columns = tasks.rows.indices[tasks.rows.indptr[paper] : tasks.rows.indptr[paper + 1]]
        sharing = [by_task.indices[by_task.indptr[c] : by_task.indptr[c + 1]] for c in columns if c != hidden]
        others = np.unique(np.concatenate(sharing)) if sharing else np.zeros(0, np.int64)
        others = others[others != paper]
        newest = others[np.lexsort((others, -catalogue.dates[others]))][:KEPT]
        answers[place, : len(newest)] = newest
    return answers


def _all_ways(catalogue: Catalogue, questions: Questions, *, chosen: Weights) -> dict[str, Answers]:
    ways = {
        "text alone": replace(SHIPPED, tasks=0.0, methods=0.0, datasets=0.0),
        "tags alone": replace(SHIPPED, text=0.0),
        "the mix, as shipped": SHIPPED,
        "the mix, as chosen": chosen,
    }
    answers = {way: _nearest(catalogue, questions, weights) for way, weights in ways.items()}
    return {"newest of the same task": newest_of_same_task(catalogue, questions), **answers}


def _nearest(catalogue: Catalogue, questions: Questions, weights: Weights) -> Answers:
    near = Neighbourhood(catalogue.features, weights=weights)
    answers = np.full((len(questions), KEPT), -1, np.int64)
    for start in range(0, len(questions), AT_ONCE):
        part = questions[start : start + AT_ONCE]
        found = near.nearest(_with_tag_hidden(catalogue, part, near), own=part.papers)
        rank = np.arange(len(found.of)) - np.searchsorted(found.of, found.of)
        answers[start + found.of, rank] = found.near
    return answers


def _with_tag_hidden(catalogue: Catalogue, questions: Questions, near: Neighbourhood) -> Kinds:
    features = catalogue.features
    tasks = _without(features.tasks.rows[questions.papers], [[column] for column in questions.hidden.tolist()])
    datasets = _without(features.datasets.rows[questions.papers], _hidden_datasets(catalogue, questions))
    return Kinds(
        text=near.kinds.text[questions.papers],
        tasks=weighted(tasks, features.tasks),
        methods=near.kinds.methods[questions.papers],
        datasets=weighted(datasets, features.datasets),
    )


def _hidden_datasets(catalogue: Catalogue, questions: Questions) -> list[list[int]]:
    """For each question the columns of datasets that the paper has through the hidden task alone."""
    features, uses = catalogue.features, catalogue.uses
    order = np.argsort(uses[:, 0], kind="stable")
    hidden = []
    for paper, column in zip(features.ids[questions.papers], features.tasks.ids[questions.hidden], strict=True):
        start, end = np.searchsorted(uses[order, 0], [paper, paper + 1])
        own = uses[order[start:end]]
        gone = np.setdiff1d(own[own[:, 2] == column, 1], own[own[:, 2] != column, 1])
        hidden.append(np.searchsorted(features.datasets.ids, np.intersect1d(gone, features.datasets.ids)).tolist())
    return hidden


def _without(rows: sparse.csr_array, hidden: Sequence[Sequence[int]]) -> sparse.csr_array:
    kept = rows.copy()
    for row, columns in enumerate(hidden):
        part = slice(kept.indptr[row], kept.indptr[row + 1])
        kept.data[part][np.isin(kept.indices[part], columns)] = 0
    kept.eliminate_zeros()
    return kept


def _hits(catalogue: Catalogue, questions: Questions, answers: Answers) -> NDArray[np.bool_]:
    """Where an answer has the hidden task."""
    by_task = catalogue.features.tasks.rows.T.tocsr()
    having = [by_task.indices[by_task.indptr[c] : by_task.indptr[c + 1]] for c in questions.hidden]
    return np.array([np.isin(row, papers) for row, papers in zip(answers, having, strict=True)]).reshape(answers.shape)


def _score(way: str, catalogue: Catalogue, questions: Questions, answers: Answers, *, seed: int) -> Score:
    hits = _hits(catalogue, questions, answers)
    others = catalogue.features.tasks.papers()[questions.hidden] - 1
    return Score(
        way=way,
        precision_page=_share(hits[:, :PAGE].mean(axis=1), seed=seed),
        precision=_share(hits.mean(axis=1), seed=seed),
        recall=_share(hits.sum(axis=1) / np.minimum(others, KEPT), seed=seed),
    )


def _share(values: NDArray[np.float64], *, seed: int) -> Share:
    if not len(values):
        return Share(0.0, 0.0, 0.0)
    random = np.random.default_rng(seed)
    means = [float(values[random.integers(0, len(values), len(values))].mean()) for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return Share(float(values.mean()), float(low), float(high))
