"""Datasets: `/datasets/`, and the boards of each."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboards.models import Leaderboard
from papers import models
from papers.models import SlugHistory
from portal.api.orders import BY_SLUG
from portal.api.shapes.datasets import Dataset, read_datasets
from portal.api.shapes.evaluations import EvaluationTable, read_evaluations
from portal.api.tasks import NamesAsked, named
from portal.api.viewsets import ReadingViewSet, says, words


class FullNamesAsked(NamesAsked):
    """What a list of things with two names can be narrowed by."""

    full_name = words("A part of the full name.")


class DatasetViewSet(ReadingViewSet):
    """Datasets by their addresses."""

    noun = "dataset"
    kind = SlugHistory.Kind.DATASET
    row = Dataset
    asked = FullNamesAsked
    order = BY_SLUG
    total = "datasets"

    def rows(self) -> QuerySet[models.Dataset]:
        """The datasets that the public sees."""
        return models.Dataset.objects.published()

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those of these names."""
        return named(rows, asked)

    def read(self, keys: Sequence[int]) -> Sequence[Dataset]:
        """By keys."""
        return read_datasets(keys)

    @says(EvaluationTable, is_page=True, order=BY_SLUG)
    @action(detail=True)
    def evaluations(self, request: Request, slug: str) -> Response:
        """The dataset's boards, by their addresses."""
        boards = Leaderboard.objects.published().filter(dataset=self.key())
        return self.page_of(boards, read_evaluations, order=BY_SLUG)
