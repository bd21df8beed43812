"""Scoring: a shard's batches, one after another, each stored as soon as it is scored."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial

from django.db import connection, transaction

from workers import lifecycle, plan, shards, stopping, warm
from workers.engine import Scorer, open_engine
from workers.evaluation.contract import Batch, PlannedRequest, Prepared, Response
from workers.evaluation.errors import OutOfMemory
from workers.guard import answering
from workers.heartbeat import Pulse
from workers.lifecycle import LostLease, ShardLease
from workers.models import Run, Shard, Worker

logger = logging.getLogger(__name__)

LOGGED_EVERY = 10.0
"""Seconds between lines of the log that say how far a shard is."""

SMALLEST_BUDGET = 64
"""Tokens a batch below which a plan is not cut further: what does not fit then does not fit at all."""

_STORE = """
UPDATE workers_request
SET log_likelihood = answer.log_likelihood, is_greedy = answer.is_greedy, response_text = answer.response_text,
    tokens = answer.tokens
FROM unnest(%s::integer[], %s::double precision[], %s::boolean[], %s::text[], %s::integer[])
    AS answer (ordinal, log_likelihood, is_greedy, response_text, tokens)
WHERE workers_request.run_id = %s AND workers_request.ordinal = answer.ordinal
"""

NUL_SHOWN = "\N{SYMBOL FOR NULL}"
"""What stands for a NUL in a written text."""

Ready = tuple[Batch, list[PlannedRequest], "Future[Prepared]"]
"""A batch, its requests, and the call that scores them once their tokens are there."""


@dataclass(frozen=True)
class Done:
    """How far a shard is with a batch that was just scored, and what that batch took."""

    batches: int
    tokens: int
    seconds: float
    joules: float | None = None


def score(lease: ShardLease, *, worker: Worker) -> None:
    """Score what is left of a shard that was claimed for it.

    A batch is stored in one transaction that the fence guards, so that a worker's death costs one batch at most.
    """
    shard = Shard.objects.select_related("run__checkpoint", "run__protocol").get(pk=lease.shard_id)
    with answering(lease), Pulse(lease) as pulse:
        _score(shard, lease=lease, pulse=pulse, worker=worker)
        lifecycle.finish_shard(lease)
        logger.info("Run %s: shard %s is scored.", lease.run_id, shard.index + 1)


def _score(shard: Shard, *, lease: ShardLease, pulse: Pulse, worker: Worker) -> None:
    run = shard.run
    pulse.beat(f"Loading {run.checkpoint.name}.")
    engine = open_engine()
    planned = run.provenance["checkpoint"]["files"]
    model = warm.model_of(
        run.checkpoint,
        planned=planned,
        engine=engine,
        progress=plan.digesting(pulse),
        loading=plan.loading(pulse, run.checkpoint.name),
    )
    scorer = engine.scorer(model, threads=run.threads or engine.threads())
    connection.close()  # it lay idle while the model was loaded
    warm.tell(worker)
    facts = {
        "worker": worker.name, "device": asdict(engine.device()), "software": engine.software(), "way": scorer.way,
    }  # fmt: skip
    lifecycle.record_scorer(lease, facts=facts, from_batch=shard.batches_done, device=worker.device_label)
    try:
        if shard.plan_version < run.plan_version:
            _cut_anew(shard, lease=lease, scorer=scorer, token_budget=run.token_budget)
        while shortage := _score_batches(shard, lease=lease, pulse=pulse, scorer=scorer):
            pulse.beat("Cutting what is left into smaller batches.")
            _shrink(shard, shortage, lease=lease, scorer=scorer)
    finally:
        scorer.forget()


def _score_batches(shard: Shard, *, lease: ShardLease, pulse: Pulse, scorer: Scorer) -> str:
    """Score batch after batch, all of them; where memory runs out, those before that, and the sentence that says so."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        began, used = time.monotonic(), open_engine().joules()
        logged, is_first = began, True
        for batch, requests, ready in _made_ready(shard, scorer=scorer, beside=beside):
            if stopping.is_requested():
                raise stopping.Stopping
            pulse.beat("Scoring.")
            try:
                responses = _responses(ready.result(), requests, moved=partial(_move, lease, pulse))
            except OutOfMemory as error:
                return str(error)  # not the error: its traceback would hold on to the memory
            shard.batches_done += 1
            ended, now_used = time.monotonic(), open_engine().joules()
            joules = None if used is None or now_used is None else now_used - used
            work = shards.work([batch], is_first=is_first)
            done = Done(shard.batches_done, tokens=work, seconds=ended - began, joules=joules)
            _store(shard.run, requests, responses, lease=lease, done=done)
            if ended - logged >= LOGGED_EVERY:
                logged = ended
                logger.info(
                    "Run %s: shard %s, batch %s of %s, %s tokens in %.2f s.",
                    shard.run_id, shard.index + 1, done.batches, len(shard.batches), work, done.seconds,
                )  # fmt: skip
            began, used, is_first = ended, now_used, False
            pulse.beat()
    return ""


