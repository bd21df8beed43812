"""Areas and tasks."""

from typing import Any, ClassVar

from papers import models
from portal.api.shapes.rows import Row, Source, by_keys, text


class Area(Row):
    """A field of research."""

    id: str
    name: str

    example: ClassVar[dict[str, Any]] = {"id": "computer-vision", "name": "Computer Vision"}


class Task(Row):
    """Something that models do; tasks form a graph."""

    id: str
    name: str
    description: str

    example: ClassVar[dict[str, Any]] = {"id": "object-detection", "name": "Object Detection", "description": "Where things are."}


@by_keys(Area)
def read_areas() -> Source:
    """Areas."""
    return models.Area.objects.all(), {"id": "slug", "name": "name"}


@by_keys(Task)
def read_tasks() -> Source:
    """Tasks."""
    return models.Task.objects.all(), {"id": "slug", "name": "name", "description": text("description")}
