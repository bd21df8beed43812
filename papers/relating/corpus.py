"""Reading the catalogue for comparison: published papers alone, by cursors of the server, so that memory is bounded."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet
from numpy.typing import NDArray
from scipy import sparse

from papers.models import Dataset, Method, PaperMethod, PaperTask, Task
from papers.relating.features import Features, Tags, tags
from papers.relating.vectors import TextCounts, count_words
from papers.relating.words import BUCKETS, text_of

Progress = Callable[[str], None]

DatasetUse = tuple[int, int, int]
"""Ids of a paper, a dataset that it has results on, and the task of those results."""

DatasetUses = Callable[[], Iterable[DatasetUse]]
"""Gives the datasets of papers, which this app does not know: the caller does."""

PROGRESS_EVERY = 50_000
_FETCH = 2_000

# What a paper's related papers depend on; computed by the database, so that nothing need be read to see what is stale.
_DIGEST = """hashtextextended(concat_ws(E'\\x1f', coalesce(paper.title, ''), coalesce(paper.abstract, ''),
    (SELECT string_agg(task_id::text, ',' ORDER BY task_id) FROM papers_papertask WHERE paper_id = paper.id), '/',
    (SELECT string_agg(method_id::text, ',' ORDER BY method_id) FROM papers_papermethod WHERE paper_id = paper.id)), 0)"""
_PUBLISHED = "paper.removed_at IS NULL AND paper.duplicate_of_id IS NULL"
_TEXTS = f"SELECT paper.id, paper.title, paper.abstract, {_DIGEST} FROM papers_paper paper WHERE {_PUBLISHED}"
_STALE = f"""SELECT paper.id FROM papers_paper paper LEFT JOIN papers_relatedpapers stored ON stored.paper_id = paper.id
    WHERE {_PUBLISHED} AND (stored.paper_id IS NULL OR stored.digest <> {_DIGEST}) ORDER BY paper.id"""
_VECTORS = f"""SELECT paper.id, stored.terms, stored.weights FROM papers_relatedpapers stored
    JOIN papers_paper paper ON paper.id = stored.paper_id WHERE {_PUBLISHED} ORDER BY paper.id"""


@dataclass
class Texts:
    """Published papers with their counted words: `ids` ascend; a digest for each."""

    ids: NDArray[np.int64]
    digests: NDArray[np.int64]
    counts: TextCounts


@dataclass
class _Seen:
    """What goes by while texts are counted."""

    ids: list[int] = field(default_factory=list)
    digests: list[int] = field(default_factory=list)


def no_dataset_uses() -> Iterable[DatasetUse]:
    """No paper has a dataset."""
    return ()


def stale_papers() -> list[int]:
    """Ids of published papers of which nothing was computed, or whose words or tags changed since, ascending.

    A result that a paper has on another dataset does not make it stale.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STALE)
        return [number for (number,) in cursor.fetchall()]


def read_texts(*, papers: list[int] | None = None, progress: Progress) -> Texts:
    """The words of the published papers with these ids, of all where it is None."""
    seen = _Seen()
    only = "" if papers is None else " AND paper.id = ANY(%s)"
    rows = _rows(f"{_TEXTS}{only} ORDER BY paper.id", [] if papers is None else [papers])
    counts = count_words(_texts(rows, seen, progress))
    return Texts(np.array(seen.ids, np.int64), np.array(seen.digests, np.int64), counts)


def read_vectors() -> tuple[NDArray[np.int64], sparse.csr_array]:
    """Ids, ascending, and stored vectors of the published papers that have one."""
    ids: list[int] = []
    ends = [0]
    terms: list[NDArray[np.int32]] = []
    weights: list[NDArray[np.float32]] = []
    for number, of_paper, by_weight in _rows(_VECTORS, []):
        ids.append(number)
        ends.append(ends[-1] + len(of_paper))
        terms.append(np.array(of_paper, np.int32))
        weights.append(np.array(by_weight, np.float32))
    indices = np.concatenate(terms) if terms else np.zeros(0, np.int32)
    data = np.concatenate(weights) if weights else np.zeros(0, np.float32)
    return np.array(ids, np.int64), sparse.csr_array((data, indices, np.array(ends, np.int32)), shape=(len(ids), BUCKETS))


def read_features(ids: NDArray[np.int64], text: sparse.csr_array, *, uses: Iterable[DatasetUse]) -> Features:
    """The papers' tags beside their text; spam and what was removed is no tag."""
    return Features(ids=ids, text=text, tasks=_tasks(ids), methods=_methods(ids), datasets=_datasets(ids, uses))


def _texts(rows: Iterable[Any], seen: _Seen, progress: Progress) -> Iterator[str]:
    for number, title, abstract, digest in rows:
        seen.ids.append(number)
        seen.digests.append(digest)
        if len(seen.ids) % PROGRESS_EVERY == 0:
            progress(f"{len(seen.ids):,} papers read")
        yield text_of(title, abstract)


def _tasks(ids: NDArray[np.int64]) -> Tags:
    links = PaperTask.objects.filter(task__in=Task.objects.published())
    return tags(_pairs(links.values_list("paper_id", "task_id")), papers=ids)


def _methods(ids: NDArray[np.int64]) -> Tags:
    links = PaperMethod.objects.filter(method__in=Method.objects.published())
    return tags(_pairs(links.values_list("paper_id", "method_id")), papers=ids)


def _datasets(ids: NDArray[np.int64], uses: Iterable[DatasetUse]) -> Tags:
    known = set(Dataset.objects.published().values_list("pk", flat=True))
    pairs = [(paper, dataset) for paper, dataset, _ in uses if dataset in known]
    return tags(np.array(pairs, np.int64).reshape(-1, 2), papers=ids)


def _pairs(links: QuerySet[Any, tuple[int, int]]) -> NDArray[np.int64]:
    with transaction.atomic():  # outside of one, the server would keep a copy of all rows
        return np.fromiter(chain.from_iterable(links.order_by().iterator(_FETCH)), np.int64).reshape(-1, 2)


def _rows(query: str, parameters: list[Any]) -> Iterator[Any]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(query, parameters)
        while rows := cursor.fetchmany(_FETCH):
            yield from rows
