"""The reaper's clock: it runs beside the scheduler, since a worker that hangs cannot take its own work back."""

import logging
import threading
import time
from typing import Any

from celery.signals import beat_init
from django.db import connection

from workers import lifecycle
from workers.lost_connection import LOST_CONNECTION

logger = logging.getLogger(__name__)

EVERY = 15.0
"""Seconds between two rounds."""


@beat_init.connect
def start(**_: Any) -> None:
    """Begin the rounds when the scheduler begins; several schedulers do no harm."""
    threading.Thread(target=_rounds, name="reaper", daemon=True).start()


def _rounds() -> None:
    while True:
        go_round()
        time.sleep(EVERY)


def go_round() -> None:
    """One round; a database that is away is asked again at the next, and no fault ends the rounds."""
    try:
        taken = lifecycle.reap()
    except LOST_CONNECTION as error:
        logger.warning("The reaper could not ask the database (%s); trying again.", str(error).strip())
        connection.close()
    except Exception:
        logger.exception("The reaper failed; trying again.")
        connection.close()
    else:
        if taken:
            logger.info("The reaper took %d leases back.", taken)
