"""Evaluation tables, which are the site's leaderboards, and their metrics."""

from typing import Any, ClassVar

from django.db.models import BooleanField, Case, Value, When
from django.db.models.functions import Coalesce, NullIf

from leaderboards import models
from portal.api.shapes.rows import Row, Source, by_keys, text


class EvaluationTable(Row):
    """A board: one task on one dataset, by their ids."""

    id: str
    task: str
    dataset: str
    description: str
    mirror_url: str | None

    example: ClassVar[dict[str, Any]] = {
        "id": "image-classification-on-imagenet", "task": "image-classification", "dataset": "imagenet", "description": "",
        "mirror_url": None,
    }  # fmt: skip


@by_keys(EvaluationTable)
def read_evaluations() -> Source:
    """Boards."""
    return models.Leaderboard.objects.all(), {
        "id": "slug",
        "task": "task__slug",
        "dataset": "dataset__slug",
        "description": text("description"),
        "mirror_url": NullIf("mirror_url", Value("")),
    }


class Metric(Row):
    """A column of a board; `is_loss` means that less is better, `direction` also knows columns that rank nothing."""

    id: str
    name: str
    description: str
    is_loss: bool
    direction: str

    example: ClassVar[dict[str, Any]] = {
        "id": "00000000-0000-4000-8000-000000000001", "name": "Top 1 Accuracy", "description": "", "is_loss": False,
        "direction": "higher",
    }  # fmt: skip


@by_keys(Metric)
def read_metrics() -> Source:
    """Metrics."""
    description = Coalesce(NullIf("description", Value("")), text("canonical_name"))
    is_loss = Case(When(direction="lower", then=True), default=False, output_field=BooleanField())
    return models.Metric.objects.all(), {
        "id": "public_id", "name": "name", "description": description, "is_loss": is_loss, "direction": "direction",
    }  # fmt: skip
