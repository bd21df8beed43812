"""The nearest papers of each paper: an exact sparse product in blocks, then the best few of each row, and why.

Papers are found by what they are known for: their `FINDING` strongest words and those of their tags that not too many share
(`features.COMMON`). The `FOUND` best of that product are scored anew by all words and tags. scipy lets other threads run while
it multiplies, so blocks are shared out among threads.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from papers.relating.features import COMMON, Features, Kinds, Weights, kinds, without_common
from papers.relating.vectors import strongest_of

KEPT = 10
FOUND = 100
FINDING = 16
BLOCK = 256
"""Rows that are multiplied at once; a row of the product has some ten thousand entries of eight bytes."""


SIMILAR = 0.1
"""From here on two texts are called similar: about one of their strongest words in common, or a few weak ones."""

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Nearest:
    """The papers near some papers, as pairs: `of` (place among the papers asked for) ascends, then the nearest first.

    `near` are rows of the corpus, `tasks`, `methods`, `datasets` the columns of the rarest shared tag, -1 for none.
    """

    of: Positions
    near: Positions
    scores: NDArray[np.float32]
    similarities: NDArray[np.float32]
    tasks: Positions
    methods: Positions
    datasets: Positions

    def having(self, mask: NDArray[np.bool_]) -> "Nearest":
        """The pairs that the mask marks."""
        return Nearest(*(column[mask] for column in vars(self).values()))


class Neighbourhood:
    """A corpus that can be asked for the papers nearest to some; a tag of more than `common` papers finds nobody."""

    def __init__(self, features: Features, *, weights: Weights, common: int = COMMON) -> None:
        self.kinds = kinds(features)
        self._weights = weights
        self._all = self.kinds.mixed(weights)
        finding = Kinds(
            text=strongest_of(self.kinds.text, most=FINDING),
            tasks=without_common(self.kinds.tasks, limit=common),
            methods=without_common(self.kinds.methods, limit=common),
            datasets=without_common(self.kinds.datasets, limit=common),
        )
        self._finding = finding.mixed(weights).T.tocsr()

    def nearest(self, asked: Kinds, *, own: Positions, kept: int = KEPT) -> Nearest:
        """The `kept` nearest to each paper asked for, itself (its row is in `own`, or -1) left out; equal ones in order of id.

        A paper with nothing to say for it, neither a similar text nor a tag in common, is near nobody.
        """
        mixed = asked.mixed(self._weights)
        of, near = _candidates(mixed @ self._finding, own=own, most=max(FOUND, kept))
        scores = np.round(_row_products(mixed[of], self._all[near]), 5)
        order = np.lexsort((near, -scores, of))
        of, near, scores = of[order], near[order], scores[order]
        found = self._explained(asked, of, near, scores)
        best = found.having((found.similarities >= SIMILAR) | (found.tasks >= 0) | (found.methods >= 0) | (found.datasets >= 0))
        starts = np.searchsorted(best.of, best.of)
        return best.having(np.arange(len(best.of)) - starts < kept)

    def nearest_in_blocks(
        self, rows: Positions, *, kept: int = KEPT, block: int = BLOCK, threads: int = 2
    ) -> Iterator[tuple[Positions, Nearest]]:
        """The nearest to these rows of the corpus, block after block in order: (rows of the block, their nearest)."""
        with ThreadPoolExecutor(threads) as pool:
            waiting: list[tuple[Positions, Future[Nearest]]] = []
            for start in range(0, len(rows), block):
                part = rows[start : start + block]
                waiting.append((part, pool.submit(self._of_block, part, kept)))
                if len(waiting) > 2 * threads:
                    done, future = waiting.pop(0)
                    yield done, future.result()
            for done, future in waiting:
                yield done, future.result()

    def _of_block(self, rows: Positions, kept: int) -> Nearest:
        return self.nearest(self.kinds[rows], own=rows, kept=kept)

    def _explained(self, asked: Kinds, of: Positions, near: Positions, scores: NDArray[np.float32]) -> Nearest:
        return Nearest(
            of=of,
            near=near,
            scores=scores,
            similarities=_row_products(asked.text[of], self.kinds.text[near]),
            tasks=_strongest_shared(asked.tasks[of], self.kinds.tasks[near]),
            methods=_strongest_shared(asked.methods[of], self.kinds.methods[near]),
            datasets=_strongest_shared(asked.datasets[of], self.kinds.datasets[near]),
        )


def _candidates(product: sparse.csr_array, *, own: Positions, most: int) -> tuple[Positions, Positions]:
    """The `most` best columns of each row, its own left out, as pairs."""
    rows: list[Positions] = []
    columns: list[Positions] = []
    for row in range(product.shape[0]):
        start, end = product.indptr[row], product.indptr[row + 1]
        best = _best(product.data[start:end], product.indices[start:end], most + 1)
        best = best[best != own[row]][:most]
        rows.append(np.full(len(best), row, np.int64))
        columns.append(best.astype(np.int64))
    return np.concatenate(rows or [np.zeros(0, np.int64)]), np.concatenate(columns or [np.zeros(0, np.int64)])


def _best(values: NDArray[np.float32], columns: NDArray[np.int32], most: int) -> NDArray[np.int32]:
    """The columns of the `most` largest values, the largest first; of equal ones the lower columns."""
    values = np.round(values, 5)
    if len(values) > most:
        enough = values >= np.partition(values, len(values) - most)[len(values) - most]
        values, columns = values[enough], columns[enough]
    return columns[np.lexsort((columns, -values))[:most]]


def _row_products(left: sparse.csr_array, right: sparse.csr_array) -> NDArray[np.float32]:
    """The product of each row of one matrix with the same row of the other."""
    return np.asarray(left.multiply(right).sum(axis=1), np.float32).ravel()


def _strongest_shared(left: sparse.csr_array, right: sparse.csr_array) -> Positions:
    """The column with the largest product in each pair of rows, -1 where they share none."""
    shared = sparse.csr_array(left.multiply(right))
    rows = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr))
    order = np.lexsort((shared.indices, -shared.data, rows))
    first, places = np.unique(rows[order], return_index=True)
    strongest = np.full(shared.shape[0], -1, np.int64)
    strongest[first] = shared.indices[order][places]
    return strongest
