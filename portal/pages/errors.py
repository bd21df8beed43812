"""Pages for what went wrong: one sentence about what happened, and where to go from there."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from portal.context import STRANGER, page

NOT_FOUND = "There is no page at this address."
FORBIDDEN = "This is for the portal's staff: sign in with an account that has the right to do it."
FORM_EXPIRED = "The form you sent was no longer valid: go back, reload the page and send it again."
BAD_REQUEST = "The request could not be understood: check the address, or start from the home page."


def _error(request: HttpRequest, *, status: int, title: str, sentence: str) -> HttpResponse:
    return page(
        request, "portal/error.html", {"title": title, "sentence": sentence, "status": status}, status=status, is_live=True
    )


def _sentence_of(exception: Exception | None, *, otherwise: str) -> str:
    """What our own code said; Django's resolver puts a mapping there and forms put code-like words."""
    said = exception.args[0] if exception and exception.args else ""
    return said if isinstance(said, str) and said.endswith(".") else otherwise


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _error(request, status=404, title="Page not found", sentence=_sentence_of(exception, otherwise=NOT_FOUND))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _error(request, status=403, title="Not allowed", sentence=_sentence_of(exception, otherwise=FORBIDDEN))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without a valid token (the setting CSRF_FAILURE_VIEW); Django's `reason` is for developers."""
    return _error(request, status=403, title="Not allowed", sentence=FORM_EXPIRED)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _error(request, status=400, title="Bad request", sentence=BAD_REQUEST)


def server_error(request: HttpRequest) -> HttpResponse:
    """500. It asks neither the database nor the session: they may be what failed."""
    html = render_to_string(
        "portal/server_error.html", {"viewer": STRANGER, "section": "", "canonical": "", "origin": "", "is_indexed": True}
    )
    return HttpResponse(html, status=500)
