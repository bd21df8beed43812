"""Lists by page number, in the old API's envelope."""

from typing import Any, TypeVar

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

RowT = TypeVar("RowT", bound=Model)

ASKED_BY = "items_per_page"
MOST = 500


class Whole(Paginator[Any]):
    """A whole list whose length is stored: counting the rows of a large one takes longer than reading a page of it."""

    def __init__(self, rows: QuerySet[Any], per_page: int, *, length: int) -> None:
        super().__init__(rows, per_page)
        self.length = length

    @cached_property
    def count(self) -> int:
        """How many rows there are."""
        return self.length


class Pages(PageNumberPagination):
    """`?page=` from 1, `?items_per_page=` up to 500 (more than that is answered with 500)."""

    page_size = 50
    page_size_query_param = ASKED_BY
    max_page_size = MOST
    length: int | None = None
    """How many items there are, where that is stored; else they are counted."""

    invalid_page_message = "There is no such page: pages count from 1, and the last one has no next."

    def django_paginator_class(self, rows: QuerySet[RowT], per_page: int) -> Paginator[RowT]:  # type: ignore[override]
        """The list, ready to be cut into pages."""
        return Paginator(rows, per_page) if self.length is None else Whole(rows, per_page, length=self.length)

    def get_page_size(self, request: Request) -> int | None:
        """How many items a page has; ValidationError where what is asked for is no whole number above 0."""
        asked = request.query_params.get(ASKED_BY, "")
        if not asked:
            return self.page_size
        if not (asked.isascii() and asked.isdigit() and asked.strip("0")):
            raise ValidationError({ASKED_BY: [f"Give a whole number from 1 to {MOST}."]})
        return MOST if len(asked.lstrip("0")) > len(str(MOST)) else min(int(asked), MOST)
