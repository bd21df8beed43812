"""A run's batches cut into shards: a pure function of the plan and a shard's size, which the run stores."""

from collections.abc import Mapping, Sequence
from typing import Any

from workers.evaluation.contract import Batch

SMALLEST_PART = 0.5
"""Of its size, what a shard has at least, but for the last: in between it may end where that costs least."""


def cut(batches: Sequence[Batch], *, tokens: int) -> tuple[tuple[Batch, ...], ...]:
    """Whole batches in their order, in shards of at most `tokens` computed tokens, or of one batch that has more.

    A shard begins without the trunk that its first batch stands on and computes it anew. So it ends, somewhere between half
    its size and its size, where the next one has least to compute again: between two subjects rather than inside one.
    """
    if tokens < 1:
        raise ValueError(f"a shard has at least 1 token, not {tokens}")
    shards = []
    start = 0
    while start < len(batches):
        end = _end(batches, start, tokens)
        shards.append(tuple(batches[start:end]))
        start = end
    return tuple(shards)


def work(batches: Sequence[Batch], *, is_first: bool = True) -> int:
    """Tokens that are computed when a worker scores these batches one after the other.

    `is_first`: nothing is left from a batch before them.
    """
    return sum(_cost(batch) for batch in batches) + (batches[0].kept if batches and is_first else 0)


def batch_of(stored: Mapping[str, Any]) -> Batch:
    """A batch as a shard's row has it; what was planned before batches knew their costs has none."""
    return Batch(tuple(stored["samples"]), tuple(stored["cuts"]), stored.get("tokens", 0), stored.get("kept", 0))


def _end(batches: Sequence[Batch], start: int, tokens: int) -> int:
    """The place behind the last batch of the shard that begins at `start`."""
    size, fits = batches[start].kept, start + 1
    ends: list[int] = []
    for end in range(start + 1, len(batches) + 1):
        size += _cost(batches[end - 1])
        if size > tokens:
            break
        fits = end
        if size >= SMALLEST_PART * tokens:
            ends.append(end)
    if fits == len(batches):
        return fits
    return min(ends or [fits], key=lambda end: (batches[end].kept, -end))


def _cost(batch: Batch) -> int:
    return batch.tokens + (batch.cuts[-1] if batch.cuts else 0) - batch.kept
