"""Lists of all papers: every one, the latest with code, and those with most code."""

from collections.abc import Mapping
from dataclasses import replace

from django.http import HttpRequest, HttpResponse

from papers import counts
from portal.context import page
from portal.pages import paper_filter
from portal.pages.paper_cards import published_papers
from portal.pages.paper_filter import GREATEST, ORDERS, PaperFilter


def papers(request: HttpRequest) -> HttpResponse:
    """The list of papers, in the order and with the filters that the reader wants."""
    wanted = paper_filter.read(request.GET)
    found = wanted.page(published_papers(), after=request.GET.get("after", ""))
    context = {"papers": found, "filter": wanted, "orders": ORDERS, "total": total(wanted)}
    return page(request, "papers/papers.html", {**context, "section": "papers"})


def latest(request: HttpRequest) -> HttpResponse:
    """The latest papers with code."""
    return _ranked(request, PaperFilter(with_code=True), tab="latest")


def greatest(request: HttpRequest) -> HttpResponse:
    """The papers with most code."""
    return _ranked(request, PaperFilter(order=GREATEST), tab="greatest")


def _ranked(request: HttpRequest, preset: PaperFilter, *, tab: str) -> HttpResponse:
    year, complaint = paper_filter.year_of(request.GET.get("year", ""))
    wanted = replace(preset, year=year, complaint=complaint, is_preset=True)
    found = wanted.page(published_papers(), after=request.GET.get("after", ""))
    return page(request, "papers/ranked.html", {"papers": found, "filter": wanted, "tab": tab, "section": "papers"})


def total(wanted: PaperFilter) -> int | None:
    """How many papers there are in all, as it is stored; None where nobody has counted what was asked for."""
    if wanted.year:
        return None
    found: Mapping[str, int] = counts.totals()
    return found.get("papers_with_code" if wanted.with_code or wanted.order == GREATEST else "papers", 0)
