"""Small files that crawlers and browsers look for: what to leave alone, how to search here, what the site is called."""

import json

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

from portal import page_cache
from portal.site import DESCRIPTION, SHORT_NAME, SITE_NAME

CRAWL_DELAY_SECONDS = 2

# Addresses with a query show, in another order or by parts, what has an address without one: the sitemap has those.
UNCRAWLED = (
    "/*?", "/search", "/admin", "/accounts/", "/api/", "/sign-out", "/downloads/", "/runs/request", "/runs/*/state",
    "/runs/*/cancel", "/runs/*/again", "/runs/*/export.zip",
)  # fmt: skip

ROBOTS = """\
User-agent: *
{rules}
Crawl-delay: {delay}

Sitemap: {sitemap}
"""


def robots(request: HttpRequest) -> HttpResponse:
    """Which addresses crawlers leave alone, how quickly they may ask, and where the others are listed."""
    text = ROBOTS.format(
        rules="\n".join(f"Disallow: {path}" for path in UNCRAWLED),
        delay=CRAWL_DELAY_SECONDS,
        sitemap=request.build_absolute_uri(reverse("sitemaps:index")),
    )
    return page_cache.mark(HttpResponse(text, content_type="text/plain; charset=utf-8"))


def opensearch(request: HttpRequest) -> HttpResponse:
    """How browsers search here (OpenSearch 1.1)."""
    xml = render_to_string(
        "portal/opensearch.xml",
        {
            "short_name": SHORT_NAME,
            "description": DESCRIPTION,
            "icon": request.build_absolute_uri(static("img/favicon.svg")),
            "search": request.build_absolute_uri(reverse("search")),
            "complete": request.build_absolute_uri(reverse("complete")),
            "feed": request.build_absolute_uri(reverse("feeds:search")),
            "own": request.build_absolute_uri(),
        },
    )
    return page_cache.mark(HttpResponse(xml, content_type="application/opensearchdescription+xml"))


def manifest(request: HttpRequest) -> HttpResponse:
    """What the site is called, and its icon, on a phone's home screen."""
    said = {
        "name": SITE_NAME,
        "short_name": SHORT_NAME,
        "description": DESCRIPTION,
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "browser",
        "theme_color": "#0a616d",
        "background_color": "#f7f8f9",
        "icons": [{"src": static("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
    return page_cache.mark(HttpResponse(json.dumps(said), content_type="application/manifest+json"))
