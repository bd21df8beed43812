"""Cuts a plan's samples into batches, always the same way for the same lengths: a run can be resumed batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from workers.evaluation.contract import Plan

_ENCODE_AT_ONCE = 512


class _Encoder(Protocol):
    def __call__(self, text: list[str], *, add_special_tokens: bool) -> object: ...


def token_lengths(plan: Plan, tokenizer: _Encoder) -> tuple[int, ...]:
    """Tokens of each sample's longest request, context and continuation together, in the order of `plan.samples`.

    An estimate for ordering: context and continuation are encoded apart, which may count a token more than the model is given.
    """
    contexts = list(dict.fromkeys(request.context for request in plan.requests))
    continuations = list(dict.fromkeys(request.continuation for request in plan.requests))
    context_length = dict(zip(contexts, _count(contexts, tokenizer), strict=True))
    continuation_length = dict(zip(continuations, _count(continuations, tokenizer), strict=True))
    longest = [0] * len(plan.samples)
    for request in plan.requests:
        length = context_length[request.context] + continuation_length[request.continuation]
        longest[request.sample] = max(longest[request.sample], length)
    return tuple(longest)


def plan_batches(lengths_per_sample: Sequence[int], *, batch_size: int) -> tuple[tuple[int, ...], ...]:
    """Sample indexes of each batch, longest samples first, equal lengths in their own order.

    A sample's requests are never split over batches. The first batch is the hungriest: what fits there fits everywhere.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, not {batch_size}")
    order = sorted(range(len(lengths_per_sample)), key=lambda index: (-lengths_per_sample[index], index))
    return tuple(tuple(order[start : start + batch_size]) for start in range(0, len(order), batch_size))


def _count(texts: list[str], tokenizer: _Encoder) -> list[int]:
    lengths: list[int] = []
    for start in range(0, len(texts), _ENCODE_AT_ONCE):
        encoded = tokenizer(texts[start : start + _ENCODE_AT_ONCE], add_special_tokens=False)
        lengths.extend(len(ids) for ids in encoded["input_ids"])  # type: ignore[index]
    return lengths
