"""Texts to sparse vectors: TF-IDF over numbered words, pruned to the strongest ones.

Matrices are `scipy.sparse.csr_array` of float32, one row a text, one column a word's number.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from papers.relating.words import BUCKETS, WordNumbers, words

STRONGEST = 32
"""Words of a paper that are compared: what more would change, and cost, is in docs/related-papers.md."""

CHUNK = 10_000
# A word that stands in more papers than this says too little and costs too much; small catalogues keep all theirs.
_COMMON_SHARE = 0.1
_COMMON_AT_LEAST = 1_000


@dataclass(frozen=True)
class Frequencies:
    """In how many of so many papers each word stands; `counts` has `BUCKETS` entries of int32."""

    papers: int
    counts: NDArray[np.int32]

    def rarity(self) -> NDArray[np.float32]:
        """A word's weight by its rarity; 0 for one that no paper or nearly every paper has."""
        counts = self.counts.astype(np.float32)
        rarity = np.log((1 + self.papers) / (0.5 + counts)).astype(np.float32)
        rarity[(self.counts == 0) | (self.counts > max(_COMMON_AT_LEAST, _COMMON_SHARE * self.papers))] = 0
        return np.maximum(rarity, 0)


@dataclass
class TextCounts:
    """How often each text has each word, in chunks of compact arrays."""

    chunks: list[sparse.csr_array] = field(default_factory=list)

    def frequencies(self) -> Frequencies:
        """In how many of these texts each word stands."""
        counts = np.zeros(BUCKETS, np.int32)
        for chunk in self.chunks:
            counts += np.bincount(chunk.indices, minlength=BUCKETS).astype(np.int32)
        return Frequencies(sum(chunk.shape[0] for chunk in self.chunks), counts)

    def vectors(self, frequencies: Frequencies, *, strongest: int | None = STRONGEST) -> sparse.csr_array:
        """Unit vectors of the texts with their `strongest` words, all of them where it is None; zero for a text of no word."""
        rarity = frequencies.rarity()
        parts = [_vectors(chunk, rarity, strongest) for chunk in self.chunks]
        if not parts:
            return sparse.csr_array((0, BUCKETS), dtype=np.float32)
        return sparse.csr_array(sparse.vstack(parts, format="csr"))


def count_words(texts: Iterable[str]) -> TextCounts:
    """Count the words of texts; a few bytes a distinct word of each are held, the texts are not."""
    numbers = WordNumbers()
    return TextCounts([_counted(chunk, numbers) for chunk in _chunks(iter(texts))])


def strongest_of(matrix: sparse.csr_array, *, most: int) -> sparse.csr_array:
    """Each row's `most` largest entries, unscaled; of equal ones those of the lower column."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    rank = np.arange(len(order)) - matrix.indptr[rows]  # sorted by row first, so places stay within their row
    kept = np.sort(order[rank < most])
    sizes = np.bincount(rows[kept], minlength=matrix.shape[0])
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], ends), shape=matrix.shape)


def unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """The rows at length one; rows of nothing stay."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1), np.float32)).ravel()
    scale = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    data = matrix.data * np.repeat(scale, np.diff(matrix.indptr))
    return sparse.csr_array((data.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)


def _chunks(texts: Iterator[str]) -> Iterator[list[str]]:
    while chunk := list(islice(texts, CHUNK)):
        yield chunk


def _counted(texts: list[str], numbers: WordNumbers) -> sparse.csr_array:
    found: list[int] = []
    often: list[int] = []
    ends = [0]
    for text in texts:
        counted = Counter(words(text))
        found.extend(map(numbers.__getitem__, counted))
        often.extend(counted.values())
        ends.append(len(found))
    indices = np.array(found, np.int32)
    counts = np.minimum(np.array(often, np.int64), 1000).astype(np.uint16)
    counts[indices == 0] = 0
    chunk = sparse.csr_array((counts, indices, np.array(ends, np.int32)), shape=(len(texts), BUCKETS))
    chunk.eliminate_zeros()
    chunk.sum_duplicates()  # sorts the words of a row too
    return chunk


def _vectors(counts: sparse.csr_array, rarity: NDArray[np.float32], strongest: int | None) -> sparse.csr_array:
    weighted = _weighted(counts, rarity)
    return unit_rows(weighted if strongest is None else strongest_of(weighted, most=strongest))


def _weighted(counts: sparse.csr_array, rarity: NDArray[np.float32]) -> sparse.csr_array:
    data = (1 + np.log(counts.data.astype(np.float32))) * rarity[counts.indices]
    weighted = sparse.csr_array((data, counts.indices.copy(), counts.indptr.copy()), shape=counts.shape)
    weighted.eliminate_zeros()
    return weighted
