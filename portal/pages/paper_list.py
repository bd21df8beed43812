"""Lists of all papers: every one, the latest with code, and those with most code."""

from collections.abc import Mapping
from dataclasses import replace

from django.http import HttpRequest, HttpResponse

from papers import counts
from portal.context import page
from portal.pages import clean_address, paper_filter
from portal.pages.paper_cards import published_papers
from portal.pages.paper_filter import GREATEST, LATEST, STARRED, PaperFilter


def papers(request: HttpRequest) -> HttpResponse:
    """The list of papers, in the order and with the filters that the reader wants."""
    if clean := clean_address.shared(request, usual={"sort": LATEST}):
        return clean
    wanted = paper_filter.read(request.GET)
    found = wanted.page(published_papers(), after=request.GET.get("after", ""))
    totals = counts.totals()
    context = {"papers": found, "filter": wanted, "orders": paper_filter.orders(totals), "total": total(wanted, totals)}
    return page(request, "papers/papers.html", {**context, "section": "papers"})


def latest(request: HttpRequest) -> HttpResponse:
    """The latest papers with code."""
    return _ranked(request, PaperFilter(with_code=True), tab="latest")


def greatest(request: HttpRequest) -> HttpResponse:
    """The papers whose code has most stars; the papers with most code, where nobody observed any."""
    by_stars = bool(counts.totals().get("papers_with_stars"))
    return _ranked(request, PaperFilter(order=STARRED if by_stars else GREATEST), tab="greatest")


def _ranked(request: HttpRequest, preset: PaperFilter, *, tab: str) -> HttpResponse:
    if clean := clean_address.shared(request):
        return clean
    year, complaint = paper_filter.year_of(request.GET.get("year", ""))
    wanted = replace(preset, year=year, complaint=complaint, is_preset=True)
    found = wanted.page(published_papers(), after=request.GET.get("after", ""))
    return page(request, "papers/ranked.html", {"papers": found, "filter": wanted, "tab": tab, "section": "papers"})


def total(wanted: PaperFilter, totals: Mapping[str, int]) -> int | None:
    """How many papers there are in all, as it is stored; None where nobody has counted what was asked for."""
    if wanted.year:
        return None
    return totals.get("papers" if wanted.order == LATEST and not wanted.with_code else "papers_with_code", 0)
