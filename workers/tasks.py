"""Thin Celery tasks: each carries an id to where the work is, and work that is not to be had costs nothing."""

from celery import shared_task

from workers import plan, reaper, reduce, registration, score

__all__ = ["plan_run", "reaper", "reduce_run", "score_shard"]  # the reaper hears the scheduler's signal once it is imported


@shared_task(name="workers.tasks.plan_run")
def plan_run(run_id: int) -> None:
    """Plan a waiting run, if this worker fits it."""
    plan.plan(run_id, worker=registration.this_worker())


@shared_task(name="workers.tasks.score_shard")
def score_shard(shard_id: int) -> None:
    """Score a queued shard, if this worker fits it."""
    score.score(shard_id, worker=registration.this_worker())


@shared_task(name="workers.tasks.reduce_run")
def reduce_run(run_id: int) -> None:
    """Reduce a run whose shards are done."""
    reduce.reduce(run_id, worker=registration.this_worker())
