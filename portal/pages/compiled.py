"""Reads whose SQL is made once: a queryset is compiled at its first use, prepared on each connection, and then run by its name.

To build a queryset costs Django several times what PostgreSQL takes to answer it, and to plan it costs PostgreSQL more than to
run it. A read is written as a function that returns a queryset, with an `Argument` wherever calls differ:

    @compiled.read(Title, slug=models.TextField())
    def _titles(slug: Argument) -> QuerySet[Any, Any]:
        return Paper.objects.published().filter(slug=slug).values("title")

`_titles(slug="x")` is a list of `Title`, whose fields are the columns of the queryset: rows come as one JSON text, which msgspec
decodes and checks. What the function looks at besides its arguments is fixed at the first call.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

import msgspec
import xxhash
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import QuerySet
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler
from psycopg2.extensions import AsIs

from portal.postgres.base import DatabaseWrapper

RowT = TypeVar("RowT", bound=msgspec.Struct)
Fields = Mapping[str, "models.Field[Any, Any]"]


class Argument(Expression):
    """A place in a queryset for the value of an argument; `number` is that of PostgreSQL's parameter, from 1."""

    def __init__(self, number: int, output_field: "models.Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.number = number

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        """A placeholder whose parameter is this place itself."""
        return "%s", (self,)


class Read(Generic[RowT]):
    """A prepared statement with the struct that its rows become; made by `read` and `read_sql`."""

    def __init__(self, row: type[RowT], make: Callable[[], tuple[str, Any]], arguments: Fields) -> None:
        self._make = make
        self._arguments = arguments
        self._decoder = msgspec.json.Decoder(list[row])  # type: ignore[valid-type]  # a type made at run time

    def __call__(self, **values: Any) -> list[RowT]:
        """The rows for these values: one query."""
        connection = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
        with connection.cursor() as cursor:
            if self._name not in connection.prepared:
                with connection.wrap_database_errors, connection.connection.cursor() as plain:
                    plain.execute(f"PREPARE {self._name} {self._types} AS {self._statement}")
                connection.prepared.add(self._name)
            cursor.execute(self._execute, [values[name] for name in self._arguments])
            rows: list[RowT] = self._decoder.decode(cursor.fetchone()[0])
        return rows

    @cached_property
    def _statement(self) -> str:
        """The whole statement, its constants written out; one text whatever the rows, so that no plan ever changes its type."""
        sql, parameters = self._make()
        connection = connections[DEFAULT_DB_ALIAS]
        connection.ensure_connection()
        with connection.connection.cursor() as cursor:
            whole: bytes = cursor.mogrify(f"SELECT coalesce(json_agg(found), '[]')::text FROM ({sql}) found", parameters)
        return whole.decode()

    @cached_property
    def _name(self) -> str:
        return f"read_{xxhash.xxh3_64_hexdigest(self._statement.encode())}"

    @cached_property
    def _types(self) -> str:
        connection = connections[DEFAULT_DB_ALIAS]
        return _in_brackets(str(field.cast_db_type(connection)) for field in self._arguments.values())

    @cached_property
    def _execute(self) -> str:
        return f"EXECUTE {self._name} {_in_brackets('%s' for _ in self._arguments)}"


def _in_brackets(words: Iterable[str]) -> str:
    """The words as SQL's list of arguments, which may not be empty."""
    joined = ", ".join(words)
    return f"({joined})" if joined else ""


def read(row: type[RowT], **arguments: "models.Field[Any, Any]") -> Callable[[Callable[..., QuerySet[Any, Any]]], Read[RowT]]:
    """Make a read out of a function that takes an `Argument` for each of these and returns a queryset of `values`."""

    def made(build: Callable[..., QuerySet[Any, Any]]) -> Read[RowT]:
        def compiled() -> tuple[str, tuple[Any, ...]]:
            places = {name: Argument(number, field) for number, (name, field) in enumerate(arguments.items(), start=1)}
            sql, parameters = build(**places).query.sql_with_params()
            return sql, tuple(AsIs(f"${part.number}") if isinstance(part, Argument) else part for part in parameters)

        return Read(row, compiled, arguments)

    return made


def read_sql(row: type[RowT], sql: str, **arguments: "models.Field[Any, Any]") -> Read[RowT]:
    """Make a read out of SQL with psycopg's named parameters, `%(paper)s`, one for each of these."""
    places = {name: AsIs(f"${number}") for number, name in enumerate(arguments, start=1)}
    return Read(row, lambda: (sql, places), arguments)
