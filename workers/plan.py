"""Planning: a run's requests built once by the harness, stored with their ordinals, and cut into batches once."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.db import connection, transaction

from workers import checkpoints, lifecycle, shards, speed, stopping, warm
from workers.engine import Engine, open_engine
from workers.evaluation import mmlu_2022, selftest
from workers.evaluation.contract import (
    Aggregation,
    Batch,
    Plan,
    PlannedRequest,
    PlannedSample,
    ProtocolSpec,
    RequestKind,
    Seeds,
    TaskFact,
)
from workers.evaluation.errors import TrainingStopped
from workers.guard import answering
from workers.heartbeat import FETCHING_STALL, Pulse
from workers.lifecycle import LostLease, RunLease
from workers.models import Checkpoint, Prompt, Request, Run, Sample, Worker

ROWS_AT_ONCE = 2000
PLAN_VERSION = 1


def plan(lease: RunLease, *, worker: Worker) -> None:
    """Plan a run that was claimed for it."""
    run = Run.objects.select_related("checkpoint", "protocol").get(pk=lease.run_id)
    with answering(lease), Pulse(lease, stall=FETCHING_STALL) as pulse:
        _plan(run, lease=lease, pulse=pulse, worker=worker)


def spec_of(run: Run) -> ProtocolSpec:
    """The run's protocol as the engine takes it."""
    return ProtocolSpec(
        task=run.protocol.task,
        num_fewshot=run.protocol.num_fewshot,
        limit=run.items_per_task,
        include_path=own_definitions(run.protocol.task, is_selftest=run.protocol.is_selftest),
        seeds=Seeds(**run.seeds),
        rules=tuple(str(rule) for rule in run.protocol.rules),
    )


def own_definitions(task: str, *, is_selftest: bool) -> str | None:
    """Where a protocol's task is defined, if it is one of ours and not lm-eval's."""
    if is_selftest:
        return str(selftest.TASK_FOLDER)
    return str(mmlu_2022.TASK_FOLDER) if mmlu_2022.has(task) else None


def stored_plan(run: Run) -> Plan:
    """The run's plan as the database has it."""
    samples = tuple(_planned_sample(sample) for sample in run.samples.order_by("index"))
    requests = tuple(planned_requests(run))
    tasks = tuple(TaskFact(**fact) for fact in run.provenance["tasks"])
    return Plan(samples=samples, requests=requests, tasks=tasks)


def planned_requests(run: Run, *, samples: Sequence[int] | None = None) -> Iterator[PlannedRequest]:
    """The run's requests by ordinal, of all samples or of those with the given indexes."""
    rows = Request.objects.filter(run=run).order_by("ordinal")
    if samples is not None:
        rows = rows.filter(sample__index__in=samples)
    columns = rows.values_list("ordinal", "sample__index", "choice", "kind", "prompt__text", "continuation", "settings")
    for ordinal, sample, choice, kind, context, continuation, written_by in columns.iterator(chunk_size=ROWS_AT_ONCE):
        yield PlannedRequest(ordinal, sample, choice, cast(RequestKind, kind), context, continuation, written_by)


def _plan(run: Run, *, lease: RunLease, pulse: Pulse, worker: Worker) -> None:
    pulse.beat("Starting the evaluation engine.")
    engine = open_engine()
    spec = spec_of(run)
    protocol = run.protocol
    engine.check(spec, metric=protocol.metric, aggregation=cast(Aggregation, protocol.aggregation), versions=protocol.versions)
    _make_weights(run.checkpoint, engine=engine, pulse=pulse)
    pulse.beat("Looking at the checkpoint.")
    source = warm.source_of(run.checkpoint, engine=engine)
    facts = engine.inspect(source)
    pulse.beat("Building the requests.")
    built = engine.build_plan(spec)
    pulse.beat(f"Cutting {len(built.requests):,} requests into batches.")
    batches = engine.batches(built, source, token_budget=run.token_budget)
    reading = engine.reading(source)
    built = engine.with_lengths(built, source)
    files = warm.files_of(source, engine=engine, progress=digesting(pulse))
    shard_tokens = run.shard_tokens or speed.tokens_in(settings.SHARD_SECONDS, run.checkpoint, worker=worker)
    parts = shards.cut(batches, tokens=shard_tokens)
    threads = run.threads or engine.threads()
    pulse.beat("Storing the plan.")
    provenance = {
        # As the registry names the checkpoint, not by a path of this machine: provenance is public.
        "checkpoint": {**asdict(facts), "location": run.checkpoint.location, "files": files},
        "reading": reading,
        "tasks": [asdict(fact) for fact in built.tasks],
        "seeds": run.seeds,
        "plan": {
            "version": PLAN_VERSION,
            "token_budget": run.token_budget,
            "threads": threads,
            "batches": len(batches),
            "shard_tokens": shard_tokens,
            "shards": len(parts),
            "requests": len(built.requests),
            "is_bit_identical": True,
        },
        "planned_by": {"worker": worker.name, "software": engine.software()},
    }
    connection.close()  # it lay idle for as long as the planning took: what dropped it must not cost the plan
    values = {"threads": threads, "shard_tokens": shard_tokens, "provenance": provenance}
    _store(run, built, lease=lease, parts=parts, values=values)


