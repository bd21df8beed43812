"""What is cited of a paper, out of the columns that hold it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from papers.citations import Citation
from papers.models import Paper, PaperAuthor
from portal.pages.links import web_address
from portal.pages.paper_cards import title_of

COLUMNS = (
    "title", "date", "arxiv_id", "abstract", "abstract_by", "url_abs", "url_pdf", "conference_url_abs", "conference_url_pdf",
    "proceeding__name", "proceeding__conference__name", "proceeding__year", "proceeding__month",
)  # fmt: skip
"""What `of` reads of a row."""


def read(slug: str) -> Citation | None:
    """What is cited of a paper, in one query; None when the public sees no such paper."""
    names = PaperAuthor.objects.filter(paper=OuterRef("pk")).order_by("position").values_list("author__name")
    row = Paper.objects.published().filter(slug=slug).annotate(names=ArraySubquery(names)).values(*COLUMNS, "names").first()
    return of(row, slug=slug, authors=row["names"]) if row else None


def of(row: Mapping[str, Any], *, slug: str, authors: Iterable[str]) -> Citation:
    """What is cited of the paper with these columns. A summary of ours is not the paper's abstract."""
    conference, year = row["proceeding__conference__name"], row["proceeding__year"]
    return Citation(
        title=title_of(row["title"], slug),
        authors=tuple(authors),
        date=row["date"],
        venue=f"{conference} {year}" if conference and year else row["proceeding__name"] or "",
        venue_year=year,
        venue_month=row["proceeding__month"],
        arxiv_id=row["arxiv_id"] or "",
        url=web_address(row["url_abs"]) or web_address(row["conference_url_abs"]),
        pdf=web_address(row["url_pdf"]) or web_address(row["conference_url_pdf"]),
        abstract=(row["abstract"] or "") if row["abstract_by"] == Paper.AbstractBy.AUTHORS else "",
    )
