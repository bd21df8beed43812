"""What scoring cannot cost less than: the floating-point operations of a tree's tokens at the rate of a plain matrix product."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from bench.engine.shapes import Shape
from workers.evaluation.prefixes.tokens import TokenSequence


@dataclass(frozen=True)
class Work:
    """Tokens to be read, pairs of a token and one that it looks at, places whose next word is scored."""

    tokens: int
    pairs: int
    places: int

    def flops(self, shape: Shape) -> float:
        """Two operations a weight and token, four a pair, layer and unit of width; the head on scored places alone."""
        return 2.0 * shape.body * self.tokens + 4.0 * shape.layers * shape.width * self.pairs + 2.0 * shape.head * self.places


def unique(sequences: Sequence[TokenSequence]) -> Work:
    """Each node of the tree of these sequences once."""
    first_scored: dict[tuple[int, ...], int] = {}
    for sequence in sequences:
        first_scored[sequence.tokens] = min(sequence.first_scored, first_scored.get(sequence.tokens, len(sequence.tokens)))
    tokens = pairs = places = 0
    before: tuple[int, ...] = ()
    for row in sorted(first_scored):
        shared = _alike(before, row)
        tokens += len(row) - shared
        pairs += _pairs(len(row)) - _pairs(shared)
        places += len(row) - max(shared, first_scored[row])
        before = row
    return Work(tokens, pairs, places)


def one_by_one(sequences: Sequence[TokenSequence]) -> Work:
    """Every distinct prompt whole, as lm-eval's `hf` model reads them; its head is on every place."""
    rows = {sequence.tokens for sequence in sequences}
    tokens = sum(map(len, rows))
    return Work(tokens, sum(_pairs(len(row)) for row in rows), tokens)


def matmul_rate(dtype: torch.dtype, *, device: str = "cpu", size: int = 0, seconds: float = 1.5) -> float:
    """Operations a second of a product of two square matrices: the median of as many as fit the time."""
    size = size or (8192 if device.startswith("cuda") else 2048)
    one, other = (torch.randn(size, size, device=device, dtype=torch.float32).to(dtype) for _ in range(2))
    made = torch.empty(size, size, device=device, dtype=dtype)
    took: list[float] = []
    began = time.perf_counter()
    while len(took) < 5 or time.perf_counter() - began < seconds:
        start = time.perf_counter()
        torch.mm(one, other, out=made)
        if device.startswith("cuda"):
            torch.cuda.synchronize(device)
        took.append(time.perf_counter() - start)
    return 2.0 * size**3 / statistics.median(took[2:])


def _pairs(length: int) -> int:
    return length * (length + 1) // 2


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    place = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        place += 1
    return place
