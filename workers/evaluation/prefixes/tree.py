"""Sequences sorted into packs of a token budget, and the trunks that packs stand on; a pure function of tokens and settings.

Samples are sorted by their tokens, so that those that begin alike stand side by side. Where more stand on a beginning than
fit the budget, the beginning becomes a trunk: it is computed in a pass of its own, whose keys and values all packs above it
read. Within a pack shorter beginnings are shared too (`layout`). A trunk is computed alone and a pack is scored alone, so
that what is scored is the same to the last bit whichever packs came before it.
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

Tokens = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pack:
    """Samples that are scored in one pass, by their places in the plan.

    `cuts` are the lengths of the trunks below it, shortest first: all its sequences begin with the same `cuts[-1]` tokens, of
    which the first `cuts[0]` are computed first, the next up to `cuts[1]` after them, and so on. None for a pack on the ground.
    """

    samples: tuple[int, ...]
    cuts: tuple[int, ...]


@dataclass(frozen=True)
class _Line:
    """A sample: its first sequence, how much all its sequences share before the first scored place, all its tokens once."""

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
    if budget < 1:
        raise ValueError(f"a token budget is at least 1, not {budget}")
    lines = [_line(sequences) for sequences in samples]
    order = sorted(range(len(lines)), key=lambda place: (lines[place].tokens.astype(">u4").tobytes(), place))
    ordered = [lines[place] for place in order]
    alike = np.zeros(len(ordered), dtype=np.int64)
    for place in range(1, len(ordered)):
        before, line = ordered[place - 1], ordered[place]
        alike[place] = min(_alike(before.tokens, line.tokens), before.common, line.common)
    return tuple(Pack(tuple(order[part.low : part.high]), part.cuts) for part in _cut(ordered, alike, budget))


def unique_tokens(samples: Sequence[Sequence[TokenSequence]]) -> int:
    """The nodes of the tree of all sequences: what no way of computing them can stay below."""
    rows = sorted({sequence.tokens for sequences in samples for sequence in sequences})
    return _tree_size([np.asarray(row, dtype=np.int64) for row in rows])


def _cut(lines: Sequence[_Line], alike: Tokens, budget: int) -> Iterator[_Range]:
    waiting = [_Range(0, len(lines), ())] if lines else []
    while waiting:
        part = waiting.pop()
        depth = part.cuts[-1] if part.cuts else 0
        if part.high - part.low == 1 or _size(lines, alike, part.low, part.high, depth) <= budget:
            yield part
            continue
        shared = int(alike[part.low + 1 : part.high].min())
        cuts = (*part.cuts, shared) if shared - depth >= SHORTEST_TRUNK else part.cuts
        # The last goes first on the stack, so that packs come out in the order of tokens, and those of one trunk in a row.
        waiting.extend(reversed(list(_children(lines, alike, part, shared, cuts, budget))))


def _children(
    lines: Sequence[_Line], alike: Tokens, part: _Range, shared: int, cuts: tuple[int, ...], budget: int
) -> Iterator[_Range]:
    """The range cut where its lines part at `shared`; small neighbours stay together up to the budget."""
    depth = cuts[-1] if cuts else 0
    inside = alike[part.low + 1 : part.high]
    borders = [part.low, *(part.low + 1 + np.flatnonzero(inside == shared)).tolist(), part.high]
    low, size = part.low, 0
    for start, end in zip(borders, borders[1:], strict=False):
        own = _size(lines, alike, start, end, depth)
        if size and size + own > budget:
            yield _Range(low, start, cuts)
            low, size = start, 0
        size += own
    yield _Range(low, part.high, cuts)


def _size(lines: Sequence[_Line], alike: Tokens, low: int, high: int, depth: int) -> int:
    """The tokens that these lines take beyond `depth`, what neighbours share counted once."""
    total = lines[low].size - depth
    for place in range(low + 1, high):
        shared = int(alike[place])
        total += lines[place].size - (shared if shared - depth >= SHORTEST_SHARED else depth)
    return total


def _line(sequences: Sequence[TokenSequence]) -> _Line:
    rows = [np.asarray(row, dtype=np.int64) for row in sorted({sequence.tokens for sequence in sequences})]
    common = min(sequence.first_scored for sequence in sequences)
    for before, row in zip(rows, rows[1:], strict=False):
        common = min(common, _alike(before, row))
    return _Line(rows[0], common, _tree_size(rows))


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
