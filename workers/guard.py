"""What becomes of leased work that does not end well: every way out leaves a state that says what happened."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from workers import lifecycle
from workers.checkpoints import CheckpointRefused
from workers.evaluation.errors import EvaluationError
from workers.lifecycle import Lease, LostLease, LostRace
from workers.lost_connection import LOST_CONNECTION
from workers.stopping import Stopping

logger = logging.getLogger(__name__)


@contextmanager
def answering(lease: Lease) -> Iterator[None]:
    """Turn what goes wrong inside into the run's state: known errors fail it with their sentence, a stop hands it back.

    A lost lease changes nothing, since the work is somebody else's. A lost database changes nothing either: the lease
    runs out and the reaper takes the work back. Anything else is a fault of ours, named as such.
    """
    try:
        with _unless_lost(lease):
            yield
    except (EvaluationError, CheckpointRefused) as error:
        _end(lease, code=error.code, message=str(error))
    except Stopping:
        with _unless_lost(lease):
            lifecycle.release(lease, note=lifecycle.TOLD_TO_STOP)
    except LOST_CONNECTION:
        logger.exception("The database failed while run %s was worked on; its lease will run out.", lease.run_id)
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
        lifecycle.fail(lease, code=code, message=public(message))


@contextmanager
def _unless_lost(lease: Lease) -> Iterator[None]:
    try:
        yield
    except (LostLease, LostRace) as lost:
        logger.info("Run %s is no longer this worker's: %s.", lease.run_id, lost)
