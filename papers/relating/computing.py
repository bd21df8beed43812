"""The related papers of all papers, or of those that are new or changed alone.

One computation at a time: another waits for nobody and raises `AlreadyComputing`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from scipy import sparse

from papers.relating import corpus, storing
from papers.relating.corpus import DatasetUses, Progress, Texts
from papers.relating.features import SHIPPED, Features, Weights
from papers.relating.neighbours import BLOCK, SIMILAR, Nearest, Neighbourhood
from papers.relating.storing import NoStatistics, StoredRow

__all__ = ["AlreadyComputing", "NoStatistics", "relate_all", "relate_new"]

STORED_AT_ONCE = 5_000
_LOCK = 0x9A9E25_4E16


class AlreadyComputing(Exception):
    """Another process computes related papers at this moment."""


@dataclass(frozen=True)
class _Work:
    """What rows are made of: the corpus, and for the papers whose lists are computed their place in it and their digest."""

    features: Features
    rows: NDArray[np.int64]
    digests: dict[int, int]


def relate_all(
    *,
    uses: DatasetUses = corpus.no_dataset_uses,
    progress: Progress,
    weights: Weights = SHIPPED,
    block: int = BLOCK,
    threads: int = 2,
) -> int:
    """Compute and store the related papers of every published paper; how many papers that are.

    Takes minutes and up to some GB for a whole archive (docs/related-papers.md). What stood before is replaced chunk by
    chunk, so that the site has lists all the while, and a break leaves a mixture of old and new ones.
    """
    with _alone():
        texts = corpus.read_texts(progress=progress)
        frequencies = texts.counts.frequencies()
        vectors = texts.counts.vectors(frequencies)
        texts.counts.chunks.clear()
        features = corpus.read_features(texts.ids, vectors, uses=uses())
        work = _Work(features, np.arange(len(texts.ids)), _digests(texts))
        near = Neighbourhood(features, weights=weights)
        computed = _store_all(near, work, progress=progress, block=block, threads=threads)
        storing.store_statistics(frequencies)
        storing.drop_left_over()
        return computed


def relate_new(
    papers: Sequence[int] | None = None,
    *,
    uses: DatasetUses = corpus.no_dataset_uses,
    progress: Progress,
    weights: Weights = SHIPPED,
) -> int:
    """Compute and store the related papers of these alone, or of those that are new or changed; how many papers that are.

    They are compared with all that have a stored row, and with each other, by the word statistics of the last full
    computation; the rows of all others stay as they are. Ids of papers that are not published are passed over. Raises
    `NoStatistics` where there was no full computation.
    """
    with _alone():
        wanted = corpus.stale_papers() if papers is None else sorted(set(papers))
        if not wanted:
            return 0
        frequencies = storing.read_statistics()
        texts = corpus.read_texts(papers=wanted, progress=progress)
        ids, vectors = _joined(texts.ids, texts.counts.vectors(frequencies))
        features = corpus.read_features(ids, vectors, uses=uses())
        work = _Work(features, np.searchsorted(ids, texts.ids), _digests(texts))
        return _store_all(Neighbourhood(features, weights=weights), work, progress=progress, block=BLOCK, threads=1)


def _joined(new: NDArray[np.int64], vectors: sparse.csr_array) -> tuple[NDArray[np.int64], sparse.csr_array]:
    """The papers that have vectors, with these vectors for the new ones; ids ascend."""
    ids, stored = corpus.read_vectors()
    others = ~np.isin(ids, new)
    every = np.concatenate([ids[others], new])
    order = np.argsort(every)
    return every[order], sparse.csr_array(sparse.vstack([stored[others], vectors], format="csr"))[order]


def _digests(texts: Texts) -> dict[int, int]:
    return dict(zip(texts.ids.tolist(), texts.digests.tolist(), strict=True))


def _store_all(near: Neighbourhood, work: _Work, *, progress: Progress, block: int, threads: int) -> int:
    done = 0
    held: list[StoredRow] = []
    for rows, nearest in near.nearest_in_blocks(work.rows, block=block, threads=threads):
        held.extend(_stored_rows(rows, nearest, work))
        if len(held) >= STORED_AT_ONCE:
            storing.store(held)
            done += len(held)
            held = []
            progress(f"{done:,} of {len(work.rows):,} papers related")
    storing.store(held)
    return done + len(held)


def _stored_rows(rows: NDArray[np.int64], nearest: Nearest, work: _Work) -> Iterator[StoredRow]:
    features = work.features
    starts = np.searchsorted(nearest.of, np.arange(len(rows) + 1))
    for place, row in enumerate(rows):
        part = slice(starts[place], starts[place + 1])
        paper = int(features.ids[row])
        words = slice(features.text.indptr[row], features.text.indptr[row + 1])
        yield StoredRow(
            paper=paper,
            related=features.ids[nearest.near[part]].tolist(),
            scores=_short(nearest.scores[part]),
            similarities=[number if number >= SIMILAR else None for number in _short(nearest.similarities[part])],
            tasks=_named(features.tasks.ids, nearest.tasks[part]),
            methods=_named(features.methods.ids, nearest.methods[part]),
            datasets=_named(features.datasets.ids, nearest.datasets[part]),
            terms=features.text.indices[words].tolist(),
            weights=features.text.data[words].tolist(),
            digest=work.digests[paper],
        )


def _short(numbers: NDArray[np.float32]) -> list[float]:
    return [round(number, 5) for number in numbers.tolist()]


def _named(ids: NDArray[np.int64], columns: Iterable[int]) -> list[int | None]:
    return [int(ids[column]) if column >= 0 else None for column in columns]


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise AlreadyComputing("Related papers are being computed by another process at this moment.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
