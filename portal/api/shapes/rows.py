"""What the API says of things: structs that rows of the database become, and reads that fetch them by their keys.

A noun of the API is a `msgspec.Struct`: its fields are the answer's keys, its types and docstrings the schema's
(portal/api/schema.py), and rows decode into it and encode out of it without a serializer between. Lists choose keys by whatever
queryset they have; the wide rows come by keys from one prepared statement (decisions 15 and 23).
"""

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, Expression, F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Coalesce, JSONObject

from portal.pages import compiled
from portal.pages.compiled import Argument
from portal.pages.links import web_address

RowT = TypeVar("RowT", bound="Row")

Address = Annotated[str, msgspec.Meta(description="A web address; empty where none is known.")]
MaybeAddress = Annotated[str | None, msgspec.Meta(description="A web address; null where none is known.")]


class Row(msgspec.Struct, kw_only=True):
    """One thing as the API says it; `example` is one for the documentation."""

    example: ClassVar[dict[str, Any]] = {}


class Held(msgspec.Struct, Generic[RowT]):
    """A row of a read: the thing as one JSON column."""

    json: RowT


Rows = Callable[[Sequence[int]], list[RowT]]
"""Things by their keys, in the keys' order; a key that nothing has is left out."""


Source = tuple[QuerySet[Any, Any], dict[str, Any]]
"""From where a noun is read, and which expression each key of the answer is."""


def by_keys(row: type[RowT]) -> Callable[[Callable[[], Source]], Rows[RowT]]:
    """Make the read of a noun out of a function that says from where, and which expression each key of the answer is."""

    def made(build: Callable[[], Source]) -> Rows[RowT]:
        @compiled.read(Held[row], keys=ArrayField(BigIntegerField()))  # type: ignore[valid-type]  # a type made at run time
        def held(keys: Argument) -> QuerySet[Any, Any]:
            rows, columns = build()
            wanted = Func(F("pk"), keys, template="%(expressions)s)", arg_joiner=" = ANY (", output_field=BooleanField())
            order = Func(keys, F("pk"), function="array_position", output_field=IntegerField())
            return rows.filter(wanted).order_by(order).values(json=PlainJSON(**columns))

        def read(keys: Sequence[int]) -> list[RowT]:
            return [found.json for found in held(keys=list(keys))] if keys else []

        return read

    return made


class PlainJSON(JSONObject):
    """As JSONObject, but the text that PostgreSQL can write without parsing it into jsonb first."""

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """The SQL."""
        return Func.as_sql(self, compiler, connection, function="JSON_BUILD_OBJECT", **extra)


def text(column: str | Expression) -> Coalesce:
    """A column's text, "" for null: clients of the old API take no null there."""
    return Coalesce(column, Value(""))


def maybe_address(value: str | None) -> str | None:
    """The value if it is an http(s) address, else null."""
    return web_address(value) or None


def figure(value: float | None) -> float | None:
    """A number; null for what JSON has no number for."""
    return value if value is not None and math.isfinite(value) else None
