"""Celery as a doorbell: it says that there is work and where; the work itself is in Postgres.

A ring that gets lost (a flushed Redis, a broker that is down) costs waiting only: the reaper rings again for whatever
is queued.
"""

import logging
from collections.abc import Callable, Iterable
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from workers.models import Checkpoint, Run, Shard, Worker
from workers.states import RunState, ShardState

logger = logging.getLogger(__name__)

CPU_QUEUE = "cpu"
GPU_QUEUE = "gpu"
SHARDS_AT_ONCE = 64
"""Shards of one run that are rung for at once; the reaper rings for the next."""

AGAIN_EXPIRES = 60.0
"""Seconds after which a repeated ring is worth nothing: there has been a newer one."""


def ring(run: Run) -> None:
    """Tell the workers, once the transaction is committed, that the run has something to do."""
    transaction.on_commit(partial(ring_now, run))


def ring_again(runs: Iterable[Run]) -> None:
    """Tell the workers again what these runs wait for, where a worker online could take it.

    A queue that nobody reads is left alone, so that it does not grow while a run waits for a machine to be bought.
    """
    online = list(Worker.objects.online())
    for run in runs:
        if any(worker.fits(run.checkpoint) for worker in online):
            ring_now(run, expires=AGAIN_EXPIRES)


def ring_now(run: Run, *, expires: float | None = None) -> None:
    """Tell the workers what the run waits for; nothing when it waits for nobody. `expires` is in seconds."""
    queue = queue_for(run.checkpoint)
    for task, identifier in _waiting_for(run):
        _publish(task, identifier, queue=queue, expires=expires)


def queue_for(checkpoint: Checkpoint) -> str:
    """The queue whose workers have the device that the checkpoint needs."""
    return GPU_QUEUE if checkpoint.needs_gpu else CPU_QUEUE


def _waiting_for(run: Run) -> list[tuple[str, int]]:
    state = Run.objects.values_list("state", flat=True).get(pk=run.pk)
    if state == RunState.REQUESTED:
        return [("workers.tasks.plan_run", run.pk)]
    if state != RunState.SCORING:
        return []
    shards = Shard.objects.filter(run=run)
    queued = shards.filter(state=ShardState.QUEUED).order_by("index").values_list("pk", flat=True)[:SHARDS_AT_ONCE]
    if queued:
        return [("workers.tasks.score_shard", pk) for pk in queued]
    if not shards.exclude(state=ShardState.DONE).exists():
        return [("workers.tasks.reduce_run", run.pk)]
    return []


def _publish(task: str, identifier: int, *, queue: str, expires: float | None) -> None:
    send: Callable[..., object] = current_app.send_task
    try:
        send(task, args=[identifier], queue=queue, retry=False, expires=expires)
    except (OperationalError, OSError) as error:
        logger.warning("The broker could not be reached (%s); %s %s waits until the reaper rings again.", error, task, identifier)
