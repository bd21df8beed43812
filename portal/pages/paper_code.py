"""The code of a paper: its repositories, official ones first, then those with most stars."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from papers.catalogue_row import CatalogueQuerySet
from papers.models import PaperRepository
from portal.pages import figures
from portal.pages.frameworks import name_of
from portal.pages.links import repository_name, web_address


@dataclass(frozen=True, kw_only=True)
class Code:
    """A repository of a paper; `stars` are what it had on the day `stars_on`, where somebody observed them."""

    name: str
    href: str
    is_official: bool
    framework: str
    stars: int | None
    stars_on: date | None


class CodeFound(msgspec.Struct, frozen=True):
    """A repository of the paper."""

    url: str
    is_official: bool | None
    framework: str | None
    stars: int | None
    stars_on: date | None


def best_first(paper: OuterRef) -> CatalogueQuerySet[PaperRepository]:
    """The links of a paper to code that the public sees."""
    links = PaperRepository.objects.published().filter(paper=paper, repository__removed_at=None)
    stars = F("repository__star_count__stars").desc(nulls_last=True)
    return links.order_by(F("is_official").desc(nulls_last=True), stars, "pk")


def found(paper: OuterRef) -> ArraySubquery:
    """The repositories of a paper as a column of a read: `CodeFound` each."""
    columns: dict[str, Any] = {
        "url": "repository__url",
        "is_official": "is_official",
        "framework": "framework",
        "stars": "repository__star_count__stars",
        "stars_on": "repository__star_count__observed_on",
    }
    return ArraySubquery(best_first(paper).values(json=JSONObject(**columns)))


def shown(repositories: Iterable[CodeFound]) -> tuple[Code, ...]:
    """The repositories whose addresses can be followed."""
    return tuple(
        Code(
            name=repository_name(url),
            href=url,
            is_official=bool(repository.is_official),
            framework=name_of(repository.framework),
            stars=repository.stars,
            stars_on=repository.stars_on,
        )
        for repository in repositories
        if (url := web_address(repository.url))
    )


def note(*, counted: int | None, known: int) -> str:
    """A line about the links that the archive's page counted and nobody here knows; empty when none is missing."""
    if not counted or counted <= known:
        return ""
    many = figures.counted(known, "repository", "repositories") if known else "no repository"
    known_here = f"{many} {'is' if known < 2 else 'are'} known here"
    return f"The archive counted {figures.counted(counted, 'code link')} for this paper; {known_here}."
