"""Celery as a doorbell: it says that there is work; the work itself is in Postgres.

A ring carries nothing. Whoever hears it claims what is best for it and goes on until nothing is left, so that there need
be no more rings than workers that could be idle. One that gets lost (a flushed Redis, a broker that is down) costs waiting only:
the reaper rings again for whatever is queued.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from workers.models import Checkpoint, Run, Shard, Worker
from workers.states import RunState, ShardState

logger = logging.getLogger(__name__)

CPU_QUEUE = "cpu"
GPU_QUEUE = "gpu"
TASK = "workers.tasks.work"
RINGS_AT_ONCE = 64
"""Rings for one run at once, at most; the reaper rings for the next."""


def ring(run: Run) -> None:
    """Tell the workers, once the transaction is committed, that the run has something to do."""
    transaction.on_commit(partial(ring_now, run))


def ring_again(runs: Iterable[Run]) -> None:
    """Tell the workers again that these runs wait, where a worker online could take them.

    A queue that nobody reads is left alone, so that it does not grow while a run waits for a machine to be bought; nor does one
    grow whose workers are all busy: what lies there is not rung again. (Rings that expire would do as well but for workers
    whose clock is fast: they would take every ring for an old one.)
    """
    able = list(Worker.objects.able())
    wanted: Counter[str] = Counter()
    for run in runs:
        if fitting := sum(worker.fits(run.checkpoint) for worker in able):
            queue = queue_for(run.checkpoint)
            wanted[queue] = min(wanted[queue] + _waiting(run), max(wanted[queue], fitting))
    for queue, rings in wanted.items():
        _publish(queue, rings=rings, at_most=rings)


def ring_now(run: Run) -> None:
    """Tell as many workers as find something to do for the run; nobody when it waits for nobody."""
    rings = min(_waiting(run), max(1, sum(worker.fits(run.checkpoint) for worker in Worker.objects.able())))
    _publish(queue_for(run.checkpoint), rings=rings)


def queue_for(checkpoint: Checkpoint) -> str:
    """The queue whose workers have the device that the checkpoint needs."""
    return GPU_QUEUE if checkpoint.needs_gpu else CPU_QUEUE


def _waiting(run: Run) -> int:
    """How many workers would find something to do for the run now."""
    state = Run.objects.values_list("state", flat=True).get(pk=run.pk)
    if state == RunState.REQUESTED:
        return 1
    if state != RunState.SCORING:
        return 0
    shards = Shard.objects.filter(run=run).exclude(state=ShardState.DONE)
    is_due = Q(not_before=None) | Q(not_before__lte=Now())
    queued = shards.filter(is_due, state=ShardState.QUEUED).order_by().values("pk")[:RINGS_AT_ONCE].count()
    return queued or int(not shards.exists())


def _publish(queue: str, *, rings: int, at_most: int | None = None) -> None:
    """Ring so often, or until `at_most` rings lie in the queue; a broker that is down is not waited for."""
    send: Callable[..., object] = current_app.send_task
    try:
        if at_most is not None:
            rings = min(rings, at_most - _lying_in(queue))
        for _ in range(rings):
            send(TASK, queue=queue, retry=False)
    except (OperationalError, OSError, RedisError) as error:
        logger.warning("The broker could not be reached (%s); the work waits until the reaper rings again.", error)


def _lying_in(queue: str) -> int:
    """How many rings nobody has taken yet."""
    with current_app.connection_for_write() as connection:
        channel: Any = connection.channel()  # a virtual one, of which kombu's types know little
        try:
            return int(channel.queue_declare(queue, passive=True).message_count)
        except connection.channel_errors:
            return 0  # Redis knows no empty queue
