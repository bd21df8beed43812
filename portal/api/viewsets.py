"""What every noun's viewset is: for now it reads, for anybody."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework.exceptions import MethodNotAllowed, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from papers import counts
from portal.api.pagination import Pages

ModelT = TypeVar("ModelT", bound=Model)
RowT = TypeVar("RowT", bound=Model)


def _nothing(rows: Sequence[Model]) -> Mapping[str, object]:
    return {}


class ReadingViewSet(ReadOnlyModelViewSet[ModelT]):
    """A list and its members. `noun` is what a member is called in sentences; `total` names the stored length of the list."""

    noun = "thing"
    total = ""
    http_method_names = ["get", "head"]
    lookup_field = "slug"
    lookup_value_regex = r"[^/\x00-\x1f\x7f]+"  # as in portal/urls.py

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say that a method is not there (405) before asking who wants it (403)."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method), detail="Only GET is answered at this address.")
        super().initial(request, *args, **kwargs)

    def get_object(self) -> ModelT:
        """The member that the address names; NotFound when the public sees no such thing."""
        try:
            return super().get_object()
        except Http404:
            raise NotFound(f"There is no {self.noun} at this address.") from None

    def paginate_queryset(self, queryset: Any) -> Any:
        """A page of the list, whose length is read from where it is stored, if it is."""
        if self.total and isinstance(self.paginator, Pages) and self.is_whole():
            self.paginator.length = counts.totals().get(self.total, 0)
        return super().paginate_queryset(queryset)

    def is_whole(self) -> bool:
        """Whether the list is all that the public sees, not narrowed by the query string."""
        return True

    def page_of(
        self,
        rows: QuerySet[RowT],
        serializer: type[BaseSerializer[RowT]],
        *,
        beside: Callable[[Sequence[RowT]], Mapping[str, object]] = _nothing,
    ) -> Response:
        """A page of the rows; `beside` fetches for all of them at once what the serializer looks up in its context."""
        page = Pages()
        found = page.paginate_queryset(rows, self.request, view=self) or []
        shown: Any = found  # the stubs do not know many=True
        return page.get_paginated_response(serializer(shown, many=True, context=dict(beside(found))).data)
