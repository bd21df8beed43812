"""The reaper's clock: it runs beside the scheduler, since a worker that hangs cannot take its own work back."""

import logging
from typing import Any

from celery.signals import beat_init

from workers import lifecycle, rounds

logger = logging.getLogger(__name__)

EVERY = 15.0
"""Seconds between two rounds."""


@beat_init.connect
def start(**_: Any) -> None:
    """Begin the rounds when the scheduler begins; several schedulers do no harm."""
    rounds.keep(go_round, every=EVERY, name="reaper")


def go_round() -> None:
    """One round."""
    with rounds.surviving("The reaper", logger=logger):
        if taken := lifecycle.reap():
            logger.info("The reaper took %d leases back.", taken)
