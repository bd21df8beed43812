"""A run that is planned, scored and reduced in the tests' own process."""

from dataclasses import asdict

from tests.factories.leases import claimed
from tests.factories.runs import make_checkpoint, make_worker
from workers import lifecycle, plan, reduce, score
from workers.models import Run
from workers.states import RunState


def run_here(neox, *, protocol, **values):
    """A finished run of a checkpoint under a protocol."""
    from workers.engine import open_engine

    device = open_engine().device()
    worker = make_worker(device=device.kind)
    run = Run.objects.create(
        **{
            "checkpoint": make_checkpoint(folder=neox.name, parameter_count=6_541_056),
            "protocol": protocol,
            "seeds": asdict(plan.Seeds()),
            "token_budget": 1024,
            **values,
        }
    )
    finish_here(run, worker=worker)
    run.refresh_from_db()
    assert run.state == RunState.FINISHED, run.error_message
    return run


def finish_here(run, *, worker):
    """Do all that is to be done for a run."""
    plan.plan(lifecycle.claim_planning(run.pk, by=worker.name), worker=worker)
    for shard in run.shards.order_by("index"):
        score.score(claimed(shard, by=worker.name), worker=worker)
    reduce.reduce(lifecycle.claim_reducing(run.pk, by=worker.name))
