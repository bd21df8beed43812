"""This process as a worker: what it has, that it is alive, and when it is told to stop."""

import logging
import os
import signal
import socket
import threading
from functools import cache
from typing import Any

from celery.signals import celeryd_init, worker_ready, worker_shutting_down
from django.db import connection
from django.db.backends.signals import connection_created
from django.db.models.functions import Now

from workers import stopping
from workers.engine import open_engine
from workers.evaluation.errors import EvaluationError
from workers.lost_connection import LOST_CONNECTION
from workers.models import WORKER_SILENCE, Worker

logger = logging.getLogger(__name__)

ALIVE_EVERY = 20.0
"""Seconds between signs of life; `models.WORKER_SILENCE` without one makes a worker gone."""

IDLE_IN_TRANSACTION = "30s"
"""How long a worker may leave a transaction open without saying anything: a third of a lease."""

_name = f"scorer@{socket.gethostname()}"


@cache
def this_worker() -> Worker:
    """This process's row, written on the first call; opens the engine, since only it knows the devices."""
    engine = open_engine()
    device = engine.device()
    facts = {
        "device": device.kind,
        "device_name": device.name,
        "device_count": device.count,
        "memory_bytes": device.memory_bytes,
        "software": engine.software(),
        "warm_checkpoint": None,
        "registered_at": Now(),
        "last_seen_at": Now(),
    }
    worker, _ = Worker.objects.update_or_create(name=_name, defaults=facts)
    return worker


@celeryd_init.connect
def become_worker(sender: str, **_: Any) -> None:
    """Take Celery's name for this process, before it forks any: a child that scores goes by the same name."""
    global _name
    _name = sender
    connection_created.connect(_let_go_of_locks)


def _let_go_of_locks(connection: Any, **_: Any) -> None:
    """Let the database end a transaction in which nothing happens.

    A worker that is frozen, or cut off, in the middle of a write would otherwise hold its shard's row, and whoever wants to take
    the shard from it waits for the row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = %s", [IDLE_IN_TRANSACTION])


@worker_ready.connect
def register(**_: Any) -> None:
    """Register when Celery is ready, and show signs of life from then on."""
    threading.Thread(target=_stay_alive, name="sign of life", daemon=True).start()


@worker_shutting_down.connect
def stop(**_: Any) -> None:
    """Let the work in hand be given back after its current step."""
    stopping.request()


def _stay_alive() -> None:
    """Write the sign of life until the process ends; a database that is away is asked again.

    A worker that cannot evaluate (benchmark data that cannot be used, a device that is not there) says why and ends,
    rather than taking work that it would fail.
    """
    while not stopping.is_requested():
        try:
            worker = this_worker()
            Worker.objects.filter(pk=worker.pk).update(last_seen_at=Now())
        except EvaluationError as error:
            logger.critical("This worker cannot evaluate and ends: %s", error)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        except LOST_CONNECTION as error:
            logger.warning("The sign of life could not be written (%s); trying again.", str(error).strip())
            connection.close()
        except Exception:
            logger.critical("This worker cannot show that it is alive and ends.", exc_info=True)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        stopping.wait(ALIVE_EVERY)
    _sign_off()


def _sign_off() -> None:
    """Leave the list of those online at once, rather than when the silence is noticed."""
    try:
        Worker.objects.filter(name=_name).update(last_seen_at=Now() - WORKER_SILENCE)
    except LOST_CONNECTION:
        logger.warning("The database could not be told that this worker stops.")
    finally:
        connection.close()
