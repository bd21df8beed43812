"""How much one request may ask for, so that none holds a worker: see also portal/api/pagination.py and throttles.py."""

from django.db import DEFAULT_DB_ALIAS, connections

STATEMENT_SECONDS = 5
LONGEST_QUERY = 8000
"""Characters of a query string."""
LARGEST_BODY = 1 << 20
"""Bytes of a request's body."""
TOO_SLOW = f"This would take longer than {STATEMENT_SECONDS} seconds: ask for less, or narrow it down."

_MARK = "_api_timeout"


def begin() -> None:
    """From here on no statement of this thread's connection takes longer than an API request may."""
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    raw = connection.connection
    if getattr(connection, _MARK, None) is not raw:
        with raw.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {int(STATEMENT_SECONDS * 1000)}")
        setattr(connection, _MARK, raw)


def end() -> None:
    """Pages have their own measure: put the connection back, if it was changed."""
    connection = connections[DEFAULT_DB_ALIAS]
    raw = connection.connection
    if getattr(connection, _MARK, None) is raw and raw is not None:
        with raw.cursor() as cursor:
            cursor.execute("RESET statement_timeout")
        _forget(connection)


def _forget(connection: object) -> None:
    setattr(connection, _MARK, None)
