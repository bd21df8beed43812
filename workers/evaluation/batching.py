"""Cuts a plan's samples into batches by tokens, always the same way: a run can be resumed batch by batch, on any machine."""

from __future__ import annotations

from collections.abc import Sequence

from workers.evaluation.contract import FURTHER, Batch, Plan, PlannedRequest
from workers.evaluation.errors import Unscorable
from workers.evaluation.prefixes.tokens import Encoder, TokenSequence, Unreadable
from workers.evaluation.prefixes.tree import packs


def plan_batches(plan: Plan, encoder: Encoder, *, token_budget: int, samples: Sequence[int] | None = None) -> tuple[Batch, ...]:
    """All samples, or those with the given indexes, each in one batch of about `token_budget` tokens, in the order of tokens.

    A pure function of texts, tokenizer and budget. A sample's requests are never split over batches. What stands alone is a few
    tokens, and not counted. Raises Unscorable.
    """
    chosen = range(len(plan.samples)) if samples is None else sorted(samples)
    sequences: dict[int, list[TokenSequence]] = {index: [] for index in chosen}
    requests = [request for request in plan.requests if request.sample in sequences]
    for request, sequence, is_alone in zip(requests, sequences_of(requests, encoder), stand_alone(requests), strict=True):
        if not is_alone:
            sequences[request.sample].append(sequence)
    found = packs(list(sequences.values()), budget=token_budget)
    return tuple(Batch(tuple(chosen[place] for place in pack.samples), pack.cuts) for pack in found)


def stand_alone(requests: Sequence[PlannedRequest]) -> list[bool]:
    """Which of the requests do not begin as their sample's first one does: unconditional ones, whose prompt is left out.

    Among the others they would keep a sample from sharing its shots with its neighbours.
    """
    first: dict[int, str] = {}
    found = []
    for request in requests:
        context = first.setdefault(request.sample, request.context)
        may_be_alone = not request.context or request.choice >= FURTHER
        found.append(may_be_alone and request.context != context)
    return found


def sequences_of(requests: Sequence[PlannedRequest], encoder: Encoder) -> list[TokenSequence]:
    """What a model is to read for each request. Raises Unscorable, which names the first that cannot be scored."""
    try:
        return encoder.pairs([(request.context, request.continuation) for request in requests])
    except Unreadable as error:
        ordinal = requests[error.place].ordinal
        raise Unscorable(f"Request {ordinal} can't be scored: {error} Choose another task or model.") from error
