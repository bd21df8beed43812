"""Sitemaps: an index, and parts of the things whose ids lie in one range, so that the last part costs no more than the first.

The index says when something in a part last changed, but for kinds of which there is much (or much hangs on them): it would have
to look at all of that, at each request after a change. There it looks up which parts hold something, and the parts say the rest.

They are written anew for each request and not kept with the pages: all parts together would push the pages out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.db import connection
from django.db.models import Case, Exists, F, Max, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page

from leaderboards import model_names
from leaderboards.models import Claim, ClaimQuerySet, Leaderboard, Measurement, Model, shown
from papers.catalogue_row import CatalogueQuerySet
from papers.models import Area, Author, Conference, Dataset, Method, MethodCollection, Paper, Proceeding, Task
from portal import addresses, page_cache
from portal.pages.links import address

RANGE = 10_000
"""Ids of one part; the protocol allows 50,000 addresses."""
HIGHEST_PART = 2**63 // RANGE - 1
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
NO_SUCH_PART = "There is no such part of the sitemap: /sitemap.xml lists them."
SITE = (
    "home",
    "papers:list",
    "papers:latest",
    "papers:greatest",
    "tasks:list",
    "boards:list",
    "boards:notable",
    "datasets:list",
    "methods:list",
    "conferences:list",
    "trends",
    "libraries",
    "status",
    "downloads",
    "about",
)
"""Pages of no one thing."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of things that have pages; of a large one nobody looks at all."""

    page: str
    rows: Callable[[], QuerySet[Any]]
    changed: Callable[[], Any] = lambda: F("updated_at")
    conference: Any = Value(None, output_field=TextField())
    """The slug of the conference that the page stands below."""
    is_large: bool = False


def _board_changed() -> Greatest:
    """When a board, a claim on it or a measurement last changed; Greatest passes over what is null."""
    claims = Claim.objects.filter(leaderboard=OuterRef("pk")).order_by().values("leaderboard").annotate(last=Max("updated_at"))
    measurements = Measurement.objects.filter(leaderboard=OuterRef("pk")).order_by().values("leaderboard")
    measured = measurements.annotate(last=Max("published_at"))
    return Greatest("updated_at", Subquery(claims.values("last")), Subquery(measured.values("last")))


def _named_models() -> ClaimQuerySet:
    """Of the claims about each model that of the lowest id: models go by their names (leaderboards/model_names.py)."""
    claims = Claim.objects.published().filter(shown("leaderboard__")).annotate(slug=model_names.slug("model_name"))
    before = claims.filter(slug=OuterRef("slug"), pk__lt=OuterRef("pk"))
    return claims.exclude(slug="").filter(~_removed_model(), ~Exists(before))


def _removed_model() -> Exists:
    return Exists(Model.objects.filter(slug=OuterRef("slug"), removed_at__isnull=False))


def _other_models() -> "CatalogueQuerySet[Model]":
    """Models that can be measured here and that no claim names."""
    claims = Claim.objects.published().filter(shown("leaderboard__")).annotate(model_slug=model_names.slug("model_name"))
    return Model.objects.published().filter(~Exists(claims.filter(model_slug=OuterRef("slug"))))


KINDS: Mapping[str, Kind] = {
    "papers": Kind(page="papers:detail", rows=Paper.objects.published, is_large=True),
    "tasks": Kind(page="tasks:detail", rows=Task.objects.published),
    "boards": Kind(page="boards:detail", rows=Leaderboard.objects.published, changed=_board_changed, is_large=True),
    "datasets": Kind(page="datasets:detail", rows=Dataset.objects.published),
    "methods": Kind(page="methods:detail", rows=Method.objects.published),
    "collections": Kind(page="methods:collection", rows=MethodCollection.objects.published),
    "conferences": Kind(page="conferences:detail", rows=Conference.objects.published),
    "proceedings": Kind(
        page="conferences:detail",
        # A meeting without papers is a page without content.
        rows=lambda: Proceeding.objects.published().filter(count__isnull=False),
        conference=Case(When(conference__removed_at=None, then=F("conference__slug"))),
    ),
    "areas": Kind(page="areas:detail", rows=Area.objects.published),
    # A name without a paper is a page without content.
    "authors": Kind(page="authors:detail", rows=lambda: Author.objects.published().filter(count__isnull=False), is_large=True),
    "models": Kind(page="models:detail", rows=_named_models, is_large=True),
    "registered-models": Kind(page="models:detail", rows=_other_models),
}