def digesting(pulse: Pulse) -> Callable[[int, int], None]:
    """What tells a run's page how far the reading of the weight files is."""
    return lambda done, total: pulse.beat(
        f"Reading the weight files for their digests: {done / 1e9:.1f} of {total / 1e9:.1f} GB."
    )


def loading(pulse: Pulse, name: str) -> Callable[[int, int], None]:
    """What tells a run's page how much of a model is in memory."""
    return lambda held, expected: pulse.beat(f"Loading {name}: {held / 1e9:.1f} of {expected / 1e9:.1f} GB.")


def _make_weights(checkpoint: Checkpoint, *, engine: Engine, pulse: Pulse) -> None:
    """Train the checkpoint when it is one of those that a worker makes itself; hands back when told to stop."""
    if checkpoint.recipe != Checkpoint.Recipe.SELFTEST:
        return

    def progress(done: int, total: int) -> None:
        pulse.beat(f"Training the self-test's checkpoint, step {done:,} of {total:,}.")

    def should_stop() -> bool:
        return stopping.is_requested() or pulse.is_lost

    folder = Path(checkpoints.location_of(checkpoint))
    try:
        engine.make_selftest(folder, progress=progress, should_stop=should_stop)
    except TrainingStopped as stopped:
        if pulse.is_lost:
            raise LostLease("the run was cancelled or taken while its checkpoint was made") from stopped
        raise stopping.Stopping from stopped


@transaction.atomic
def _store(run: Run, built: Plan, *, lease: RunLease, parts: Sequence[Sequence[Batch]], values: dict[str, Any]) -> None:
    prompts = _store_prompts({request.context for request in built.requests})
    samples = Sample.objects.bulk_create((_sample_row(run, sample) for sample in built.samples), batch_size=ROWS_AT_ONCE)
    sample_keys = {sample.index: sample.pk for sample in samples}
    for requests in batched_rows(built.requests):
        Request.objects.bulk_create(
            Request(
                run=run, ordinal=request.ordinal, sample_id=sample_keys[request.sample], choice=request.choice, kind=request.kind,
                prompt_id=prompts[digest_of(request.context)], continuation=request.continuation, settings=request.settings,
            )
            for request in requests
        )  # fmt: skip
    lifecycle.planned(
        lease, shards=parts, plan_version=PLAN_VERSION,
        samples_total=len(built.samples), requests_total=len(built.requests), **values,
    )  # fmt: skip


def batched_rows(requests: Sequence[PlannedRequest]) -> Iterator[Sequence[PlannedRequest]]:
    """Slices of `ROWS_AT_ONCE`."""
    for start in range(0, len(requests), ROWS_AT_ONCE):
        yield requests[start : start + ROWS_AT_ONCE]


def digest_of(text: str) -> bytes:
    """SHA-256 of a prompt's text in UTF-8: what it is stored under."""
    return hashlib.sha256(text.encode()).digest()


def _store_prompts(texts: set[str]) -> dict[bytes, int]:
    by_digest = {digest_of(text): text for text in texts}
    # In one order, so that two runs that store the same prompts at once cannot wait for each other in a circle.
    digests = sorted(by_digest)
    keys: dict[bytes, int] = {}
    for start in range(0, len(digests), ROWS_AT_ONCE):
        chunk = digests[start : start + ROWS_AT_ONCE]
        Prompt.objects.bulk_create((Prompt(digest=digest, text=by_digest[digest]) for digest in chunk), ignore_conflicts=True)
        rows = Prompt.objects.filter(digest__in=chunk).values_list("digest", "pk")
        keys.update((bytes(digest), pk) for digest, pk in rows)
    return keys


def _sample_row(run: Run, sample: PlannedSample) -> Sample:
    return Sample(
        run=run, index=sample.index, task=sample.task, document_id=sample.doc_id, document=sample.document,
        choices=list(sample.choices), target=sample.target,
        token_count=sample.length.tokens if sample.length else None, tokens_cut=sample.length.cut if sample.length else None,
    )  # fmt: skip


def _planned_sample(sample: Sample) -> PlannedSample:
    return PlannedSample(
        index=sample.index, task=sample.task, doc_id=sample.document_id, document=sample.document,
        choices=tuple(sample.choices), target=sample.target,
    )  # fmt: skip
