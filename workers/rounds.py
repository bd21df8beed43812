"""Clocks beside the scheduler: rounds that go on whatever befalls one of them."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from workers.lost_connection import LOST_CONNECTION


def keep(go_round: Callable[[], None], *, every: float, name: str) -> None:
    """Begin a thread of that name that goes a round, waits `every` seconds and goes the next, until the process ends."""

    def rounds() -> None:
        while True:
            go_round()
            time.sleep(every)

    threading.Thread(target=rounds, name=name, daemon=True).start()


@contextmanager
def surviving(who: str, *, logger: logging.Logger) -> Iterator[None]:
    """Around one round: a database that is away is asked again at the next, and no fault ends the rounds; both are logged."""
    try:
        yield
    except LOST_CONNECTION as error:
        logger.warning("%s could not ask the database (%s); trying again.", who, str(error).strip())
        connection.close()
    except Exception:
        logger.exception("%s failed; trying again.", who)
        connection.close()