def index(request: HttpRequest) -> HttpResponse:
    """All parts that are not empty: one query for each kind."""
    xml = _document(
        "sitemapindex",
        "sitemap",
        (
            (request.build_absolute_uri(path), changed)
            for path, changed in (
                (reverse("sitemaps:site"), None),
                *((reverse("sitemaps:part", args=[name, part]), at) for name, kind in KINDS.items() for part, at in _parts(kind)),
            )
        ),
    )
    return page_cache.mark(HttpResponse(xml, content_type="application/xml"))


def site(request: HttpRequest) -> HttpResponse:
    """The pages of no one thing."""
    xml = _document("urlset", "url", ((request.build_absolute_uri(reverse(name)), None) for name in SITE))
    return page_cache.mark(HttpResponse(xml, content_type="application/xml"))


@gzip_page
@conditional_page
def part(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """The things of a kind whose ids lie in one range: one query."""
    found = KINDS.get(kind)
    if found is None or number > HIGHEST_PART:
        raise Http404(NO_SUCH_PART)
    rows = found.rows().filter(pk__gte=number * RANGE, pk__lt=(number + 1) * RANGE)
    marked = rows.order_by("pk").annotate(changed=found.changed(), below=found.conference)
    origin = addresses.origin(request)
    urls = [
        (origin + _path(found, slug, below), changed) for slug, below, changed in marked.values_list("slug", "below", "changed")
    ]
    if not urls:
        raise Http404(NO_SUCH_PART)
    return HttpResponse(_document("urlset", "url", urls), content_type="application/xml")


def _path(kind: Kind, slug: str, conference: str | None) -> str:
    """Where the page of a thing is."""
    return reverse("conferences:proceeding", args=[conference, slug]) if conference else address(kind.page, slug)


def _parts(kind: Kind) -> list[tuple[int, datetime | None]]:
    """The numbers of the parts that hold something, and when something in each last changed; of a large kind without that."""
    if kind.is_large:
        return [(number, None) for number in _numbers(kind)]
    numbered = kind.rows().order_by().annotate(part=F("pk") / RANGE, changed=kind.changed())
    return list(numbered.values("part").annotate(last=Max("changed")).order_by("part").values_list("part", "last"))


def _numbers(kind: Kind) -> list[int]:
    """The numbers of the parts that hold something: from each to the next by the key, whatever lies between."""
    numbered = kind.rows().order_by("pk").values_list(F("pk") / RANGE)
    first, first_values = numbered[:1].query.sql_with_params()
    beyond = numbered.filter(pk__gte=RawSQL("(part.number + 1) * %s", [RANGE]))
    following, following_values = beyond[:1].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE part(number) AS ("
            f"(SELECT ({first})) UNION ALL SELECT ({following}) FROM part WHERE number IS NOT NULL"
            ") SELECT number FROM part WHERE number IS NOT NULL",
            [*first_values, *following_values],
        )
        return [number for (number,) in cursor.fetchall()]


def _document(root: str, element: str, places: Iterable[tuple[str, datetime | None]]) -> bytes:
    """A sitemap, or an index of sitemaps, of addresses with the times of their last change."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>\n', f'<{root} xmlns="{NAMESPACE}">\n']
    for location, changed in places:
        when = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
        lines.append(f"<{element}><loc>{escape(location)}</loc>{when}</{element}>\n")
    lines.append(f"</{root}>\n")
    return "".join(lines).encode()
