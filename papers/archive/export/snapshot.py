"""One reading of the whole database: every query sees the catalogue as it was at one moment."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

BATCH = 2000


class Snapshot:
    """Queries within one read-only transaction."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def all(self, query: str, values: Sequence[int | list[int]] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query at once, for what fits in memory."""
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())

    def end(self) -> None:
        """End the transaction, whose age would keep the database from cleaning up; locks of the session stay."""
        self._connection.rollback()

    def batches(
        self, query: str, values: Sequence[int | list[int]] = (), *, size: int = BATCH
    ) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query by a cursor of the server, `size` at a time."""
        with self._connection.chunked_cursor() as cursor:
            cursor.execute(query, values)
            while rows := cursor.fetchmany(size):
                yield rows


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """A connection of its own, so that no other work of the process stands in the same transaction."""
    connection = connections["default"].copy()
    try:
        connection.set_autocommit(False)
        connection.connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        yield Snapshot(connection)
    finally:
        connection.close()
