"""Rows found in two steps within one query: their keys first, then what hangs on those alone.

Where a list's rows carry much (authors, tags, counts), the planner likes to join all that with every row that could be in the
list, and to cut the list afterwards. As an array, the keys of the few are found before, and by themselves.
"""

from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, QuerySet

RowsT = TypeVar("RowsT", bound=QuerySet[Any])


def keys_first(rows: RowsT) -> RowsT:
    """The rows of a list that is cut, in its order; what it was ordered by must not be an annotation of its own."""
    chosen: RowsT = rows.model._default_manager.filter(is_one_of(rows.values("pk")))
    return chosen.order_by(*rows.query.order_by)


def is_one_of(keys: QuerySet[Any, Any]) -> Func:
    """The condition that a row's key is among those that a query of one column finds."""
    return Func(F("pk"), ArraySubquery(keys), template="%(expressions)s)", arg_joiner=" = ANY (", output_field=BooleanField())
