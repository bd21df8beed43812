"""A database wrapper that tells the page cache what its own commits changed, before their caller goes on.

Triggers notify the channel `pages` of every change that a page can show; PostgreSQL delivers that with the commit, to the
connection that made the change too. Every connection of ours listens for its own; those of others are `page_watch`'s.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from django.db.utils import DatabaseError, OperationalError
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from portal import page_version

CHANNEL = "pages"


@contextmanager
def losses_named() -> Iterator[None]:
    """Raise an OperationalError where the connection was lost, always.

    psycopg2 says a plain DatabaseError when the server dies at certain moments: all that the server itself complains of has
    a class below that, and a code.
    """
    try:
        yield
    except DatabaseError as error:
        if type(error) is DatabaseError and getattr(error.__cause__, "pgcode", None) is None:
            raise OperationalError(*error.args) from error
        raise


class DatabaseWrapper(base.DatabaseWrapper):
    """Announces a new version of the pages when a change of this connection's is committed."""

    prepared: set[str]
    """Names of the statements that were prepared on the connection (portal/pages/compiled.py)."""

    def get_connection_params(self) -> dict[str, Any]:
        """Those of the settings, under a name that other hosts' watchers tell from theirs."""
        return {**super().get_connection_params(), "application_name": page_version.host_name()}

    def init_connection_state(self) -> None:
        """Listen."""
        super().init_connection_state()
        self.prepared = set()
        with self.connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        if not self.get_autocommit():
            self.connection.commit()

    def is_usable(self) -> bool:
        """Whether the server still holds the connection, without asking it: its end would lie in the socket to be read.

        Django's own way costs every request a query. As there, a connection whose transaction was broken off is not usable.
        """
        if self.connection is None or self.connection.closed:
            return False
        if self.connection.info.transaction_status == TRANSACTION_STATUS_INERROR:
            return False
        waiting = select.poll()
        waiting.register(self.connection, select.POLLIN)
        try:
            while waiting.poll(0):
                self.connection.poll()  # reads notifications and farewells; fails at the end
        except psycopg2.Error:
            return False
        self.heed()
        return True

    def make_cursor(self, cursor: Any) -> "Cursor":
        """A cursor whose statements may commit by themselves."""
        return Cursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> "DebugCursor":
        """The same, which notes its statements."""
        return DebugCursor(cursor, self)

    def _commit(self) -> None:
        with losses_named(), self.wrap_database_errors:
            super()._commit()  # type: ignore[misc]  # Django's, which its stubs leave out
            if self.connection is not None:
                self.connection.poll()  # the notification came with the answer; this asks the server nothing
        if self.connection is not None:
            self.heed()

    def heed(self) -> None:
        """Announce what this connection was told of its own changes."""
        own = self.connection.info.backend_pid
        is_own = any(notice.pid == own for notice in self.connection.notifies)
        self.connection.notifies.clear()
        if is_own:
            page_version.announce()


class _Heeding:
    db: DatabaseWrapper

    def _execute(self, *arguments: Any) -> Any:
        with losses_named():
            result = super()._execute(*arguments)  # type: ignore[misc]  # Django's
        if self.db.connection.notifies:
            self.db.heed()
        return result

    def _executemany(self, *arguments: Any) -> Any:
        with losses_named():
            result = super()._executemany(*arguments)  # type: ignore[misc]  # Django's
        if self.db.connection.notifies:
            self.db.heed()
        return result


class Cursor(_Heeding, CursorWrapper):
    """Django's cursor, which looks after each statement whether it changed pages."""


class DebugCursor(_Heeding, CursorDebugWrapper):
    """The same with Django's notes of every statement."""
