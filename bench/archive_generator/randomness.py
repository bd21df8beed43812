"""Random draws that one seed repeats: named streams, Zipf ranks by table, lists of lists in two arrays."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
ItemT = TypeVar("ItemT")


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The stream of that name: what one part of the archive draws never moves what another part draws."""
    return np.random.default_rng([seed, zlib.crc32(repr(names).encode())])


def pick(rng: np.random.Generator, items: Sequence[ItemT]) -> ItemT:
    """One of the items, each as likely as the next."""
    return items[int(rng.integers(len(items)))]


class Zipf:
    """Ranks 0 to `size - 1`, rank r with a weight of 1 / (r + 1) ** exponent, by a table: a draw is one look-up."""

    def __init__(self, size: int, *, exponent: float, resolution: int = 1 << 20) -> None:
        weights = np.arange(1, size + 1, dtype=np.float64) ** -exponent
        places = (np.arange(resolution) + 0.5) / resolution * weights.sum()
        self._table = np.searchsorted(np.cumsum(weights), places).clip(0, size - 1).astype(np.int32)

    def draw(self, rng: np.random.Generator, count: int) -> Ints:
        places = rng.integers(0, len(self._table), count, dtype=np.uint32)
        ranks: Ints = self._table[places].astype(np.int64)
        return ranks


@dataclass(frozen=True, slots=True)
class Lists:
    """One list of numbers a row: row r has `values[starts[r]:starts[r + 1]]`."""

    starts: Ints
    values: Ints

    @classmethod
    def of_lengths(cls, lengths: Ints, values: Ints) -> "Lists":
        return cls(np.concatenate(([0], np.cumsum(lengths))), values)

    @classmethod
    def grouped(cls, owners: Ints, values: Ints, *, size: int) -> "Lists":
        """The values by their owners 0 to `size - 1`, in the order given, each value once an owner."""
        _, first = np.unique(owners * (int(values.max(initial=0)) + 1) + values, return_index=True)
        kept = np.sort(first)
        kept = kept[np.argsort(owners[kept], kind="stable")]
        return cls.of_lengths(np.bincount(owners[kept], minlength=size).astype(np.int64), values[kept])

    @classmethod
    def by_key(cls, keys: Ints, *, size: int) -> "Lists":
        """For each of the keys 0 to `size - 1`, the positions where it stands."""
        lengths = np.bincount(keys, minlength=size).astype(np.int64)
        return cls.of_lengths(lengths, np.argsort(keys, kind="stable"))

    @property
    def lengths(self) -> Ints:
        return np.diff(self.starts)

    def rows(self, chosen: Ints) -> "Lists":
        """The lists of the chosen rows, in that order; a row may be chosen more than once."""
        lengths = self.lengths[chosen]
        begins = np.cumsum(lengths) - lengths
        return Lists.of_lengths(lengths, self.values[np.repeat(self.starts[chosen] - begins, lengths) + np.arange(lengths.sum())])

    def __getitem__(self, row: int) -> list[int]:
        part: list[int] = self.values[self.starts[row] : self.starts[row + 1]].tolist()
        return part

    def block(self, first: int, end: int) -> list[list[int]]:
        """The lists of the rows from `first` up to `end`."""
        edges: list[int] = (self.starts[first : end + 1] - self.starts[first]).tolist()
        flat: list[int] = self.values[self.starts[first] : self.starts[end]].tolist()
        return [flat[begin:stop] for begin, stop in zip(edges[:-1], edges[1:], strict=True)]
