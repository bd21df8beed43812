"""Lists in the old API's envelope: by page number, as its clients ask, or by cursor, which costs the same however far down."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

ItemT = TypeVar("ItemT")

ASKED_BY = "items_per_page"
USUAL, MOST = 50, 500
NO_SUCH_PAGE = "There is no such page: pages count from 1, and the last one has no next."
NO_SUCH_CURSOR = "There is no such place in this list: take `next` of the page before it, or begin with an empty cursor."
LONGEST_CURSOR = 400


class Page(msgspec.Struct, Generic[ItemT]):
    """A part of a list. `count` is the whole list's length: null by cursor where counting would take longer than reading.

    `next` and `previous` are addresses; null where there is no further page. By cursor a list goes forward only.
    """

    count: int | None
    next: str | None
    previous: str | None
    results: list[ItemT]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The keys of the rows on a page, and the envelope around them."""

    keys: Sequence[int]
    count: int | None
    next: str | None
    previous: str | None

    def around(self, results: Sequence[Any]) -> Page[Any]:
        """The page with its rows."""
        return Page(count=self.count, next=self.next, previous=self.previous, results=list(results))


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order of a list: a column that may be null, those last, and then the key. `column` is empty for the key alone."""

    column: str = ""
    descending: bool = False
    is_nullable: bool = False

    def terms(self, *, backwards: bool = False) -> list[OrderBy]:
        """For `order_by`; backwards from the list's end."""
        down = self.descending != backwards
        key = F("pk").desc() if down else F("pk").asc()
        if not self.column:
            return [key]
        column = F(self.column)
        if not self.is_nullable:
            return [column.desc() if down else column.asc(), key]
        nulls: dict[str, Any] = {"nulls_first": True} if backwards else {"nulls_last": True}
        return [column.desc(**nulls) if down else column.asc(**nulls), key]


def chosen(request: Request, orders: Mapping[str, Order]) -> Order | None:
    """The order that `ordering` names, turned round by a minus in front; None where it names none.

    ValidationError for one that the list does not have; a list that has none looks at no such thing.
    """
    asked = request.query_params.get("ordering", "")
    if not asked or not orders:
        return None
    found = orders.get(asked.removeprefix("-"))
    if found is None:
        raise ValidationError({"ordering": [f"Give one of {', '.join(orders)}, with a minus in front for the other way round."]})
    return Order(column=found.column, descending=asked.startswith("-"), is_nullable=found.is_nullable)


def size_of(request: Request) -> int:
    """How many items a page has; ValidationError where what is asked for is no whole number above 0."""
    asked = request.query_params.get(ASKED_BY, "")
    if not asked:
        return USUAL
    if not (asked.isascii() and asked.isdigit() and asked.strip("0")):
        raise ValidationError({ASKED_BY: [f"Give a whole number from 1 to {MOST}."]})
    return MOST if len(asked.lstrip("0")) > len(str(MOST)) else min(int(asked), MOST)


def number_of(request: Request) -> int:
    """The page that is asked for, from 1; NotFound for what no list has."""
    asked = request.query_params.get("page", "") or "1"
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 9 and int(asked)):
        raise NotFound(NO_SUCH_PAGE)
    return int(asked)


def page_of_rows(request: Request, rows: QuerySet[Any], order: Order | None, *, length: int | None = None) -> Keys:
    """The page that the query string asks for, of rows in this order, or, without one, in their own.

    `length` is the list's, where that is stored. What lies in the second half of a list is read from its end.
    """
    if order and "cursor" in request.query_params:
        return by_cursor(request, rows, order, length=length)
    size, number = size_of(request), number_of(request)
    count = rows.order_by().count() if length is None else length
    begin = (number - 1) * size
    if begin >= max(count, 1):
        raise NotFound(NO_SUCH_PAGE)
    end = min(begin + size, count)
    if order and begin > count // 2:
        backwards = rows.order_by(*order.terms(backwards=True)).values_list("pk", flat=True)
        keys = list(backwards[count - end : count - begin])[::-1]
    else:
        ordered = rows.order_by(*order.terms()) if order else rows
        keys = list(ordered.values_list("pk", flat=True)[begin:end])
    return _numbered(request, keys, number=number, count=count, has_next=end < count)


