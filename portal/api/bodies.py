"""What is sent to the API, as forms: what the old site's client sends, and what asks for a run. A null says nothing."""

from typing import Any, ClassVar

from rest_framework import serializers

from leaderboards.submissions.payloads import MOST_SCORES, NAME, TEXT

MOST_RESULTS = 500
"""Results in one call that synchronises a board."""


class Body(serializers.Serializer[Any]):
    """What a write takes; `example` is one for the documentation."""

    example: ClassVar[dict[str, Any]] = {}


def word(help_text: str, **more: Any) -> serializers.CharField:
    """A name, an id or an address."""
    return serializers.CharField(max_length=NAME, help_text=help_text, **more)


def text(help_text: str = "Markdown can be used.") -> serializers.CharField:
    """A long text that may be left out."""
    return serializers.CharField(required=False, allow_blank=True, max_length=TEXT, help_text=help_text)


def address(help_text: str) -> serializers.CharField:
    """A web address that may be left out."""
    return serializers.CharField(required=False, allow_blank=True, max_length=2000, help_text=help_text)


def cells(**more: Any) -> serializers.DictField:
    """Values by the names of metrics, as the paper prints them."""
    cell = serializers.CharField(max_length=80, allow_null=True, allow_blank=True)
    return serializers.DictField(child=cell, help_text=f"Values by metric, at most {MOST_SCORES}, as the paper has them.", **more)


class TaskCreateRequest(Body):
    """A new task."""

    name = word("How it is called.")
    description = text()
    area = word("The area, by id or name.", required=False, allow_blank=True)
    parent_task = word("The task that it is a part of, by id or name.", required=False, allow_blank=True)

    example = {"name": "Parsing of Tables", "description": "", "area": "computer-vision", "parent_task": None}


class TaskUpdateRequest(TaskCreateRequest):
    """What is new of a task; area and parent come beside those that it has."""

    name = word("How it is called.", required=False)

    example = {"name": None, "description": "Where things are.", "area": None, "parent_task": None}


class DatasetCreateRequest(Body):
    """A new dataset."""

    name = word("How it is called.")
    full_name = word("What the name stands for.", required=False, allow_blank=True)
    url = address("Its homepage.")

    example = {"name": "Trees", "full_name": "A Treebank", "url": "https://example.org/trees"}


class DatasetUpdateRequest(Body):
    """What is new of a dataset."""

    name = word("How it is called.", required=False)
    url = address("Its homepage.")

    example = {"name": None, "url": "https://example.org/trees"}


class EvaluationTableCreateRequest(Body):
    """A new board."""

    task = word("The task, by id or name.")
    dataset = word("The dataset, by id or name.")
    description = text()
    mirror_url = address("The board elsewhere that this one mirrors.")

    example = {"task": "object-detection", "dataset": "coco", "description": "", "mirror_url": None}


class EvaluationTableUpdateRequest(EvaluationTableCreateRequest):
    """What is new of a board; another task or dataset moves it."""

    task = word("The task, by id or name.", required=False)
    dataset = word("The dataset, by id or name.", required=False)

    example = {"task": None, "dataset": None, "description": "On the whole test set.", "mirror_url": None}


class MetricCreateRequest(Body):
    """A new column of a board."""

    name = word("How it is called.")
    description = text("What it measures.")
    is_loss = serializers.BooleanField(help_text="Whether less is better.")

    example = {"name": "box AP", "description": "Mean over IoU.", "is_loss": False}


class MetricUpdateRequest(MetricCreateRequest):
    """What is new of a column."""

    name = word("How it is called.", required=False)
    is_loss = serializers.BooleanField(required=False, help_text="Whether less is better; it ranks the whole board anew.")

    example = {"name": None, "description": "Mean over IoU from 0.5 to 0.95.", "is_loss": None}


class ResultCreateRequest(Body):
    """A new result."""

    metrics = cells()
    methodology = word("How the model is called.")
    uses_additional_data = serializers.BooleanField(required=False, help_text="Whether it uses extra training data.")
    paper = address("The paper, by id, arXiv id, address or title.")
    evaluated_on = serializers.DateField(required=False, help_text="When, else the paper's date.")
    external_source_url = address("Where the number stands, if not in the paper.")

    example = {
        "metrics": {"box AP": "55.1"}, "methodology": "Detector-L", "uses_additional_data": False, "paper": "2204.06745",
        "evaluated_on": "2022-04-14", "external_source_url": None,
    }  # fmt: skip


class ResultUpdateRequest(ResultCreateRequest):
    """What is new of a result; cells of metrics that are not named stay."""

    metrics = cells(required=False)
    methodology = word("How the model is called.", required=False)

    example = {
        "metrics": {"box AP": "55.3"}, "methodology": None, "uses_additional_data": None, "paper": None, "evaluated_on": None,
        "external_source_url": None,
    }  # fmt: skip


class MetricSyncRequest(Body):
    """A column of a board that is synchronised: less is better, unless it says otherwise."""

    name = word("How it is called.")
    description = text("What it measures.")
    is_loss = serializers.BooleanField(required=False, default=True, help_text="Whether less is better.")


class ResultSyncRequest(ResultCreateRequest):
    """A result of a board that is synchronised: whoever sends the same `external_id` again means the same result."""

    external_id = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=300, help_text="The sender's own name of it."
    )
    paper = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=2000, help_text="As of a new result."
    )
    external_source_url = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=2000, help_text="As of a new result."
    )
    evaluated_on = serializers.DateField(required=False, allow_null=True, help_text="When, else the paper's date.")


class EvaluationTableSyncRequest(Body):
    """A board as it stands elsewhere."""

    task = word("The task, by id or name.")
    dataset = word("The dataset, by id or name.")
    description = text()
    mirror_url = address("The board elsewhere.")
    external_id = serializers.CharField(required=False, allow_blank=True, max_length=300, help_text="Told back.")
    metrics = serializers.ListField(
        child=MetricSyncRequest(), required=False, max_length=MOST_SCORES, help_text="Its columns; the first ranks a new board."
    )
    results = serializers.ListField(child=ResultSyncRequest(), required=False, max_length=MOST_RESULTS, help_text="Its rows.")

    example = {
        "task": "Object Detection", "dataset": "COCO", "description": "", "mirror_url": "https://example.org/board",
        "external_id": "7", "metrics": [{"name": "box AP", "description": "", "is_loss": False}],
        "results": [
            {
                "metrics": {"box AP": "55.1"}, "methodology": "Detector-L", "paper": "2204.06745", "uses_additional_data": False,
                "external_id": "7-1", "evaluated_on": "2022-04-14", "external_source_url": None,
            }
        ],
    }  # fmt: skip


class RunCreateRequest(Body):
    """Which claim to measure; checkpoint and protocol where several can test it, or in place of a claim."""

    claim = serializers.UUIDField(required=False, help_text="The claim's id.")
    checkpoint = word("The checkpoint's id.", required=False)
    protocol = word("The protocol's id.", required=False)
    items_per_task = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=10**6,
        help_text="A trial over the first items of each task, which measures no claim.",
    )

    example = {"claim": "00000000-0000-4000-8000-000000000003"}
