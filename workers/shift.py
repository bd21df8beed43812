"""What a worker does when the doorbell rings: claim what is best for it, do it, and go on until nothing is left."""

import logging
from collections.abc import Callable

from django.db import close_old_connections, connection

from workers import lifecycle, plan, reduce, score, stopping, warm
from workers.lifecycle import ShardLease
from workers.lost_connection import LOST_CONNECTION
from workers.models import Worker
from workers.states import RunState

logger = logging.getLogger(__name__)


def work(this_worker: Callable[[], Worker]) -> None:
    """Work until nothing is left for this worker, or it is told to stop.

    A database that is away ends the shift: the reaper rings again when it is back.
    """
    try:
        worker = this_worker()
        while not stopping.is_requested() and _do_next(worker):
            close_old_connections()
    except LOST_CONNECTION as error:
        logger.warning("The database could not be asked for work (%s); waiting for the next ring.", str(error).strip())
        connection.close()


def _do_next(worker: Worker) -> bool:
    """Do one piece of work; False when there is none."""
    claimed = lifecycle.claim_next(worker, warm=warm.checkpoint())
    if claimed is None:
        return False
    what, lease = claimed
    if isinstance(lease, ShardLease):
        score.score(lease, worker=worker)
    elif what is RunState.PLANNING:
        plan.plan(lease, worker=worker)
    else:
        reduce.reduce(lease)
    return True
