"""A person as named on papers, and those papers."""

from django.http import HttpRequest, HttpResponse

from papers.models import Author, SlugHistory
from portal.context import page
from portal.pages import absence
from portal.pages.keyset import newest_papers
from portal.pages.paper_cards import published_papers


def author_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one author."""
    author = Author.objects.published().filter(slug=slug).first()
    if author is None:
        return absence.explain(request, kind=SlugHistory.Kind.AUTHOR, slug=slug)
    papers = newest_papers(published_papers().filter(author_places__author=author), after=request.GET.get("after", ""))
    return page(request, "papers/author.html", {"name": author.name, "slug": slug, "papers": papers, "section": "papers"})