def page_of_list(request: Request, keys: Sequence[int]) -> Keys:
    """A page of keys that are all at hand."""
    size, number = size_of(request), number_of(request)
    begin = (number - 1) * size
    if begin >= max(len(keys), 1):
        raise NotFound(NO_SUCH_PAGE)
    return _numbered(request, keys[begin : begin + size], number=number, count=len(keys), has_next=begin + size < len(keys))


def part(request: Request, keys: Sequence[int], *, number: int, size: int, count: int) -> Keys:
    """A page that was read by itself, out of a list of this length; NotFound where it has no such page."""
    if number > 1 and not keys:
        raise NotFound(NO_SUCH_PAGE)
    return _numbered(request, keys, number=number, count=count, has_next=number * size < count)


def _numbered(request: Request, keys: Sequence[int], *, number: int, count: int, has_next: bool) -> Keys:
    here = request.build_absolute_uri()
    first = number == 2
    back = remove_query_param(here, "page") if first else replace_query_param(here, "page", number - 1)
    return Keys(
        keys=keys,
        count=count,
        next=replace_query_param(here, "page", number + 1) if has_next else None,
        previous=back if number > 1 else None,
    )


def by_cursor(request: Request, rows: QuerySet[Any], order: Order, *, length: int | None = None) -> Keys:
    """The rows behind the mark in the query string, by an index at any depth."""
    size, mark = size_of(request), request.query_params["cursor"]
    found = _behind(rows, order, _decoded(mark) if mark else None, limit=size + 1)
    here = remove_query_param(request.build_absolute_uri(), "page")
    following = replace_query_param(here, "cursor", _encoded(found[size - 1])) if len(found) > size else None
    return Keys(keys=[key for _, key in found[:size]], count=length, next=following, previous=None)


Mark = tuple[Any, int]
"""A place in a list: the column's value, null where the order has none, and the key."""


def _behind(rows: QuerySet[Any], order: Order, mark: Mark | None, *, limit: int) -> list[Mark]:
    """The marks of the rows behind a place: those with a value first, then those without."""
    beyond = "lt" if order.descending else "gt"
    if not order.column:
        behind = rows.filter(**{f"pk__{beyond}": mark[1]}) if mark else rows
        return [(None, key) for key in behind.order_by(*order.terms()).values_list("pk", flat=True)[:limit]]
    found: list[Mark] = []
    valued = rows.filter(**{f"{order.column}__isnull": False}) if order.is_nullable else rows
    if mark is None or mark[0] is not None or not order.is_nullable:
        found = _valued(valued, order, mark, beyond=beyond, limit=limit)
    if order.is_nullable and len(found) < limit:
        rest = rows.filter(**{f"{order.column}__isnull": True})
        if mark and mark[0] is None:
            rest = rest.filter(**{f"pk__{beyond}": mark[1]})
        keys = rest.order_by("-pk" if order.descending else "pk").values_list("pk", flat=True)[: limit - len(found)]
        found += [(None, key) for key in keys]
    return found


def _valued(rows: QuerySet[Any], order: Order, mark: Mark | None, *, beyond: str, limit: int) -> list[Mark]:
    plain = Order(column=order.column, descending=order.descending)
    if mark:
        value, key = mark
        further = Q(**{f"{order.column}__{beyond}": value}) | Q(**{f"pk__{beyond}": key})
        try:
            rows = rows.filter(further, **{f"{order.column}__{beyond}e": value})
        except (ValueError, TypeError, InvalidValue):
            raise NotFound(NO_SUCH_CURSOR) from None
    try:
        return list(rows.order_by(*plain.terms()).values_list(order.column, "pk")[:limit])
    except (ValueError, TypeError, InvalidValue):  # a value of another type than the column's
        raise NotFound(NO_SUCH_CURSOR) from None


def _encoded(mark: Mark) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(mark)).decode().rstrip("=")


def _decoded(text: str) -> Mark:
    try:
        if len(text) > LONGEST_CURSOR:
            raise ValueError
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        value, key = msgspec.json.decode(raw, type=tuple[str | int | float | None, int])
    except (ValueError, UnicodeEncodeError, binascii.Error, msgspec.MsgspecError):
        raise NotFound(NO_SUCH_CURSOR) from None
    if not 0 <= key < 2**63 or (isinstance(value, str) and "\x00" in value):
        raise NotFound(NO_SUCH_CURSOR)
    return value, key
