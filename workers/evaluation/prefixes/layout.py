"""One pack as one row of tokens: each shared beginning once, everything that stands on it right behind it.

Because children follow their parents, whatever attends to a part's keys is one stretch of the row: attention over the row is
one causal piece a part, and one plain piece a part with others on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from workers.evaluation.prefixes.tokens import TokenSequence
from workers.evaluation.prefixes.tree import SHORTEST_SHARED


@dataclass(frozen=True, slots=True)
class Part:
    """Tokens `start` to `own_end` of the row follow each other; up to `end` stand those that continue them."""

    start: int
    own_end: int
    end: int


@dataclass(frozen=True)
class Layout:
    """A row. `scored[n]` are the places in it after which the targets of the n-th sequence should follow; `lies[n]` are those
    of all its tokens behind the trunk, in order."""

    tokens: tuple[int, ...]
    positions: tuple[int, ...]
    parts: tuple[Part, ...]
    scored: tuple[tuple[int, ...], ...]
    lies: tuple[tuple[int, ...], ...]


def lay_out(sequences: Sequence[TokenSequence], *, depth: int) -> Layout:
    """The row of what these sequences have behind their first `depth` tokens, which all of them share; each token once.

    Beginnings are shared where that saves `SHORTEST_SHARED` tokens; equal sequences always.
    """
    rows = sorted({sequence.tokens for sequence in sequences})
    maker = _Maker(depth)
    maker.lay(rows)
    lies = {tokens: _places(path, len(tokens)) for tokens, path in maker.paths.items()}
    if any(sequence.first_scored < depth for sequence in sequences):
        raise ValueError("a scored place lies below the row, in its trunk")
    return Layout(
        tokens=tuple(maker.tokens),
        positions=tuple(maker.positions),
        parts=tuple(maker.parts),
        scored=tuple(lies[sequence.tokens][-len(sequence.targets) :] for sequence in sequences),
        lies=tuple(lies[sequence.tokens] for sequence in sequences),
    )


Path = tuple[tuple[int, int], ...]
"""Where a sequence lies: (its token, the place in the row) of the beginning of each stretch, in order."""


@dataclass
class _Maker:
    depth: int
    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    paths: dict[tuple[int, ...], Path] = field(default_factory=dict)

    def lay(self, rows: list[tuple[int, ...]]) -> None:
        """Lay sorted rows out; an explicit stack, since beginnings may be nested as deep as there are rows."""
        open_parts: list[tuple[int, int, int]] = []  # start, end of its own tokens, place among the parts
        waiting: list[tuple[int, int, int, Path] | None] = [(0, len(rows), self.depth, ())]
        while waiting:
            task = waiting.pop()
            if task is None:
                start, own_end, place = open_parts.pop()
                self.parts[place] = Part(start, own_end, len(self.tokens))
                continue
            low, high, at, path = task
            shared = _alike(rows[low], rows[high - 1], at)
            if high - low > 1 and (shared - at) * (high - low - 1) < SHORTEST_SHARED:
                waiting.extend((*group, at, path) for group in reversed(list(_groups(rows, low, high, shared))))
                continue
            if shared > at:
                path = (*path, (at, len(self.tokens)))
                open_parts.append((len(self.tokens), len(self.tokens) + shared - at, len(self.parts)))
                self.parts.append(Part(0, 0, 0))
                self.tokens.extend(rows[low][at:shared])
                self.positions.extend(range(at, shared))
                waiting.append(None)
            if len(rows[low]) == shared:
                self.paths[rows[low]] = path
                low += 1
            if low < high:
                waiting.extend((*group, shared, path) for group in reversed(list(_groups(rows, low, high, shared))))


def _groups(rows: Sequence[tuple[int, ...]], low: int, high: int, shared: int) -> Iterator[tuple[int, int]]:
    """Stretches of the sorted rows that have the same token behind `shared`; a row that ends there stands alone."""
    start = low
    for place in range(low + 1, high + 1):
        if place == high or len(rows[start]) == shared or rows[place][shared] != rows[start][shared]:
            yield start, place
            start = place


def _places(path: Path, length: int) -> tuple[int, ...]:
    """The places in the row of a sequence's tokens up to its length, stretch by stretch."""
    found: list[int] = []
    for (token, place), (end, _) in zip(path, (*path[1:], (length, 0)), strict=True):
        found.extend(range(place, place + end - token))
    return tuple(found)


def _alike(one: tuple[int, ...], other: tuple[int, ...], at: int) -> int:
    """How many tokens two rows begin alike with, given that the first `at` are alike."""
    length = min(len(one), len(other))
    if one[at:length] == other[at:length]:
        return length
    while one[at] == other[at]:
        at += 1
    return at
