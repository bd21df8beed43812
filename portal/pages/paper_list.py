"""All papers, newest first."""

from django.http import HttpRequest, HttpResponse

from portal.context import page
from portal.pages.keyset import newest_papers
from portal.pages.paper_cards import published_papers


def papers(request: HttpRequest) -> HttpResponse:
    """The list of papers, a page at a time."""
    found = newest_papers(published_papers(), after=request.GET.get("after", ""))
    return page(request, "papers/papers.html", {"papers": found, "section": "papers"})
