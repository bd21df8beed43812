"""Which parameters of an address the pages read. All others are taken away before any view sees them.

So `/?utm_source=...`, or whatever somebody makes up, is the page that is kept already (portal/page_cache.py) and fills no
memory; and no page can depend on a parameter by which it is not kept.
"""

from collections.abc import Mapping
from urllib.parse import unquote_plus

_PAPERS = "after year sort code"
_LISTS = ("tasks", "benchmarks", "dataset", "methods", "method", "model", "author", "conference", "libraries", "users")
_WITHOUT = (
    "", "paper", "area", "badge", "conferences", "trends", "downloads", "submit", "about", "design",
    "latest.atom", "latest-with-code.atom", "sitemap.xml", "sitemaps", "robots.txt", "opensearch.xml",
    "site.webmanifest", "favicon.ico",
)  # fmt: skip
_READ: Mapping[str, str] = {
    "papers": _PAPERS,
    "task": _PAPERS,
    "latest": "after year",
    "greatest": "after year",
    "sota": "after apply metric extra method code measured from to metrics columns rows",
    "datasets": "after modality task language order",
    "search": "q type task year code page",
    "search.atom": "q",
    **dict.fromkeys(_LISTS, "after"),
    **dict.fromkeys(_WITHOUT, ""),
}  # fmt: skip
READ: Mapping[str, frozenset[str]] = {beginning: frozenset(names.split()) for beginning, names in _READ.items()}
"""The parameters of addresses by their first part; what is not here (runs, the API, the administration) keeps all of its own."""


def read_of(path: str, query: str) -> str:
    """What of a query string the pages at a path read."""
    names = READ.get(path.split("/", 2)[1] if path.startswith("/") else path)
    if names is None or not query:
        return query
    return "&".join(pair for pair in query.split("&") if unquote_plus(pair.partition("=")[0]) in names)
