"""Datasets."""

from typing import Any, ClassVar

from papers import models
from portal.api.shapes.rows import MaybeAddress, Row, Source, by_keys, maybe_address


class Dataset(Row):
    """Data that models are measured on."""

    id: str
    name: str
    full_name: str | None
    url: MaybeAddress

    example: ClassVar[dict[str, Any]] = {
        "id": "mmlu", "name": "MMLU", "full_name": "Massive Multitask Language Understanding", "url": "https://github.com/hendrycks/test",
    }  # fmt: skip

    def __post_init__(self) -> None:
        """No link that is none."""
        self.url = maybe_address(self.url)


@by_keys(Dataset)
def read_datasets() -> Source:
    """Datasets."""
    return models.Dataset.objects.all(), {"id": "slug", "name": "name", "full_name": "full_name", "url": "homepage"}
