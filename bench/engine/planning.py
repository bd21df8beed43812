"""How many tokens all of MMLU sends through a model, counted, and what each further cut of the run adds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.engine.shapes import checkpoint
from workers.evaluation import harness, loading
from workers.evaluation.batching import plan_batches, sequences_of
from workers.evaluation.checkpoints import CheckpointSource
from workers.evaluation.contract import Batch, Plan, PlannedRequest, ProtocolSpec
from workers.evaluation.prefixes.forward import SharedForward
from workers.evaluation.prefixes.tokens import TokenSequence
from workers.evaluation.scoring import PrefixScorer

CUTS = (1, 4, 16, 64, 256)


def tokens_forwarded(data: Path, folder: Path, *, budgets: Sequence[int] = (2048, 8192)) -> None:
    """Score every batch of MMLU, 5 shots, with a model of two layers, and count; then by reckoning for more shards."""
    from bench.engine import floor

    made = checkpoint("tiny", folder, data, dtype="float32")
    source = CheckpointSource(str(made), is_folder=True, revision=None, dtype="float32")
    plan = harness.build_plan(ProtocolSpec("mmlu", 5))
    encoder = loading.load_encoder(source)
    sequences = [sequence for (sequence,) in sequences_of(plan.requests, encoder)]
    print(f"\ntokens of all of MMLU, 5 shots: {len(plan.requests):,} requests", flush=True)
    one, least = floor.one_by_one(sequences).tokens, floor.unique(sequences).tokens
    print(f"  {'one by one; unique':<42} {one:,}; {least:,}", flush=True)
    scorer = PrefixScorer(loading.load(source, device="cpu"))
    for budget in budgets:
        batches = plan_batches(plan, encoder, token_budget=budget)
        counted = _counted(plan, batches, scorer)
        asked = "   (asked: at most 2.3 million)" if budget == budgets[0] else ""
        print(f"  {f'forwarded at a budget of {budget:,}, counted':<42} {counted:,}{asked}", flush=True)
        by_shards = {count: counted + _again(plan, batches, sequences, count) for count in CUTS[1:]}
        print(
            f"  {'  in ' + ', '.join(map(str, by_shards)) + ' shards':<42} {', '.join(f'{n:,}' for n in by_shards.values())}",
            flush=True,
        )


def _counted(plan: Plan, batches: Sequence[Batch], scorer: PrefixScorer) -> int:
    forward = scorer._forward
    assert isinstance(forward, SharedForward)
    before = forward.counts.tokens
    requests: dict[int, list[PlannedRequest]] = {}
    for request in plan.requests:
        requests.setdefault(request.sample, []).append(request)
    for batch in batches:
        scorer.prepare([request for sample in batch.samples for request in requests[sample]], batch.cuts)()
    return forward.counts.tokens - before


def _again(plan: Plan, batches: Sequence[Batch], sequences: Sequence[TokenSequence], shards: int) -> int:
    """Tokens of trunks that stand below batches on both sides of a cut: they are computed once more for each cut."""
    first = {request.sample: sequences[request.ordinal].tokens for request in reversed(plan.requests)}
    more = 0
    for number in range(1, shards):
        place = number * len(batches) // shards
        before, behind = batches[place - 1], batches[place]
        left, right = first[before.samples[0]], first[behind.samples[0]]
        shared = [cut for cut, other in zip(behind.cuts, before.cuts, strict=False) if cut == other and left[:cut] == right[:cut]]
        more += shared[-1] if shared else 0
    return more
