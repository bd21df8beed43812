"""What a board that is synchronised is answered with."""

from datetime import date
from typing import Any, ClassVar

from portal.api.shapes.rows import Row


class SynchronizedMetric(Row):
    """A column."""

    name: str
    description: str
    is_loss: bool

    example: ClassVar[dict[str, Any]] = {"name": "box AP", "description": "", "is_loss": False}


class SynchronizedResult(Row):
    """A row; `is_waiting` where a reviewer decides about it, and its id is then the submission's."""

    id: str
    metrics: dict[str, str]
    methodology: str
    paper: str | None
    uses_additional_data: bool
    external_id: str | None
    evaluated_on: date | None
    external_source_url: str | None
    is_waiting: bool

    example: ClassVar[dict[str, Any]] = {
        "id": "00000000-0000-4000-8000-000000000003", "metrics": {"box AP": "55.1"}, "methodology": "Detector-L", "paper": None,
        "uses_additional_data": False, "external_id": "7-1", "evaluated_on": "2022-04-14", "external_source_url": None,
        "is_waiting": False,
    }  # fmt: skip


class EvaluationTableSyncResponse(Row):
    """The board and what became of each row that was sent, in that order; `is_waiting` where the board itself waits."""

    id: str
    task: str
    dataset: str
    description: str
    mirror_url: str | None
    external_id: str | None
    metrics: list[SynchronizedMetric]
    results: list[SynchronizedResult]
    is_waiting: bool

    example: ClassVar[dict[str, Any]] = {
        "id": "object-detection-on-coco", "task": "object-detection", "dataset": "coco", "description": "",
        "mirror_url": "https://example.org/board", "external_id": "7", "metrics": [SynchronizedMetric.example],
        "results": [SynchronizedResult.example], "is_waiting": False,
    }  # fmt: skip
