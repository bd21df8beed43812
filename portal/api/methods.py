"""Methods: `/methods/`."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from papers import models
from papers.models import SlugHistory
from portal.api.datasets import FullNamesAsked
from portal.api.orders import BY_SLUG
from portal.api.shapes.methods import Method, read_methods
from portal.api.tasks import named
from portal.api.viewsets import ReadingViewSet


class MethodViewSet(ReadingViewSet):
    """Methods in the order of their ids."""

    noun = "method"
    kind = SlugHistory.Kind.METHOD
    row = Method
    asked = FullNamesAsked
    order = BY_SLUG
    total = "methods"

    def rows(self) -> QuerySet[models.Method]:
        """The methods that the public sees."""
        return models.Method.objects.published()

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those of these names."""
        return named(rows, asked)

    def read(self, keys: Sequence[int]) -> Sequence[Method]:
        """By keys."""
        return read_methods(keys)
