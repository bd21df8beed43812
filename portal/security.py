"""What browsers are told not to do, and what changes when the site is behind https."""

import ipaddress
from collections.abc import Callable, Iterable

from csp.constants import HEADER, NONE, SELF
from csp.utils import build_policy
from django.conf import settings
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


ACCOUNT_PAGES = "/accounts/"


def content_security_policy(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the same policy on every response. (The package's own builds it twice for each.)

    Only on pages of accounts a form may lead to those whose sign-in is offered: browsers hold a form to the policy when its
    answer sends them on, too. And nobody keeps those pages, not even the browser of the person whose they are.
    """
    policy = build_policy()
    of_accounts = build_policy(update={"form-action": list(settings.SIGN_IN_ORIGINS)}) if settings.SIGN_IN_ORIGINS else policy

    def answered(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        is_of_account = request.path.startswith(ACCOUNT_PAGES)
        response.headers.setdefault(HEADER, of_accounts if is_of_account else policy)
        if is_of_account:
            response.headers["Cache-Control"] = "private, no-store"
        return response

    return answered


def has_public_name(hosts: Iterable[str]) -> bool:
    """Whether the site answers to a name that others than this machine's people can know it by."""
    return any(not _is_of_this_machine(host.strip("[]")) for host in hosts)


def _is_of_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def https_settings(
    *, https: bool, hsts_seconds: int, trust_forwarded_proto: bool, hsts_subdomains: bool = False, hsts_preload: bool = False
) -> dict[str, object]:
    """The settings that follow from how readers reach the site.

    A forwarded scheme is believed only on request: without a proxy that always sets it, any client could claim https.
    """
    found: dict[str, object] = {
        "SESSION_COOKIE_SECURE": https,
        "CSRF_COOKIE_SECURE": https,
        "SECURE_SSL_REDIRECT": https,
        "SECURE_HSTS_SECONDS": hsts_seconds if https else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": https and hsts_subdomains,
        "SECURE_HSTS_PRELOAD": https and hsts_preload,
    }
    if trust_forwarded_proto:
        found["SECURE_PROXY_SSL_HEADER"] = ("HTTP_X_FORWARDED_PROTO", "https")
    return found
