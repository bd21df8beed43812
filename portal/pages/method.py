"""Methods: the list of all, and one with the papers that use it."""

from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse

from papers.models import Method, SlugHistory
from portal.context import page
from portal.pages import absence, keyset
from portal.pages.dataset import other_name
from portal.pages.keyset import newest_papers
from portal.pages.links import Link, address, host_of, web_address
from portal.pages.paper_cards import published_papers

PAGE = 60
UNKNOWN_YEAR = 2000
"""The archive's word for a year that it did not know."""


@dataclass(frozen=True, kw_only=True)
class MethodCard:
    """A method in a list."""

    name: str
    slug: str
    full_name: str
    collection: str
    papers: int

    @property
    def href(self) -> str:
        """The method's page."""
        return address("methods:detail", self.slug)


def methods(request: HttpRequest) -> HttpResponse:
    """The list of methods by name, a page at a time."""
    after = request.GET.get("after", "")
    found = cards(keyset.from_slug(Method.objects.published(), after=after)[: PAGE + 1])
    listed = keyset.cut(found, size=PAGE, after=after, mark=lambda card: card.slug)
    return page(request, "papers/methods.html", {"methods": listed, "section": "methods"})


def cards(methods: QuerySet[Method]) -> tuple[MethodCard, ...]:
    """The methods in their order: one query."""
    rows = methods.annotate(paper_total=Coalesce(F("count__papers"), 0))
    return tuple(
        MethodCard(name=name, slug=slug, full_name=other_name(full_name, name), collection=collection or "", papers=papers)
        for name, slug, full_name, collection, papers in rows.values_list(
            "name", "slug", "full_name", "main_collection__name", "paper_total"
        )
    )


def method_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one method."""
    method = Method.objects.published().filter(slug=slug).first()
    if method is None:
        return absence.explain(request, kind=SlugHistory.Kind.METHOD, slug=slug)
    context = {
        "name": method.name,
        "slug": slug,
        "full_name": other_name(method.full_name, method.name),
        "description": method.description or "",
        "year": method.introduced_year if method.introduced_year != UNKNOWN_YEAR else None,
        "source": _link(method.source_url, method.source_title),
        "snippet": _link(method.code_snippet_url, None),
        "collections": tuple(method.collections.filter(removed_at=None).values_list("name", flat=True)),
        "papers": newest_papers(published_papers().filter(method_places__method=method), after=request.GET.get("after", "")),
    }
    return page(request, "papers/method.html", {**context, "section": "methods"})


def _link(url: str | None, text: str | None) -> Link | None:
    """An address of the archive with its words; words alone if it cannot be followed, None without either."""
    href = web_address(url)
    words = text or host_of(href)
    return Link(text=words, href=href) if words else None
