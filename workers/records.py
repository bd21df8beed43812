"""Reading a run's record, which is JSON that workers write: a part of another shape counts as missing."""

from collections.abc import Mapping
from typing import Any

from workers.models import Run

Json = Any
"""A value out of JSON: whatever was stored."""


def mapping(value: Json) -> Mapping[str, Json]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: Json) -> list[Mapping[str, Json]]:
    """The objects of a list; none where the value is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def tasks_of(run: Run) -> list[Mapping[str, Json]]:
    """The facts of the run's tasks; none before it is planned."""
    return mappings(mapping(run.provenance).get("tasks"))
