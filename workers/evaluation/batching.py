"""Cuts a plan's samples into batches by tokens, always the same way: a run can be resumed batch by batch, on any machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workers.evaluation.contract import Batch, Plan, PlannedRequest
from workers.evaluation.errors import Unscorable
from workers.evaluation.prefixes.tokens import Encoder, TokenSequence, Unreadable
from workers.evaluation.prefixes.tree import Pack, packs, unique_tokens


def plan_batches(plan: Plan, encoder: Encoder, *, token_budget: int, samples: Sequence[int] | None = None) -> tuple[Batch, ...]:
    """All samples, or those with the given indexes, each in one batch of about `token_budget` tokens, in the order of tokens.

    A pure function of texts, tokenizer and budget. A sample's requests are never split over batches. Raises Unscorable.
    """
    chosen = range(len(plan.samples)) if samples is None else sorted(samples)
    sequences: dict[int, list[TokenSequence]] = {index: [] for index in chosen}
    requests = [request for request in plan.requests if request.sample in sequences]
    for request, sequence in zip(requests, sequences_of(requests, encoder), strict=True):
        sequences[request.sample].append(sequence)
    rows = list(sequences.values())
    return tuple(_batches(packs(rows, budget=token_budget), rows, chosen))


def sequences_of(requests: Sequence[PlannedRequest], encoder: Encoder) -> list[TokenSequence]:
    """What a model is to read for each request. Raises Unscorable, which names the first that cannot be scored."""
    try:
        return encoder.pairs([(request.context, request.continuation) for request in requests])
    except Unreadable as error:
        ordinal = requests[error.place].ordinal
        raise Unscorable(f"Request {ordinal} can't be scored: {error} Choose another task or model.") from error


def _batches(found: Sequence[Pack], rows: Sequence[Sequence[TokenSequence]], chosen: Sequence[int]) -> Iterator[Batch]:
    """The packs as batches of a plan, each with what it costs. A pack on the ground leaves the last trunk where it is."""
    last: tuple[int, ...] = ()
    last_cuts: tuple[int, ...] = ()
    for pack in found:
        depth = pack.cuts[-1] if pack.cuts else 0
        trunk = tuple(rows[pack.samples[0]][0].tokens[:depth])
        yield Batch(
            samples=tuple(chosen[place] for place in pack.samples),
            cuts=pack.cuts,
            tokens=unique_tokens([rows[place] for place in pack.samples]) - depth,
            kept=_kept(last, last_cuts, trunk, pack.cuts),
        )
        if pack.cuts:
            last, last_cuts = trunk, pack.cuts


def _kept(last: tuple[int, ...], last_cuts: tuple[int, ...], trunk: tuple[int, ...], cuts: tuple[int, ...]) -> int:
    """How many tokens of a trunk are there from the last one: beginnings that were cut alike and read alike."""
    kept = 0
    for one, other in zip(last_cuts, cuts, strict=False):
        if one != other or last[:one] != trunk[:one]:
            break
        kept = one
    return kept
