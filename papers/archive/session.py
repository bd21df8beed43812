"""One import's hold on the database: the owner's connection in a transaction, fresh row ids, and the marks of its rows."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from time import monotonic
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from psycopg2.extensions import connection as PgConnection
from psycopg2.extras import register_default_jsonb

from papers.archive.text import NumberAsWritten
from papers.catalogue_row import Source

OWNER = "owner"
"""The alias whose role owns the tables: it may take indexes away for a bulk load, and write the history itself."""

GAVE_WAY = "Demo row; gave way to the imported archive."
DISAPPEARED = "No longer in the archive."
A_VARIANT = "In the archive a variant of "
"""How the reason begins where a dataset was merged into the one that lists it; the name of that one follows."""
COMES_BACK = (GAVE_WAY, DISAPPEARED)
"""Reasons of removals that, with `A_VARIANT`, an import made and takes back when the archive has the row again."""

_ID_BLOCK = 5000
_loads = partial(json.loads, parse_float=NumberAsWritten)


@dataclass
class Session:
    """What the loaders share. `dump` names the dump being loaded; a baseline records no new rows in the history."""

    source: Source
    import_id: int
    dump: str = ""
    origin: str = ""
    is_baseline: bool = False
    bare_tables: set[str] = field(default_factory=set)
    seconds: dict[str, float] = field(default_factory=dict)
    _connection: PgConnection | None = None
    _defaults: dict[str, list[str]] = field(default_factory=dict)
    _with_defaults: set[str] = field(default_factory=set)
    _pools: dict[str, Iterator[int]] = field(default_factory=dict)

    def begin(self) -> None:
        """Take the owner's connection, and say for its transaction that the history is written here, in bulk."""
        connections[OWNER].ensure_connection()
        self._connection = connections[OWNER].connection
        self.run("SELECT set_config('portal.bulk', 'on', true)")

    @property
    def connection(self) -> PgConnection:
        """The driver's own connection: one thread may use it while another parses."""
        if self._connection is None:
            raise RuntimeError("the session has not begun")
        return self._connection

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Note how long a step took, beside what it took before."""
        began = monotonic()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + monotonic() - began

    def run(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> int:
        """Run a statement; how many rows it touched."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.rowcount

    def rows(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query; JSON comes as values, numbers to the letter."""
        with self.connection.cursor() as cursor:
            # Django has its connections hand JSON over as text.
            register_default_jsonb(cursor, loads=_loads)
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def stream(self, statement: str, parameters: Sequence[Any] | None = None) -> Iterator[tuple[Any, ...]]:
        """The rows of a query that may be long, without holding them."""
        with self.connection.cursor("stream") as cursor:
            cursor.itersize = 20_000
            cursor.execute(statement, parameters)
            yield from cursor

    def copy(self, table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
        """Append rows in COPY's text form (copy_text.line)."""
        self.copy_bytes(table, columns, "".join(lines).encode())

    def copy_bytes(self, table: str, columns: Sequence[str], text: bytes) -> None:
        """Append rows in COPY's text form, in UTF-8 already."""
        if not text:
            return
        names = ", ".join(f'"{column}"' for column in columns)
        with self.connection.cursor() as cursor:
            # In one piece: between pieces the driver waits for the interpreter, which another thread keeps busy.
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", BytesIO(text), len(text) + 1)

    def default(self, table: str, values: Mapping[str, str]) -> None:
        """Have columns of a table whose indexes are away filled by these expressions, so that COPY need not carry them."""
        if table in self._with_defaults:
            return
        self._with_defaults.add(table)
        self._defaults[table] = list(values)
        for column, expression in values.items():
            self.run(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET DEFAULT {expression}')

    def doubt_defaults(self) -> None:
        """After a savepoint was rolled back, which may have taken away what `default` set."""
        self._with_defaults.clear()

    def undo_defaults(self) -> None:
        """Take away what `default` set."""
        for table, columns in self._defaults.items():
            for column in columns:
                self.run(f'ALTER TABLE {table} ALTER COLUMN "{column}" DROP DEFAULT')
        self._defaults.clear()
        self._with_defaults.clear()

    def fresh_id(self, table: type[Model]) -> int:
        """The next id of a table, from its own sequence, over a connection beside the transaction."""
        name = table._meta.db_table
        if name not in self._pools:
            self._pools[name] = _ids(name)
        return next(self._pools[name])


def _ids(table: str) -> Iterator[int]:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        sequence = cursor.fetchone()[0]
    while True:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [sequence, _ID_BLOCK])
            block = [row[0] for row in cursor.fetchall()]
        yield from block
