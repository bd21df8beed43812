"""A thread that renews a lease for as long as the work moves.

The lease must not outlive work that hangs: the thread renews only while `pulse.beat()` was called within `stall`
seconds. Work that has not moved for longer, such as a wedged GPU call, cannot be stopped from inside: the process ends,
its lease runs out, and whoever looks after the process starts it anew.

A worker that is told to stop asks between its steps, and hands back what it has. A step that takes long (a model that is
loaded, a large batch) cannot be asked: then this thread hands the work back and ends the process.
"""

import logging
import os
import threading
import time
from types import TracebackType
from typing import Self

from django.db import connection

from workers import lifecycle, log_tail, stopping
from workers.lost_connection import LOST_CONNECTION

logger = logging.getLogger(__name__)

INTERVAL = 15.0
"""Seconds between renewals: a lease of 90 s survives five that fail."""

STALL = 900.0
"""Seconds without progress after which a lease is left to run out; loading 41 GB from a slow disk fits in."""

FETCHING_STALL = 6 * 3600.0
"""The same where weights may be fetched from the hub, which tells no progress: 41 GB at 2 MB/s."""


GRACE = 4.0
"""Seconds that the work has to reach its next step once the process is to stop."""


class Pulse:
    """Keeps `lease` alive inside a `with` block; `is_lost` says that it is gone and the work is in vain."""

    def __init__(self, lease: lifecycle.Lease, *, stall: float = STALL) -> None:
        self._lease = lease
        self._stall = stall
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._last_beat = time.monotonic()
        self._activity = ""
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def is_lost(self) -> bool:
        """Whether the lease is gone: cancelled, taken back, or ended."""
        return self._lost.is_set()

    def beat(self, activity: str = "") -> None:
        """Say that the work moves and, where given, what is being done; cheap enough for an inner loop."""
        self._last_beat = time.monotonic()
        if activity and _kind(activity) != _kind(self._activity):
            logger.info("Run %s: %s", self._lease.run_id, activity)
        self._activity = activity or self._activity

    def _run(self) -> None:
        told, renewed = "", time.monotonic()
        stopped_at: float | None = None
        while not self._stop.wait(1.0):
            if time.monotonic() - self._last_beat > self._stall:
                logger.critical("The work has not moved for %.0f s (%s); this process ends.", self._stall, told)
                os._exit(os.EX_SOFTWARE)
            if stopping.is_requested():
                stopped_at = stopped_at or time.monotonic()
                if time.monotonic() - stopped_at > GRACE:
                    self._hand_back()
            try:
                if self._activity != told:
                    told = self._activity
                    lifecycle.tell(self._lease, told)
                log_tail.tell(worker=self._lease.owner, run_id=self._lease.run_id)
                if time.monotonic() - renewed >= INTERVAL:
                    renewed = time.monotonic()
                    if not lifecycle.renew(self._lease):
                        self._lost.set()
                        break
            except LOST_CONNECTION as error:
                logger.warning("The lease could not be renewed (%s); trying again.", str(error).strip())
                connection.close()
        connection.close()

    def _hand_back(self) -> None:
        """Return the work to the queue and end the process: its step would take too long, and could write nothing after this."""
        try:
            lifecycle.release(self._lease, note=lifecycle.TOLD_TO_STOP)
        except (lifecycle.LostLease, lifecycle.LostRace) as lost:
            logger.info("There was nothing to hand back: %s.", lost)
        except LOST_CONNECTION as error:
            logger.warning("The work could not be handed back (%s); its lease will run out.", str(error).strip())
        else:
            logger.info("Told to stop: run %s was handed back in the middle of a step.", self._lease.run_id)
        os._exit(os.EX_OK)


def _kind(activity: str) -> str:
    """What is being done, without how far it is: a log needs no line for each gigabyte."""
    return activity.partition(":")[0]
