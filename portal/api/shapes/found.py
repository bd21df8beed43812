"""What a search of the front page finds."""

from typing import Any, ClassVar

from portal.api.shapes.papers import Paper
from portal.api.shapes.repositories import Repository
from portal.api.shapes.rows import Row


class PaperRepo(Row):
    """A paper with one of its repositories; null where it has none."""

    paper: Paper
    repository: Repository | None
    is_official: bool

    example: ClassVar[dict[str, Any]] = {"paper": Paper.example, "repository": Repository.example, "is_official": True}
