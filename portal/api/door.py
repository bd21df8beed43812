"""What every answer of the API goes through: limits before it; validators, compression and leave for others' scripts behind.

ETags of what changes with the catalogue alone come from its version (portal/page_version.py), so that a client that has the
answer already costs no query; those of anything else from its bytes.
"""

import json
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import xxhash
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import http_date
from isal import igzip

from portal import page_version, page_watch
from portal.api import limits

PREFIX = "/api/"
SMALLEST_ZIPPED = 512
EXPOSED = "ETag, Last-Modified, Link, Retry-After, X-Ratelimit-Limit, X-Ratelimit-Remaining, X-Ratelimit-Reset, X-Ratelimit-Retry"
VARY = "Accept-Encoding, Authorization"
READS = {"GET", "HEAD"}


def door(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, before all others; it leaves alone what is no part of the API."""

    def answered(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            limits.end()
            return answer(request)
        response = _preflight(request) or _refusal(request) or _unchanged(request) or _finished(request, answer(request))
        _allow_scripts(response)
        if allowance := getattr(request, "allowance", None):
            for name, value in allowance.headers().items():
                response.headers[name] = value
        return response

    return answered


def refused(status: int, sentence: str) -> HttpResponse:
    """An error in the API's own words."""
    body = json.dumps({"detail": sentence, "error": sentence, "message": sentence})
    return HttpResponse(body, status=status, content_type="application/json")


def _preflight(request: HttpRequest) -> HttpResponse | None:
    """What browsers ask before a script of another site does."""
    if request.method != "OPTIONS":
        return None
    return HttpResponse(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
            "Access-Control-Allow-Headers": "Content-Type, If-None-Match, If-Modified-Since",
            "Access-Control-Max-Age": "86400",
        },
    )


def _allow_scripts(response: HttpResponse) -> None:
    """Public reads are for everybody; without credentials, since no cookie counts here."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = EXPOSED


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if len(request.META.get("QUERY_STRING", "")) > limits.LONGEST_QUERY:
        return refused(414, f"The query string is longer than {limits.LONGEST_QUERY} characters: ask for less at once.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > limits.LARGEST_BODY:
        return refused(413, f"The body is larger than {limits.LARGEST_BODY:,} bytes: send it in parts.")
    return None


def _version(request: HttpRequest) -> int:
    """The catalogue's version, where every change of it is heard and the answer is the same for everybody; else 0."""
    if request.method not in READS or "HTTP_AUTHORIZATION" in request.META or not page_watch.is_watching():
        return 0
    return page_version.current()


def _unchanged(request: HttpRequest) -> HttpResponse | None:
    """304, without a look at the database, for who has the answer of this version."""
    version = _version(request)
    request.version = version  # type: ignore[attr-defined]  # what it was before anything was read
    if not version:
        return None
    etag = _etag_of(request, version)
    return _not_modified(etag) if etag in request.META.get("HTTP_IF_NONE_MATCH", "") else None


def _etag_of(request: HttpRequest, version: int) -> str:
    said = f"{page_version.host_name()} {version} {request.scheme} {request.META.get('HTTP_HOST', '')} {request.get_full_path()}"
    return f'W/"v{xxhash.xxh3_64_hexdigest(said.encode())}"'


def _is_since(text: str, version: int) -> bool:
    try:
        return parsedate_to_datetime(text).timestamp() >= version // 10**9
    except (TypeError, ValueError):
        return False


def _is_told(version: int) -> bool:
    """Whether the second in which the version began is over: within it another may follow with the same date."""
    return time.time() >= version // 10**9 + 1


def _not_modified(etag: str) -> HttpResponse:
    return HttpResponseNotModified(headers={"ETag": etag, "Vary": VARY, "Cache-Control": "no-cache"})


def _finished(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer with its validators, compressed for who takes that."""
    response.headers["Vary"] = VARY
    response.headers.setdefault("Cache-Control", "private, no-cache" if "HTTP_AUTHORIZATION" in request.META else "no-cache")
    if response.streaming or response.status_code != 200 or request.method not in READS:
        return response
    version = request.version if getattr(response, "is_of_catalogue", False) else 0  # type: ignore[attr-defined]
    etag = _etag_of(request, version) if version else f'W/"{xxhash.xxh3_64_hexdigest(response.content)}"'
    asked, since = request.META.get("HTTP_IF_NONE_MATCH"), request.META.get("HTTP_IF_MODIFIED_SINCE")
    is_held = etag in asked if asked is not None else bool(since and version and _is_told(version) and _is_since(since, version))
    if is_held:
        return _not_modified(etag)
    response.headers["ETag"] = etag
    if version and _is_told(version):
        response.headers["Last-Modified"] = http_date(version // 10**9)
    if len(response.content) >= SMALLEST_ZIPPED and "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
        response.content = igzip.compress(response.content, 2, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.content))
    return response
