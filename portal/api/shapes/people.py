"""Authors, conferences and their proceedings."""

from typing import Any, ClassVar

from papers import models
from portal.api.shapes.rows import Row, Source, by_keys


class Author(Row):
    """A person as named on papers."""

    id: str
    full_name: str

    example: ClassVar[dict[str, Any]] = {"id": "ashish-vaswani", "full_name": "Ashish Vaswani"}


@by_keys(Author)
def read_authors() -> Source:
    """Authors."""
    return models.Author.objects.all(), {"id": "slug", "full_name": "name"}


class Conference(Row):
    """A venue."""

    id: str
    name: str

    example: ClassVar[dict[str, Any]] = {"id": "neurips", "name": "NeurIPS"}


@by_keys(Conference)
def read_conferences() -> Source:
    """Conferences."""
    return models.Conference.objects.all(), {"id": "slug", "name": "name"}


class Proceeding(Row):
    """A meeting of a conference; year and month are null where its name does not say."""

    id: str
    year: int | None
    month: int | None
    name: str

    example: ClassVar[dict[str, Any]] = {"id": "neurips-2017-12", "year": 2017, "month": 12, "name": "NeurIPS 2017 12"}


@by_keys(Proceeding)
def read_proceedings() -> Source:
    """Proceedings."""
    return models.Proceeding.objects.all(), {"id": "slug", "year": "year", "month": "month", "name": "name"}
