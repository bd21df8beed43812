"""Methods."""

from typing import Any, ClassVar

from django.db.models import Case, F, When
from django.db.models.functions import Coalesce

from papers import models
from portal.api.shapes.rows import Row, Source, by_keys, text


class Method(Row):
    """A building block that papers use; `paper` is the id of the one that introduced it."""

    id: str
    name: str
    full_name: str
    description: str
    paper: str | None

    example: ClassVar[dict[str, Any]] = {
        "id": "lora", "name": "LoRA", "full_name": "Low-Rank Adaptation", "description": "Small matrices beside frozen weights.",
        "paper": "lora-low-rank-adaptation-of-large-language",
    }  # fmt: skip


@by_keys(Method)
def read_methods() -> Source:
    """Methods."""
    return models.Method.objects.all(), {
        "id": "slug",
        "name": "name",
        "full_name": Coalesce("full_name", "name"),
        "description": text("description"),
        "paper": Case(When(paper__removed_at=None, paper__duplicate_of=None, then=F("paper__slug"))),
    }
