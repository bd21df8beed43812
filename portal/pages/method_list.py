"""Methods by their taxonomy: areas, the collections of each, and the methods of a collection, an area or all, most used first."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse

from papers.models import Method, MethodCollection
from papers.slugs import slugify_title
from portal.context import page
from portal.pages import absence, keyset
from portal.pages.keyset import NO_SUCH_PLACE, Page
from portal.pages.links import Link, address

PAGE = 60
NO_AREA = "Other"
MARK = re.compile(r"(?P<papers>\d{1,9})~(?P<key>\d{1,18})", re.ASCII)


# Papers name a method's main collection, the dump of methods all of them.
_COLLECTIONS = """
WITH member AS (
    SELECT methodcollection_id AS collection_id, method_id FROM papers_method_collections
    UNION
    SELECT main_collection_id, id FROM papers_method WHERE main_collection_id IS NOT NULL
)
SELECT collection.name, collection.slug, collection.area, count(*)
FROM member
JOIN papers_method method ON method.id = member.method_id AND method.removed_at IS NULL AND method.spam_reason = ''
JOIN papers_methodcollection collection ON collection.id = member.collection_id AND collection.removed_at IS NULL
GROUP BY collection.id
ORDER BY count(*) DESC, collection.slug
"""


@dataclass(frozen=True, kw_only=True)
class MethodCard:
    """A method in a list."""

    name: str
    slug: str
    full_name: str
    year: int | None
    collection: Link | None
    papers: int
    key: int

    @property
    def href(self) -> str:
        """The method's page."""
        return address("methods:detail", self.slug)


@dataclass(frozen=True, kw_only=True)
class CollectionCard:
    """A family of methods, with how many of them are shown."""

    link: Link
    area: str
    methods: int


@dataclass(frozen=True, kw_only=True)
class AreaCard:
    """An area of the methods' own taxonomy, with its collections, the largest first."""

    link: Link
    collections: tuple[CollectionCard, ...]


def methods(request: HttpRequest) -> HttpResponse:
    """The taxonomy, and all methods a page at a time: two queries."""
    after = request.GET.get("after", "")
    context = {"areas": () if after else areas(), "methods": listed(Method.objects.published(), after=after)}
    return page(request, "papers/methods.html", {**context, "section": "methods"})


def area_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """An area of methods: its collections, and its methods a page at a time."""
    after = request.GET.get("after", "")
    area = next((area for area in areas() if area.link.href == address("methods:area", slug)), None)
    if area is None:
        raise Http404("There is no area of methods at this address.")
    context = {"area": area, "slug": slug, "methods": listed(_of_area(area), after=after), "section": "methods"}
    return page(request, "papers/method_area.html", context)


def collection_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A collection: what it is, and its methods a page at a time."""
    collection = MethodCollection.objects.published().filter(slug=slug).first()
    if collection is None:
        return absence.explain_removal(request, MethodCollection.objects.all(), noun="collection", slug=slug)
    context = {
        "name": collection.name,
        "slug": slug,
        "area": area_link(collection.area),
        "parent": collection.parent_name if collection.parent_name != collection.name else "",
        "description": collection.description or "",
        "methods": listed(methods_of(MethodCollection.objects.filter(pk=collection.pk)), after=request.GET.get("after", "")),
        "section": "methods",
    }
    return page(request, "papers/method_collection.html", context)


def areas() -> tuple[AreaCard, ...]:
    """All areas that have collections with methods, by name, those without an area last: one query.

    The archive names areas and gives them no address here, so that two names of one address are one area.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COLLECTIONS)
        rows = cursor.fetchall()
    found: dict[str, list[CollectionCard]] = {}
    for name, slug, area, number in rows:
        link = Link(text=name or slug, href=address("methods:collection", slug))
        found.setdefault(area_link(area).href, []).append(CollectionCard(link=link, area=area or "", methods=number))
    cards = [_area(collections) for collections in found.values()]
    return tuple(sorted(cards, key=lambda card: (card.link.text == NO_AREA, card.link.text)))


def area_link(area: str | None) -> Link:
    """The page of an area by its name."""
    name = (area or "").strip() or NO_AREA
    return Link(text=name, href=address("methods:area", slugify_title(name, fallback="other")))


def _area(collections: Sequence[CollectionCard]) -> AreaCard:
    return AreaCard(link=area_link(collections[0].area), collections=tuple(collections))


def _of_area(area: AreaCard) -> QuerySet[Method]:
    names = {card.area for card in area.collections}
    within = Q(area__in=names) | (Q(area=None) if "" in names else Q())
    return methods_of(MethodCollection.objects.published().filter(within))


def methods_of(collections: QuerySet[MethodCollection]) -> QuerySet[Method]:
    """The methods that are shown of any of these collections, each once."""
    placed = Method.collections.through.objects.filter(methodcollection__in=collections)
    return Method.objects.published().filter(Q(main_collection__in=collections) | Q(pk__in=placed.values("method")))


def listed(methods: QuerySet[Method], *, after: str) -> Page[MethodCard]:
    """A page of methods, those that most papers use first: one query."""
    rows = methods.annotate(paper_total=Coalesce(F("count__papers"), 0)).order_by("-paper_total", "pk")
    if after:
        mark = MARK.fullmatch(after)
        if not mark:
            raise Http404(NO_SUCH_PLACE)
        papers, key = int(mark["papers"]), int(mark["key"])
        rows = rows.filter(Q(paper_total__lt=papers) | Q(paper_total=papers, pk__gt=key))
    found = tuple(_cards(rows[: PAGE + 1]))
    return keyset.cut(found, size=PAGE, after=after, mark=lambda card: f"{card.papers}~{card.key}")


def _cards(methods: QuerySet[Any]) -> Iterable[MethodCard]:
    rows = methods.values_list(
        "pk", "name", "slug", "full_name", "introduced_year", "main_collection__name", "main_collection__slug",
        "main_collection__removed_at", "paper_total",
    )  # fmt: skip
    for key, name, slug, full_name, year, collection, collection_slug, removed_at, papers in rows:
        is_shown = collection_slug and removed_at is None
        yield MethodCard(
            name=name,
            slug=slug,
            full_name=full_name if full_name and full_name != name else "",
            year=known_year(year),
            collection=Link(text=collection or collection_slug, href=address("methods:collection", collection_slug))
            if is_shown
            else None,
            papers=papers,
            key=key,
        )


def known_year(year: int | None) -> int | None:
    """The year in which a method was introduced; 2000 is the archive's word for one that it did not know."""
    return year if year != 2000 else None
