"""Cuts a plan's samples into batches by tokens, always the same way: a run can be resumed batch by batch, on any machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from workers.evaluation.contract import FURTHER, KINDS, Batch, Plan, PlannedRequest, RequestKind
from workers.evaluation.errors import Unscorable
from workers.evaluation.prefixes.generation import Settings, WritingRefused, settings_of
from workers.evaluation.prefixes.tokens import Encoder, TokenSequence, Unreadable
from workers.evaluation.prefixes.tree import Pack, packs, packs_to_write, unique_tokens


def plan_batches(plan: Plan, encoder: Encoder, *, token_budget: int, samples: Sequence[int] | None = None) -> tuple[Batch, ...]:
    """All samples, or those with the given indexes, each in one batch of about `token_budget` tokens, in the order of tokens.

    A batch that is written on keeps about eight times as many, with what may be written (`packs_to_write`).

    A pure function of requests, tokenizer and budget. A sample's requests are never split over batches, and a batch has requests
    of one kind. What stands alone is a few tokens, and not counted. Raises Unscorable.
    """
    chosen = set(range(len(plan.samples)) if samples is None else samples)
    found: list[Batch] = []
    for kind in KINDS:
        requests = [request for request in plan.requests if request.kind == kind and request.sample in chosen]
        found.extend(_batches(requests, encoder, token_budget))
    return tuple(found)


def _batches(requests: Sequence[PlannedRequest], encoder: Encoder, token_budget: int) -> list[Batch]:
    """Batches of requests of one kind; a text without a token needs no pass, and such samples come last, together."""
    sequences: dict[int, list[TokenSequence]] = {}
    for request, own, is_alone in zip(requests, sequences_of(requests, encoder), stand_alone(requests), strict=True):
        sequences.setdefault(request.sample, []).extend(() if is_alone else own)
    numbers = sorted(number for number, own in sequences.items() if own)
    rows = [sequences[number] for number in numbers]
    if kind_of(requests) == "generate_until":
        most = Counter[int]()
        for request, settings in zip(requests, settings_of_all(requests), strict=True):
            most[request.sample] += settings.most_tokens
        found = packs_to_write(rows, [most[number] for number in numbers], budget=token_budget)
    else:
        found = packs(rows, budget=token_budget)
    batches = list(_with_costs(found, rows, numbers))
    empty = tuple(sorted(number for number, own in sequences.items() if not own))
    return [*batches, Batch(empty)] if empty else batches


def _with_costs(found: Sequence[Pack], rows: Sequence[Sequence[TokenSequence]], numbers: Sequence[int]) -> Iterator[Batch]:
    """The packs as batches of a plan, each with what it costs. A pack on the ground leaves the last trunk where it is."""
    last: tuple[int, ...] = ()
    last_cuts: tuple[int, ...] = ()
    for pack in found:
        depth = pack.cuts[-1] if pack.cuts else 0
        trunk = tuple(rows[pack.samples[0]][0].tokens[:depth])
        yield Batch(
            samples=tuple(numbers[place] for place in pack.samples),
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


def stand_alone(requests: Sequence[PlannedRequest]) -> list[bool]:
    """Which of the requests do not begin as their sample's first one does: unconditional ones, whose prompt is left out.

    Among the others they would keep a sample from sharing its shots with its neighbours.
    """
    first: dict[int, str] = {}
    found = []
    for request in requests:
        context = first.setdefault(request.sample, request.context)
        may_be_alone = request.kind == "loglikelihood" and (not request.context or request.choice >= FURTHER)
        found.append(may_be_alone and request.context != context)
    return found


def sequences_of(requests: Sequence[PlannedRequest], encoder: Encoder) -> list[tuple[TokenSequence, ...]]:
    """What a model is to read for each of these requests of one kind: one sequence, or a text's windows.

    Raises Unscorable, which names the first that cannot be answered.
    """
    try:
        return _sequences(requests, encoder, kind_of(requests))
    except Unreadable as error:
        ordinal = requests[error.place].ordinal
        raise Unscorable(f"Request {ordinal} can't be scored: {error} Choose another task or model.") from error


def settings_of_all(requests: Sequence[PlannedRequest]) -> list[Settings]:
    """Where writing ends for each request. Raises Unscorable, which names the first that asks for another way of writing."""
    found = []
    for request in requests:
        try:
            found.append(settings_of(request.settings))
        except WritingRefused as error:
            raise Unscorable(f"Request {request.ordinal} {error}: choose another task.") from error
    return found


def kind_of(requests: Sequence[PlannedRequest]) -> RequestKind:
    """The one kind of these requests."""
    kinds = {request.kind for request in requests}
    if len(kinds) > 1:
        raise ValueError(f"requests of {len(kinds)} kinds can't be answered together")
    return next(iter(kinds), "loglikelihood")


def _sequences(requests: Sequence[PlannedRequest], encoder: Encoder, kind: RequestKind) -> list[tuple[TokenSequence, ...]]:
    if kind == "loglikelihood_rolling":
        return [tuple(encoder.rolling(request.context)) for request in requests]
    if kind == "loglikelihood":
        found = encoder.pairs([(request.context, request.continuation) for request in requests])
    else:
        settings = settings_of_all(requests)
        found = encoder.prompts([(request.context, one.most_tokens) for request, one in zip(requests, settings, strict=True)])
    return [(sequence,) for sequence in found]
