"""Pages for what went wrong: one sentence about what happened, and where to go from there."""

import logging
import re
from collections.abc import Callable

import redis
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from portal.context import STRANGER, page

logger = logging.getLogger(__name__)

NOT_FOUND = "There is no page at this address."
FORBIDDEN = "This is for the portal's staff: sign in with an account that has the right to do it."
FORM_EXPIRED = "The form you sent was no longer valid: go back, reload the page and send it again."
FOR_FORMS = "This address only takes what a form sends: use the button on the page that has it."
FOR_READING = "This address can only be read: nothing can be sent to it."
UNCOUNTED = "This cannot be done for the moment, since a part of the portal is away: try again in a minute. Reading goes on."
TOO_MANY = "Too many requests came from your address: wait a few minutes and try again."
BAD_REQUEST = "The request could not be understood: check the address, or start from the home page."


LONGEST_SEARCH = 100
_NOT_A_WORD = re.compile(r"[\W_]+")
_COPY = re.compile(r" \d$")


def words_of(slug: str) -> str:
    """The words that a slug was made of, to search for."""
    return _NOT_A_WORD.sub(" ", slug)[:LONGEST_SEARCH].strip()


def _looked_for(path: str) -> str:
    """The words of an address; a second paper of a title had a number behind them, which no title has."""
    words = words_of(path.rstrip("/").rpartition("/")[2])
    return _COPY.sub("", words) if path.startswith("/paper/") else words


def wrong_method(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: 405 as a page, where a view left it empty."""

    def answered(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if response.status_code != 405 or response.streaming or response.content:
            return response
        allowed = response["Allow"]
        told = _error(request, status=405, title="Not this way", sentence=FOR_FORMS if "POST" in allowed else FOR_READING)
        told["Allow"] = allowed
        return told

    return answered


def uncounted(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: 503 as a page where limits cannot be counted: without them nobody may guess, so nobody signs in."""

    def answered(request: HttpRequest) -> HttpResponse:
        return answer(request)

    def told(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, redis.RedisError):
            return None
        logger.warning("Redis does not answer %s: %s", request.path, exception)
        response = _error(request, status=503, title="Not now", sentence=UNCOUNTED)
        response["Retry-After"] = "60"
        return response

    setattr(answered, "process_exception", told)  # noqa: B010 (a function has no such attribute for the type checker)
    return answered


def _error(request: HttpRequest, *, status: int, title: str, sentence: str, looked_for: str | None = None) -> HttpResponse:
    context = {"title": title, "sentence": sentence, "status": status, "looked_for": looked_for}
    return page(request, "portal/error.html", context, status=status, is_live=True)


def _sentence_of(exception: Exception | None, *, otherwise: str) -> str:
    """What our own code said; Django's resolver puts a mapping there and forms put code-like words."""
    said = exception.args[0] if exception and exception.args else ""
    return said if isinstance(said, str) and said.endswith(".") else otherwise


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, with the search for the words of its address."""
    sentence, looked_for = _sentence_of(exception, otherwise=NOT_FOUND), _looked_for(request.path)
    return _error(request, status=404, title="Page not found", sentence=sentence, looked_for=looked_for)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _error(request, status=403, title="Not allowed", sentence=_sentence_of(exception, otherwise=FORBIDDEN))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a valid token (the setting CSRF_FAILURE_VIEW); Django's `reason` is for developers."""
    return _error(request, status=403, title="Not allowed", sentence=FORM_EXPIRED)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429: a limit of the sign-in's was reached."""
    response = _error(request, status=429, title="Too many requests", sentence=TOO_MANY)
    response["Retry-After"] = "60"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _error(request, status=400, title="Bad request", sentence=BAD_REQUEST)


def server_error(request: HttpRequest) -> HttpResponse:
    """500. It asks neither the database nor the session: they may be what failed."""
    html = render_to_string(
        "portal/server_error.html", {"viewer": STRANGER, "section": "", "canonical": "", "origin": "", "is_indexed": True}
    )
    return HttpResponse(html, status=500)
