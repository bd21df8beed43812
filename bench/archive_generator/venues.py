"""Conferences and journals, and the addresses of their papers' pages."""

from dataclasses import dataclass
from typing import Literal

Site = Literal["nips", "cvf", "acl", "openreview", "pmlr", "doi"]


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue as `proceeding` spells it; `month` is written behind the year by some of them."""

    name: str
    site: Site
    month: int | None


VENUES = (
    Venue("NeurIPS", "nips", 12), Venue("CVPR", "cvf", 6), Venue("ICCV", "cvf", 10), Venue("ACL", "acl", 7),
    Venue("EMNLP", "acl", 11), Venue("NAACL", "acl", None), Venue("ICLR", "openreview", None), Venue("ICML", "pmlr", 7),
    Venue("AISTATS", "pmlr", None), Venue("ECCV", "doi", 9), Venue("COLING", "acl", 8), Venue("INTERSPEECH", "doi", None),
    Venue("LREC", "acl", 5), Venue("MIDL", "openreview", None), Venue("WACV", "cvf", None),
    Venue("Journal of Made-Up Results", "doi", None),
)  # fmt: skip


def proceeding(venue: Venue, *, year: int) -> str:
    """Free text: "NeurIPS 2018 12", "ICLR 2018"."""
    return f"{venue.name} {year}" if venue.month is None else f"{venue.name} {year} {venue.month}"


def page_url(venue: Venue, *, year: int, slug: str, number: int) -> str:
    """The address of a paper's page at its venue; `number` tells papers apart where the address carries no slug."""
    if venue.site == "nips":
        return f"http://papers.nips.cc/paper/{number}-{slug}"
    if venue.site == "cvf":
        return f"http://openaccess.thecvf.com/content_{venue.name}_{year}/html/{slug}_{number}_{venue.name}_{year}_paper.html"
    if venue.site == "acl":
        return f"https://aclanthology.org/{year}.{venue.name.lower()}-main.{number}/"
    if venue.site == "openreview":
        return f"https://openreview.net/forum?id=Syn{number:08X}"
    if venue.site == "pmlr":
        return f"https://proceedings.mlr.press/v{year - 1900}/{slug}-{number}.html"
    return f"https://doi.org/10.5555/{year}.{number}"


def pdf_url(venue: Venue, *, page: str) -> str:
    """The address of the PDF that belongs to a page."""
    if venue.site == "openreview":
        return page.replace("forum", "pdf")
    if venue.site == "cvf":
        return page.replace("/html/", "/papers/").removesuffix(".html") + ".pdf"
    return page.rstrip("/").removesuffix(".html") + ".pdf"
