"""What papers are compared by: their words, tasks, methods and datasets, each kind a matrix, mixed by weights.

A row stands for a paper. The rows of one kind have length one, so that the product of two of them says how alike the two
papers are in this, from 0 to 1; the mix of two papers is the weighted sum of that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from papers.relating.vectors import unit_rows

COMMON = 2_000
"""A tag of more papers than this finds nobody; it counts between papers that something else brought together."""


@dataclass(frozen=True)
class Weights:
    """What each kind counts in the mix."""

    text: float = 1.0
    tasks: float = 1.0
    methods: float = 1.0
    datasets: float = 1.0


SHIPPED = Weights(text=1.0, tasks=0.25, methods=0.25, datasets=0.5)


@dataclass(frozen=True)
class Tags:
    """Tags of one kind: `ids` of the tags, ascending, one a column; `rows` has 1 where a paper has a tag."""

    ids: NDArray[np.int64]
    rows: sparse.csr_array

    def papers(self) -> NDArray[np.int64]:
        """How many papers have each tag."""
        return np.bincount(self.rows.indices, minlength=len(self.ids))


@dataclass(frozen=True)
class Features:
    """All that is known of papers, row by row; `ids` ascend."""

    ids: NDArray[np.int64]
    text: sparse.csr_array
    tasks: Tags
    methods: Tags
    datasets: Tags


@dataclass(frozen=True)
class Kinds:
    """Unit rows of each kind, for some of the papers or for all."""

    text: sparse.csr_array
    tasks: sparse.csr_array
    methods: sparse.csr_array
    datasets: sparse.csr_array

    def __getitem__(self, rows: NDArray[np.int64] | slice) -> "Kinds":
        return Kinds(self.text[rows], self.tasks[rows], self.methods[rows], self.datasets[rows])

    def mixed(self, weights: Weights) -> sparse.csr_array:
        """One row a paper, whose products are the mix."""
        parts = [
            (self.text, weights.text), (self.tasks, weights.tasks), (self.methods, weights.methods),
            (self.datasets, weights.datasets),
        ]  # fmt: skip
        return sparse.csr_array(sparse.hstack([part * np.float32(weight**0.5) for part, weight in parts], format="csr"))


def tags(pairs: NDArray[np.int64], *, papers: NDArray[np.int64]) -> Tags:
    """Tags out of (paper, tag) pairs, an array of two columns; pairs of unknown papers are left out, repeats count once."""
    pairs = pairs.reshape(-1, 2)
    pairs = pairs[np.isin(pairs[:, 0], papers)]
    ids, columns = np.unique(pairs[:, 1], return_inverse=True)
    rows = np.searchsorted(papers, pairs[:, 0])
    found = sparse.csr_array((np.ones(len(pairs), np.float32), (rows, columns.ravel())), shape=(len(papers), len(ids)))
    found.sum_duplicates()
    found.data[:] = 1
    return Tags(ids, found)


def kinds(features: Features) -> Kinds:
    """The papers' unit rows; a rare tag weighs more than a common one."""
    return Kinds(
        text=features.text,
        tasks=weighted(features.tasks.rows, features.tasks),
        methods=weighted(features.methods.rows, features.methods),
        datasets=weighted(features.datasets.rows, features.datasets),
    )


def weighted(rows: sparse.csr_array, among: Tags) -> sparse.csr_array:
    """Unit rows of tags, each by its rarity among all papers."""
    rarity = np.log((1 + among.rows.shape[0]) / np.maximum(among.papers(), 1)).astype(np.float32)
    data = rows.data * rarity[rows.indices]
    return unit_rows(sparse.csr_array((data, rows.indices, rows.indptr), shape=rows.shape))


def without_common(matrix: sparse.csr_array, *, limit: int) -> sparse.csr_array:
    """The matrix without columns of more than `limit` rows."""
    common = np.bincount(matrix.indices, minlength=matrix.shape[1]) > limit
    kept = matrix.copy()
    kept.data[common[kept.indices]] = 0
    kept.eliminate_zeros()
    return kept
