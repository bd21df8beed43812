"""Scoring: a shard's batches, one after another, each stored as soon as it is scored."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db import connection, transaction

from workers import lifecycle, plan, stopping, warm
from workers.engine import Scorer, open_engine
from workers.evaluation.contract import PlannedRequest, Response
from workers.guard import answering
from workers.heartbeat import Pulse
from workers.lifecycle import ShardLease
from workers.models import Request, Run, Shard, Worker


def score(shard_id: int, *, worker: Worker) -> None:
    """Score what is left of a queued shard; nothing when it is not to be had, or when this worker could not load its model.

    A batch is stored in one transaction that the fence guards, so that a worker's death costs one batch at most.
    """
    shard = Shard.objects.select_related("run__checkpoint", "run__protocol").get(pk=shard_id)
    if not worker.fits(shard.run.checkpoint):
        return
    lease = lifecycle.claim_shard(shard_id, by=worker.name)
    if lease is None:
        return
    shard.refresh_from_db()
    with answering(lease), Pulse(lease) as pulse:
        _score(shard, lease=lease, pulse=pulse, worker=worker)
        lifecycle.finish_shard(lease)


def _score(shard: Shard, *, lease: ShardLease, pulse: Pulse, worker: Worker) -> None:
    run = shard.run
    pulse.beat(f"Loading {run.checkpoint.name}.")
    engine = open_engine()
    planned = run.provenance["checkpoint"]["files"]
    model = warm.model_of(run.checkpoint, planned=planned, engine=engine, progress=plan.digesting(pulse))
    scorer = engine.scorer(model, batch_size=run.batch_size)
    connection.close()  # it lay idle while the model was loaded
    facts = {"worker": worker.name, "device": asdict(engine.device()), "software": engine.software()}
    lifecycle.record_scorer(lease, facts=facts, from_batch=shard.batches_done)
    for done, batch in enumerate(shard.batches[shard.batches_done :], start=shard.batches_done):
        if stopping.is_requested():
            raise stopping.Stopping
        pulse.beat("Scoring.")
        requests = list(plan.planned_requests(run, samples=batch))
        responses = _responses(scorer, requests)
        _store(run, requests, responses, lease=lease, batches_done=done + 1)
        pulse.beat()


def _responses(scorer: Scorer, requests: Sequence[PlannedRequest]) -> list[Response]:
    responses = scorer.score(requests)
    if len(responses) != len(requests):
        raise RuntimeError(f"the engine gave {len(responses)} responses to {len(requests)} requests")
    return responses


@transaction.atomic
def _store(
    run: Run, requests: Sequence[PlannedRequest], responses: Sequence[Response], *, lease: ShardLease, batches_done: int
) -> None:
    lifecycle.advance(lease, batches_done=batches_done)
    keys = dict(Request.objects.filter(run=run, ordinal__in=[r.ordinal for r in requests]).values_list("ordinal", "pk"))
    rows = [
        Request(pk=keys[request.ordinal], log_likelihood=response.log_likelihood, is_greedy=response.is_greedy)
        for request, response in zip(requests, responses, strict=True)
    ]
    Request.objects.bulk_update(rows, ["log_likelihood", "is_greedy"])
