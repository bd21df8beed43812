"""Statements that a connection plans once: to plan a claim costs PostgreSQL more than to run it."""

from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

from django.db import connection


class Prepared:
    """A statement with its places $1, $2, ...; `types` are those of its values. One of a name in the whole program."""

    def __init__(self, name: str, *, types: Sequence[str], statement: str) -> None:
        self._prepare = f"PREPARE {name} ({', '.join(types)}) AS {statement}"
        self._execute = f"EXECUTE {name} ({', '.join('%s' for _ in types)})"
        self._known: WeakSet[Any] = WeakSet()

    def row(self, *values: int | str | None) -> tuple[Any, ...] | None:
        """The first row for these values, if there is one: one query."""
        with connection.cursor() as cursor:
            if connection.connection not in self._known:
                cursor.execute(self._prepare)
                self._known.add(connection.connection)
            cursor.execute(self._execute, values)
            found: tuple[Any, ...] | None = cursor.fetchone()
        return found
