"""Sequences sorted into packs of a token budget, and the trunks that packs stand on; a pure function of tokens and settings.

Samples are sorted by their tokens, so that those that begin alike stand side by side. Where more stand on a beginning than
fit the budget, or where they are written on, the beginning becomes a trunk: it is computed in a pass of its own, whose keys and
values all packs above it read. Within a pack shorter beginnings are shared too (`layout`). A trunk is computed alone and a pack
is scored alone, so that what is scored is the same to the last bit whichever packs came before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workers.evaluation.prefixes.tokens import TokenSequence

SHORTEST_TRUNK = 32
"""Tokens; a pass costs more than a shorter beginning saves."""
SHORTEST_SHARED = 8
"""Tokens that sharing within a pack has to save: each part that is shared costs a call of attention in every layer."""

KEPT = 8
"""Tokens for which a pack that is written on has room, for each token of its budget. Writing wants many rows, since a step costs
about the same for one row as for dozens; the room that their keys and values take is what limits them."""

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pack:
    """Samples that are scored in one pass, or written on together, by their places in the plan.

    `cuts` are the lengths of the trunks below it, shortest first: all its sequences begin with the same `cuts[-1]` tokens, of
    which the first `cuts[0]` are computed first, the next up to `cuts[1]` after them, and so on. None for a pack on the ground.
    """

    samples: tuple[int, ...]
    cuts: tuple[int, ...]


@dataclass(frozen=True)
class _Line:
    """A sample: its first sequence, how much all its sequences share before the first scored place, all its tokens once.

    Where it is written on, `size` counts what may be written too.
    """

    tokens: Tokens
    common: int
    size: int


@dataclass(frozen=True)
class _Range:
    low: int
    high: int
    cuts: tuple[int, ...]


def packs(samples: Sequence[Sequence[TokenSequence]], *, budget: int) -> tuple[Pack, ...]:
    """Every sample in one pack, in the order of tokens; a pack holds `budget` tokens or a single sample.

    A sample's sequences stay together. The budget counts what is computed: each token of a pack once, its trunk not.
    """
    return _sorted_into_packs([_line(sequences) for sequences in samples], budget=budget, are_written_on=False)


def packs_to_write(samples: Sequence[Sequence[TokenSequence]], most: Sequence[int], *, budget: int) -> tuple[Pack, ...]:
    """Every sample in one pack, to be written on together; `most[n]` tokens may be written for the n-th.

    Counted is the room for keys and values, `KEPT` times the budget: for each of a pack as much as the longest has to itself, all
    that may be written included. So whatever all of a pack begin with becomes its trunk, which is kept once.
    """
    lines = [_line(sequences, room) for sequences, room in zip(samples, most, strict=True)]
    return _sorted_into_packs(lines, budget=budget, are_written_on=True)


def unique_tokens(samples: Sequence[Sequence[TokenSequence]]) -> int:
    """The nodes of the tree of all sequences: what no way of computing them can stay below."""
    rows = sorted({sequence.tokens for sequences in samples for sequence in sequences})
    return _tree_size([np.asarray(row, dtype=np.int64) for row in rows])


def _sorted_into_packs(lines: Sequence[_Line], *, budget: int, are_written_on: bool) -> tuple[Pack, ...]:
    if budget < 1:
        raise ValueError(f"a token budget is at least 1, not {budget}")
    order = sorted(range(len(lines)), key=lambda place: (lines[place].tokens.astype(">u4").tobytes(), place))
    ordered = [lines[place] for place in order]
    alike = np.zeros(len(ordered), dtype=np.int64)
    for place in range(1, len(ordered)):
        before, line = ordered[place - 1], ordered[place]
        alike[place] = min(_alike(before.tokens, line.tokens), before.common, line.common)
    cutter = _Cutter(ordered, alike, KEPT * budget if are_written_on else budget, are_written_on)
    return tuple(Pack(tuple(order[part.low : part.high]), part.cuts) for part in cutter.cut())


@dataclass(frozen=True)
class _Cutter:
    """Sorted lines, `alike[n]` tokens shared by the n-th and the one before it, and what a pack may hold."""

    lines: Sequence[_Line]
    alike: Tokens
    budget: int
    are_written_on: bool

    def cut(self) -> Iterator[_Range]:
        waiting = [_Range(0, len(self.lines), ())] if self.lines else []
        while waiting:
            part = waiting.pop()
            depth = part.cuts[-1] if part.cuts else 0
            if part.high - part.low == 1:
                yield part
                continue
            fits = self._size(part.low, part.high, depth) <= self.budget
            if fits and not self.are_written_on:
                yield part
                continue
            shared = int(self.alike[part.low + 1 : part.high].min())
            cuts = (*part.cuts, shared) if shared - depth >= SHORTEST_TRUNK else part.cuts
            if fits:
                yield _Range(part.low, part.high, cuts)
                continue
            # The last goes first on the stack, so that packs come out in the order of tokens, and those of one trunk in a row.
            waiting.extend(reversed(list(self._children(part, shared, cuts))))

    def _children(self, part: _Range, shared: int, cuts: tuple[int, ...]) -> Iterator[_Range]:
        """The range cut where its lines part at `shared`; small neighbours stay together up to the budget."""
        depth = cuts[-1] if cuts else 0
        inside = self.alike[part.low + 1 : part.high]
        borders = [part.low, *(part.low + 1 + np.flatnonzero(inside == shared)).tolist(), part.high]
        low, size = part.low, 0
        for start, end in zip(borders, borders[1:], strict=False):
            own = self._size(start, end, depth)
            together = self._size(low, end, depth) if self.are_written_on else size + own
            if size and together > self.budget:
                yield _Range(low, start, cuts)
                low, together = start, own
            size = together
        yield _Range(low, part.high, cuts)

    def _size(self, low: int, high: int, depth: int) -> int:
        """Beyond `depth`, the tokens that are computed for these lines, what neighbours share once; or the room they need."""
        if self.are_written_on:
            return (high - low) * (max(line.size for line in self.lines[low:high]) - depth)
        total = self.lines[low].size - depth
        for place in range(low + 1, high):
            shared = int(self.alike[place])
            total += self.lines[place].size - (shared if shared - depth >= SHORTEST_SHARED else depth)
        return total


def _line(sequences: Sequence[TokenSequence], room: int = 0) -> _Line:
    rows = [np.asarray(row, dtype=np.int64) for row in sorted({sequence.tokens for sequence in sequences})]
    common = min(sequence.first_scored for sequence in sequences)
    for before, row in zip(rows, rows[1:], strict=False):
        common = min(common, _alike(before, row))
    return _Line(rows[0], common, _tree_size(rows) + room)


def _tree_size(rows: Sequence[Tokens]) -> int:
    """The tokens of sorted rows, what one shares with the row before it counted once."""
    total = len(rows[0]) if rows else 0
    for before, row in zip(rows, rows[1:], strict=False):
        total += len(row) - _alike(before, row)
    return total


def _alike(one: Tokens, other: Tokens) -> int:
    """How many tokens two rows begin alike with."""
    length = min(len(one), len(other))
    different = one[:length] != other[:length]
    first = int(different.argmax()) if length else 0
    return first if length and different[first] else length
