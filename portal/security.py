"""What browsers are told not to do, and what changes when the site is behind https."""

from collections.abc import Callable

from csp.constants import HEADER, NONE, SELF
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse

# Nothing inline, nothing from elsewhere: a script that somebody smuggles into a title has no way to run.
CONTENT_SECURITY_POLICY: dict[str, object] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}


def content_security_policy(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the same policy on every response. (The package's own builds it twice for each.)"""
    policy = build_policy()

    def answered(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.headers.setdefault(HEADER, policy)
        return response

    return answered


def https_settings(*, https: bool, hsts_seconds: int, trust_forwarded_proto: bool) -> dict[str, object]:
    """The settings that follow from how readers reach the site.

    A forwarded scheme is believed only on request: without a proxy that always sets it, any client could claim https.
    """
    settings: dict[str, object] = {
        "SESSION_COOKIE_SECURE": https,
        "CSRF_COOKIE_SECURE": https,
        "SECURE_SSL_REDIRECT": https,
        "SECURE_HSTS_SECONDS": hsts_seconds if https else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": False,
    }
    if trust_forwarded_proto:
        settings["SECURE_PROXY_SSL_HEADER"] = ("HTTP_X_FORWARDED_PROTO", "https")
    return settings
