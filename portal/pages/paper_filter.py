"""Which papers of a list a reader wants, and in which order: read from the address, kept in the addresses of its pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from papers.models import PaperQuerySet
from portal.pages import keyset
from portal.pages.keyset import Kept, Page
from portal.pages.paper_cards import PaperCard

LATEST = "latest"
GREATEST = "greatest"
STARRED = "stars"
ORDERS = {LATEST: "Latest", GREATEST: "Most code", STARRED: "Most stars"}
FIRST_YEAR, LAST_YEAR = 1800, 2200
LONGEST_QUOTE = 40


@dataclass(frozen=True, kw_only=True)
class PaperFilter:
    """What was asked for; `complaint` is a sentence about what could not be understood, and was left out.

    With `is_preset` the page's own address says order and code.
    """

    order: str = LATEST
    with_code: bool = False
    year: int | None = None
    complaint: str = ""
    is_preset: bool = False

    @property
    def kept(self) -> Kept:
        """The filter as (name, value) pairs of an address; what goes without saying stays out."""
        pairs = [("year", str(self.year or ""))]
        if not self.is_preset:
            pairs += [("sort", self.order if self.order != LATEST else ""), ("code", "1" if self.with_code else "")]
        return tuple((name, value) for name, value in pairs if value)

    @property
    def is_plain(self) -> bool:
        """Whether all papers are shown, in whatever order."""
        return not (self.with_code or self.year)

    def page(self, papers: PaperQuerySet, *, after: str) -> Page[PaperCard]:
        """A page of those of the papers that were asked for: two queries at most."""
        if self.year:
            papers = papers.filter(date__year=self.year)
        if self.order == STARRED:
            return keyset.most_stars_first(papers, after=after, kept=self.kept)
        if self.order == GREATEST:
            return keyset.most_code_first(papers, after=after, kept=self.kept)
        if self.with_code:
            papers = papers.filter(count__isnull=False)
        return keyset.newest_papers(papers, after=after, kept=self.kept)


def read(asked: QueryDict) -> PaperFilter:
    """The filter that an address asks for."""
    year, complaint = year_of(asked.get("year", ""))
    order = asked.get("sort", LATEST)
    if order not in ORDERS:
        order, complaint = LATEST, complaint or f"There is no order “{quoted(order)}”: the latest come first."
    return PaperFilter(order=order, with_code=is_on(asked.get("code", "")), year=year, complaint=complaint)


def orders(totals: Mapping[str, int]) -> Mapping[str, str]:
    """The orders that there is something to go by for, with their names; by stars only where somebody observed some."""
    return {key: name for key, name in ORDERS.items() if key != STARRED or totals.get("papers_with_stars")}


def is_on(value: str) -> bool:
    """Whether a box was ticked."""
    return value not in {"", "0", "false", "no"}


def year_of(text: str) -> tuple[int | None, str]:
    """The year that was written, and a sentence where it is none."""
    text = text.strip()
    if not text:
        return None, ""
    if text.isascii() and text.isdigit() and len(text) <= 4 and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return int(text), ""
    return None, f"“{quoted(text)}” is no year from {FIRST_YEAR} to {LAST_YEAR}: papers of all years are shown."


def quoted(text: str) -> str:
    """What somebody typed, short and printable enough to be said back."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text[: LONGEST_QUOTE + 1])
    return printable if len(text) <= LONGEST_QUOTE else f"{printable[:LONGEST_QUOTE]}…"
