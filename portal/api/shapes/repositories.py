"""Repositories, by themselves and as the code of a paper."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.db.models import BooleanField, F, Value
from django.db.models.functions import Coalesce, NullIf

from papers import models
from portal.api.shapes.rows import Address, Row, Source, by_keys
from portal.pages.links import web_address

UNKNOWN_FRAMEWORK = "none"


class Repository(Row):
    """Code somewhere.

    Descriptions are not known here, stars only where observations were imported: clients of the old API take no null for them,
    so they are "" and 0. `is_official` is said of a paper's code alone, `framework` is "none" where nobody said.
    """

    url: Address
    owner: str
    name: str
    description: str
    stars: int
    framework: str
    is_official: bool | None

    example: ClassVar[dict[str, Any]] = {
        "url": "https://github.com/EleutherAI/gpt-neox", "owner": "EleutherAI", "name": "gpt-neox", "description": "", "stars": 0,
        "framework": "pytorch", "is_official": True,
    }  # fmt: skip

    def __post_init__(self) -> None:
        """Owner and name out of the address."""
        self.url = web_address(self.url)
        self.owner, self.name = owner_and_name(self.url)


def owner_and_name(url: str) -> tuple[str, str]:
    """The first two parts of a repository's path: ("a", "b") of https://github.com/a/b.git; empty where there are none."""
    parts = [part for part in urlsplit(web_address(url)).path.split("/") if part]
    owner, name, *_ = [*parts, "", ""]
    return owner, name.removesuffix(".git")


@by_keys(Repository)
def read_repositories() -> Source:
    """Repositories by themselves."""
    return models.Repository.objects.all(), _columns("", is_official=Value(None, output_field=BooleanField(null=True)))


@by_keys(Repository)
def read_links() -> Source:
    """Repositories as what links of papers say of them."""
    return models.PaperRepository.objects.all(), _columns("repository__", is_official=F("is_official"))


def _columns(prefix: str, **more: Any) -> dict[str, Any]:
    own = [NullIf("framework", Value(""))] if prefix else []
    return {
        "url": prefix + "url",
        "owner": Value(""),
        "name": Value(""),
        "description": Value(""),
        "stars": Coalesce(prefix + "star_count__stars", 0),
        "framework": Coalesce(*own, NullIf(prefix + "framework", Value("")), Value(UNKNOWN_FRAMEWORK)),
        **more,
    }
