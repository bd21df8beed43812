"""A thread of each web process that hears of changes made elsewhere: on another host, or in a database console."""

import logging
import os
import select
import threading
from contextlib import closing

import psycopg2
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

from portal import page_version
from portal.postgres.base import CHANNEL

logger = logging.getLogger(__name__)

NAME = "page watch"
PAUSE_SECONDS = 1.0
CHECK_SECONDS = 30.0
"""Silence after which the connection is asked whether it lives: a host that vanished says nothing."""

_lock = threading.Lock()
_watcher: "_Watcher | None" = None


def is_watching() -> bool:
    """Whether changes from elsewhere are heard; starts the watch of this process where there is none yet."""
    watcher = _watcher
    if watcher is None or watcher.process != os.getpid():
        watcher = _start()
    return watcher.hears


def _start() -> "_Watcher":
    global _watcher
    with _lock:
        if _watcher is None or _watcher.process != os.getpid():
            _watcher = _Watcher()
            _watcher.start()
        return _watcher


class _Watcher(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name=NAME, daemon=True)
        self.process = os.getpid()
        self.hears = False

    def run(self) -> None:
        """Listen for the life of the process; while nobody listens, no page may be taken from a cache."""
        while True:
            try:
                self._listen()
            except (psycopg2.Error, OSError, ValueError) as error:
                if self.hears:
                    logger.warning("Pages are not cached for now: the database no longer says what changes (%s).", _line(error))
            self.hears = False
            threading.Event().wait(PAUSE_SECONDS)

    def _listen(self) -> None:
        parameters = connections[DEFAULT_DB_ALIAS].get_connection_params()
        parameters.pop("cursor_factory", None)
        parameters["application_name"] = NAME  # as pg_stat_activity has it
        with closing(psycopg2.connect(**parameters)) as connection:
            connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
                page_version.announce()  # what changed before is not known
                self.hears = True
                while True:
                    if not any(select.select([connection], [], [], CHECK_SECONDS)):
                        cursor.execute("SELECT 1")
                    connection.poll()
                    if any(notice.payload != page_version.host_name() for notice in connection.notifies):
                        page_version.announce()
                    connection.notifies.clear()


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
