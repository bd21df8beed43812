"""Pages kept for anonymous readers: in this process, and in Redis for the processes beside it.

A page is kept under the catalogue's version (`portal.page_version`) that held before it was read, and is served only while that
is still the version: so the next request after an import, an edit or a measurement sees it. Only pages that their view marks
(`mark`) are kept, and only for readers without a session; of an address the parameters that pages read count. Readers' own
caches have to ask each time, unless the view says otherwise, and get 304 by the page's ETag.
"""

import gzip
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import redis
import xxhash
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from portal import page_version, page_watch, parameters

logger = logging.getLogger(__name__)

LONGEST_SECONDS = 600.0
"""A page is read anew at last after this: what it says of time (a week's trend) goes on without any change."""
SMALLEST_ZIPPED = 512
REDIS_SECONDS = 300
REDIS_PAUSE_SECONDS = 10.0
"""How long a Redis that did not answer is left alone."""

_KEPT_STATUS = {200, 301, 410}
_MARK = "_may_be_kept"


class Page(msgspec.Struct, frozen=True, array_like=True):
    """A page as it is sent; `zipped` is empty for a small one."""

    status: int
    headers: list[tuple[str, str]]
    plain: bytes
    zipped: bytes
    etag: str
    until: float


def mark(response: HttpResponse) -> HttpResponse:
    """Say that a response is the same for every anonymous reader until the catalogue changes."""
    setattr(response, _MARK, True)
    return response


def page_cache(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, before all others: a page that is kept costs none of them."""
    kept = _Kept(limit=settings.PAGE_CACHE_MB << 20)
    shared = _Shared(settings.PAGE_CACHE_URL)
    session, is_off = settings.SESSION_COOKIE_NAME, settings.PAGE_CACHE_MB == 0

    def answered(request: HttpRequest) -> HttpResponse:
        if request.META.get("QUERY_STRING") and request.method in {"GET", "HEAD"}:
            request.META["QUERY_STRING"] = parameters.read_of(request.path, request.META["QUERY_STRING"])
        if is_off or request.method not in {"GET", "HEAD"} or session in request.COOKIES or "HTTP_AUTHORIZATION" in request.META:
            return answer(request)
        meta = request.META
        key = f"{request.scheme} {meta.get('HTTP_HOST', '')} {request.path} {meta.get('QUERY_STRING', '')}"
        version = page_version.current()
        page = kept.find(key, version)
        if page is None:
            if not page_watch.is_watching():
                return answer(request)
            page = shared.find(key, version)
            if page is None:
                response = answer(request)
                page = _page_of(response)
                if page is None:
                    return response
                if request.method == "HEAD":
                    return _sent(page, request)
                shared.keep(key, version, page)
            kept.keep(key, version, page)
        return _sent(page, request)

    return answered


def _page_of(response: HttpResponse) -> Page | None:
    """The response as a page to be kept; None where it is somebody's own."""
    if not getattr(response, _MARK, False) or response.status_code not in _KEPT_STATUS or response.cookies or response.streaming:
        return None
    body = response.content
    zipped = gzip.compress(body, 6, mtime=0) if len(body) >= SMALLEST_ZIPPED else b""
    etag = f'W/"{xxhash.xxh3_64_hexdigest(body)}"'
    headers = [(name, value) for name, value in response.items() if name.lower() not in {"content-length", "etag", "vary"}]
    headers += [("ETag", etag), ("Vary", "Accept-Encoding, Cookie")]
    if not response.has_header("Cache-Control"):
        headers.append(("Cache-Control", "no-cache"))
    return Page(response.status_code, headers, body, zipped, etag, time.time() + LONGEST_SECONDS)


def _sent(page: Page, request: HttpRequest) -> HttpResponse:
    meta = request.META
    asked = meta.get("HTTP_IF_NONE_MATCH")
    if asked is not None and page.status == 200 and (page.etag in asked or asked == "*"):
        response: HttpResponse = HttpResponseNotModified()
    elif page.zipped and "gzip" in meta.get("HTTP_ACCEPT_ENCODING", ""):
        response = HttpResponse(page.zipped, status=page.status)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(page.plain, status=page.status)
    is_bare = response.status_code == 304
    for name, value in page.headers:
        if not (is_bare and name == "Content-Type"):
            response.headers[name] = value
    if not is_bare:
        response.headers["Content-Length"] = str(len(response.content))
    return response


@dataclass
class _Entry:
    page: Page
    size: int


class _Kept:
    """Pages of this process: at most `limit` bytes of one version, those that were asked for longest ago go first."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._version = 0
        self._pages: OrderedDict[str, _Entry] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def find(self, key: str, version: int) -> Page | None:
        if version != self._version:
            return None
        with self._lock:
            entry = self._pages.get(key)
            if entry is None or entry.page.until < time.time():
                return None
            self._pages.move_to_end(key)
            return entry.page

    def keep(self, key: str, version: int, page: Page) -> None:
        size = len(page.plain) + len(page.zipped) + 1000
        with self._lock:
            if version < self._version:
                return
            if version > self._version:
                self._pages.clear()
                self._version, self._size = version, 0
            old = self._pages.pop(key, None)
            self._size += size - (old.size if old else 0)
            self._pages[key] = _Entry(page, size)
            while self._size > self._limit and self._pages:
                self._size -= self._pages.popitem(last=False)[1].size


class _Shared:
    """Pages of this host in Redis, each for a few minutes; without Redis there are none, and nobody waits for it twice."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=0.2, socket_connect_timeout=0.2)
        self._decoder = msgspec.msgpack.Decoder(Page)
        self._away_until = 0.0

    def find(self, key: str, version: int) -> Page | None:
        if time.monotonic() < self._away_until:
            return None
        try:
            held = self._redis.get(_name(key, version))
            return self._decoder.decode(held) if held else None  # type: ignore[arg-type]  # a client without asyncio
        except (redis.RedisError, msgspec.MsgspecError) as error:
            self._leave_alone(error)
            return None

    def keep(self, key: str, version: int, page: Page) -> None:
        if time.monotonic() < self._away_until:
            return
        try:
            self._redis.set(_name(key, version), msgspec.msgpack.encode(page), ex=REDIS_SECONDS)
        except redis.RedisError as error:
            self._leave_alone(error)

    def _leave_alone(self, error: Exception) -> None:
        self._away_until = time.monotonic() + REDIS_PAUSE_SECONDS
        logger.warning("Pages are not shared between processes for now: Redis does not answer (%s).", error)


def _name(key: str, version: int) -> str:
    """A digest, since an address may be long; the host, since each counts versions for itself."""
    return f"page:{page_version.host_name()}:{version}:{xxhash.xxh3_128_hexdigest(key.encode())}"