def _made_ready(shard: Shard, *, scorer: Scorer, beside: ThreadPoolExecutor) -> Iterator[Ready]:
    """What is left of the shard; each batch's tokens are made while the one before it is scored."""
    ahead: Ready | None = None
    for stored in shard.batches[shard.batches_done :]:
        batch = shards.batch_of(stored)
        requests = list(plan.planned_requests(shard.run, samples=batch.samples))
        following = batch, requests, beside.submit(scorer.prepare, requests, batch.cuts)
        if ahead is not None:
            yield ahead
        ahead = following
    if ahead is not None:
        yield ahead


def _move(lease: ShardLease, pulse: Pulse) -> None:
    """The work moves; raises LostLease where it is no longer wanted, as what a batch writes may take minutes."""
    pulse.beat()
    if pulse.is_lost:
        raise LostLease(f"run {lease.run_id} was cancelled or taken while a batch of it was written")


def _responses(answer: Prepared, requests: Sequence[PlannedRequest], *, moved: Callable[[], None]) -> list[Response]:
    responses = answer(moved)
    if len(responses) != len(requests):
        raise RuntimeError(f"the engine gave {len(responses)} responses to {len(requests)} requests")
    return responses


def _shrink(shard: Shard, shortage: str, *, lease: ShardLease, scorer: Scorer) -> None:
    """Half the budget for what is left. Raises OutOfMemory where batches cannot become smaller."""
    connection.close()  # it lay idle for as long as the batch took
    shard.run.refresh_from_db()  # another shard may have made the budget smaller meanwhile
    is_behind = shard.plan_version < shard.run.plan_version
    budget = shard.run.token_budget if is_behind else shard.run.token_budget // 2
    if budget < SMALLEST_BUDGET or len(shard.batches[shard.batches_done]["samples"]) == 1:
        raise OutOfMemory(shortage)
    _cut_anew(shard, lease=lease, scorer=scorer, token_budget=budget, reason=shortage)


def _cut_anew(shard: Shard, *, lease: ShardLease, scorer: Scorer, token_budget: int, reason: str = "") -> None:
    """Cut what is left of the shard by another budget: again a pure function of its requests."""
    run = shard.run
    left = [index for batch in shard.batches[shard.batches_done :] for index in batch["samples"]]
    batches = scorer.cut(plan.stored_plan(run), token_budget=token_budget, samples=left)
    lifecycle.replan(lease, batches=batches, batches_done=shard.batches_done, token_budget=token_budget, reason=reason)
    shard.refresh_from_db(fields=["batches", "plan_version"])
    run.refresh_from_db()


@transaction.atomic
def _store(run: Run, requests: Sequence[PlannedRequest], responses: Sequence[Response], *, lease: ShardLease, done: Done) -> None:
    lifecycle.advance(lease, batches_done=done.batches, tokens=done.tokens, seconds=done.seconds, joules=done.joules)
    answers = [
        (request.ordinal, response.log_likelihood, response.is_greedy, _storable(response.text), response.tokens)
        for request, response in zip(requests, responses, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [*(list(column) for column in zip(*answers, strict=True)), run.pk])
        if cursor.rowcount != len(requests):
            raise RuntimeError(f"{cursor.rowcount} of {len(requests)} responses found their requests")


def _storable(text: str | None) -> str | None:
    """The text as Postgres can hold it: of all characters that a model may write, it refuses one, the NUL."""
    return None if text is None else text.replace("\0", NUL_SHOWN)
