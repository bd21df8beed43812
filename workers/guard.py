"""What becomes of leased work that does not end well: every way out leaves a state that says what happened."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from workers import lifecycle, log_tail, stopping
from workers.checkpoints import CheckpointRefused
from workers.evaluation.errors import EvaluationError
from workers.lifecycle import Lease, LostLease, LostRace, ShardLease
from workers.lost_connection import LOST_CONNECTION
from workers.stopping import Stopping

logger = logging.getLogger(__name__)

DATABASE_AWAY = "The database failed while the shard was scored; back in the queue."
WAIT_FOR_DATABASE = 60.0
"""Seconds that a worker waits for a database that is away, to hand its shard back: by then the lease is about to run out."""
PAUSE_AFTER_DATABASE = timedelta(seconds=5)
"""How long such a shard waits: one that finds the database's disk full, say, comes round no more often."""


@contextmanager
def answering(lease: Lease) -> Iterator[None]:
    """Turn what goes wrong inside into the run's state: known errors fail it with their sentence, a stop hands it back.

    A lost lease changes nothing, since the work is somebody else's. A lost database is no fault of the worker's: a shard is
    handed back as soon as the database answers, a run that is planned or reduced when its lease has run out. Anything else is a
    fault of ours, named as such. What is logged meanwhile stands beside the worker, and with a fault.
    """
    with log_tail.kept(), _answering(lease):
        yield


@contextmanager
def _answering(lease: Lease) -> Iterator[None]:
    try:
        with _unless_lost(lease):
            yield
    except (EvaluationError, CheckpointRefused) as error:
        _end(lease, code=error.code, message=str(error))
    except Stopping:
        with _unless_lost(lease):
            lifecycle.release(lease, note=lifecycle.TOLD_TO_STOP)
    except LOST_CONNECTION:
        logger.exception("The database failed while run %s was worked on.", lease.run_id)
        if isinstance(lease, ShardLease):
            _hand_back(lease)
    except Exception as error:
        logger.exception("A fault of ours ended run %s.", lease.run_id)
        what = f"{type(error).__name__}: {str(error)[:300]}"
        message = f"The portal's own code failed ({what}): the worker's log has the traceback; report it."
        _end(lease, code=lifecycle.CODE_ERROR, message=message)


def public(message: str) -> str:
    """The message without this machine's folders: a run's page is public, and an admin knows them by their settings' names."""
    named: list[tuple[str, Path | None]] = [("CHECKPOINT_ROOTS", root) for root in settings.CHECKPOINT_ROOTS]
    named += [("BENCHMARK_DATA", settings.BENCHMARK_DATA), ("VAR_DIR", settings.VAR_DIR)]
    for name, folder in named:
        if folder:
            message = message.replace(str(folder.resolve()), name).replace(str(folder), name)
    return message


def _end(lease: Lease, *, code: str, message: str) -> None:
    with _unless_lost(lease):
        log_tail.tell(worker=lease.owner, run_id=lease.run_id)
        lifecycle.fail(lease, code=code, message=public(message))


def _hand_back(lease: ShardLease) -> None:
    """Return a shard once the database answers; where that takes too long its lease runs out."""
    deadline = time.monotonic() + WAIT_FOR_DATABASE
    while True:
        try:
            with _unless_lost(lease):
                lifecycle.release(lease, note=DATABASE_AWAY, pause=PAUSE_AFTER_DATABASE)
        except LOST_CONNECTION:
            connection.close()
            if time.monotonic() > deadline or stopping.wait(1.0):
                return
        else:
            return


@contextmanager
def _unless_lost(lease: Lease) -> Iterator[None]:
    try:
        yield
    except (LostLease, LostRace) as lost:
        logger.info("Run %s is no longer this worker's: %s.", lease.run_id, lost)
