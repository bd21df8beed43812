"""Papers."""

from datetime import date
from typing import Any, ClassVar, Literal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, When

from papers import models
from papers.models import PaperAuthor
from portal.api.shapes.rows import Address, MaybeAddress, Row, Source, by_keys, maybe_address, text
from portal.pages.links import web_address


class Paper(Row):
    """A paper as the old API wrote it, and with `abstract_by` whose words the abstract is: the authors' or this portal's."""

    id: str
    arxiv_id: str | None
    nips_id: str | None
    url_abs: Address
    url_pdf: Address
    title: str
    abstract: str
    abstract_by: Literal["authors", "portal"]
    authors: list[str]
    published: date | None
    conference: str | None
    conference_url_abs: MaybeAddress
    conference_url_pdf: MaybeAddress
    proceeding: str | None

    example: ClassVar[dict[str, Any]] = {
        "id": "attention-is-all-you-need", "arxiv_id": "1706.03762", "nips_id": None,
        "url_abs": "https://arxiv.org/abs/1706.03762v5", "url_pdf": "https://arxiv.org/pdf/1706.03762v5.pdf",
        "title": "Attention Is All You Need", "abstract": "A model without recurrence.", "abstract_by": "portal",
        "authors": ["Ashish Vaswani", "Noam Shazeer"], "published": "2017-06-12", "conference": "attention-is-all-you-need-1",
        "conference_url_abs": None, "conference_url_pdf": None, "proceeding": "neurips-2017-12",
    }  # fmt: skip

    def __post_init__(self) -> None:
        """Whatever stands where an address should is none unless it is one: a client may make a link of what it gets."""
        self.url_abs, self.url_pdf = web_address(self.url_abs), web_address(self.url_pdf)
        self.conference_url_abs = maybe_address(self.conference_url_abs)
        self.conference_url_pdf = maybe_address(self.conference_url_pdf)


@by_keys(Paper)
def read_papers() -> Source:
    """Papers."""
    names = PaperAuthor.objects.filter(paper=OuterRef("pk")).order_by("position").values("author__name")
    return models.Paper.objects.all(), {
        "id": "slug",
        **{name: name for name in ("arxiv_id", "nips_id", "abstract_by", "conference_url_abs", "conference_url_pdf")},
        **{name: text(name) for name in ("url_abs", "url_pdf", "title", "abstract")},
        "authors": ArraySubquery(names),
        "published": "date",
        "conference": "conference_slug",
        "proceeding": Case(When(proceeding__removed_at=None, then=F("proceeding__slug"))),
    }
