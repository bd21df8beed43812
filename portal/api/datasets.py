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
from papers.slugs import slugify_title
from portal.api.bodies import DatasetCreateRequest, DatasetUpdateRequest
from portal.api.orders import BY_SLUG
from portal.api.shapes.datasets import Dataset, read_datasets
from portal.api.shapes.evaluations import EvaluationTable, read_evaluations
from portal.api.shapes.submissions import Submission
from portal.api.tasks import NamesAsked, named
from portal.api.viewsets import says, words
from portal.api.writing import Writes, without


class FullNamesAsked(NamesAsked):
    """What a list of things with two names can be narrowed by."""

    full_name = words("A part of the full name.")


class DatasetViewSet(Writes):
    """Datasets in the order of their ids."""

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

    @says(Dataset, codes=(201, 202), body=DatasetCreateRequest)
    def create(self, request: Request) -> Response:
        """Add a dataset."""
        said = self.body(DatasetCreateRequest)
        name, full_name, url = said["name"], said.get("full_name"), said.get("url")
        return self.added(
            "dataset",
            without({"name": name, "full_name": full_name, "homepage": url}),
            lambda sent: Dataset(id=slugify_title(name), name=name, full_name=full_name or None, url=url),
        )

    @says(Dataset, codes=(200, 202), body=DatasetUpdateRequest)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change a dataset."""
        said = self.body(DatasetUpdateRequest)
        return self.changed("dataset", without({"name": said.get("name"), "homepage": said.get("url")}), said)

    @says(Submission, codes=(204, 202))
    def destroy(self, request: Request, slug: str) -> Response:
        """Remove a dataset: a reviewer of its areas at once, anybody else by a submission that waits."""
        return self.removed("dataset")

    @says(EvaluationTable, is_page=True, order=BY_SLUG)
    @action(detail=True)
    def evaluations(self, request: Request, slug: str) -> Response:
        """The dataset's boards, in the order of their ids."""
        boards = Leaderboard.objects.published().filter(dataset=self.key())
        return self.page_of(boards, read_evaluations, order=BY_SLUG)
