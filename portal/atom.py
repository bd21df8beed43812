"""Atom feeds (RFC 4287): what stands in one, and its XML."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from portal import addresses, page_cache
from portal.site import SITE_NAME

LONGEST = 50
"""How many entries a feed has at most."""
SUMMARY_LENGTH = 2000
NOTHING_YET = datetime(2025, 7, 25, tzinfo=UTC)
"""When a feed changed in which nothing ever stood: it has to say some time, and always the same. The old site ended then."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something in a feed; `href` and `related` are paths of this site, `related` may be empty."""

    public_id: UUID
    title: str
    href: str
    updated: datetime
    published: date | datetime | None
    authors: tuple[str, ...]
    summary: str
    topics: tuple[str, ...] = ()
    related: str = ""


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A feed; `page` is the path of the page that it follows, `updated` says when a feed without entries changed."""

    public_id: UUID
    title: str
    subtitle: str
    page: str
    entries: tuple[Entry, ...]
    updated: datetime = NOTHING_YET


def id_of(request: HttpRequest, what: str) -> UUID:
    """An id for a feed that follows no row: the same at every request, another on another site."""
    return uuid5(uuid5(NAMESPACE_DNS, request.get_host()), what)


def answer(request: HttpRequest, feed: Feed) -> HttpResponse:
    """The feed as it is sent; a page kept like any other."""
    site = addresses.origin(request)
    made = _Atom(
        title=_plain(f"{feed.title} | {SITE_NAME}"),
        link=site + feed.page,
        description=None,
        subtitle=_plain(feed.subtitle),
        feed_url=request.build_absolute_uri(),
        feed_guid=feed.public_id.urn,
        author_name=SITE_NAME,
        language="en",
        last_change=max((entry.updated for entry in feed.entries), default=feed.updated),
    )
    for entry in feed.entries:
        made.add_item(
            title=_plain(entry.title),
            link=site + entry.href,
            # The element is of type html; without words there is none.
            description=escape(_plain(entry.summary)[:SUMMARY_LENGTH]) or None,  # type: ignore[arg-type]  # None is meant
            unique_id=entry.public_id.urn,
            pubdate=_moment(entry.published),
            updateddate=entry.updated,
            categories=[_plain(topic) for topic in entry.topics],
            authors=[_plain(name) for name in entry.authors],
            related=site + entry.related if entry.related else "",
        )
    return page_cache.mark(HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"))


class _Atom(Atom1Feed):
    """Django's writer, with several authors an entry and a time of change that is not the clock's."""

    def latest_post_date(self) -> datetime:
        changed: datetime = self.feed["last_change"]
        return changed

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        authors: Sequence[str] = item["authors"]
        for name in authors:
            handler.startElement("author", {})
            handler.addQuickElement("name", name)
            handler.endElement("author")
        if item["related"]:
            handler.addQuickElement("link", "", {"rel": "related", "href": item["related"]})


def _plain(text: str) -> str:
    """The text without signs that XML cannot hold."""
    return _NOT_IN_XML.sub("", text).strip()


def _moment(day: date | datetime | None) -> datetime | None:
    if day is None or isinstance(day, datetime):
        return day
    return datetime.combine(day, time(), tzinfo=UTC)
