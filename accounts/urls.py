"""The addresses of accounts that django-allauth answers; like all pages of the site they have no slash at the end.

Those of its views that are not here (sign-in by mailed codes, passkeys, phones) are not offered.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.socialaccount import views as social
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.generic import TemplateView

_without_mail = TemplateView.as_view(template_name="account/no_mail.html")


def _by_mail(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, or the page that says that this portal sends no mail."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return (view if settings.HAS_MAIL else _without_mail)(request, *args, **kwargs)

    return answered


def _page_before(request: HttpRequest) -> str:
    """The page of ours that a link was followed from, without those of accounts themselves; empty for any other."""
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return ""
    is_ours = before.netloc == request.get_host() and not before.path.startswith(("/accounts/", "/sign-out"))
    return before._replace(scheme="", netloc="").geturl() if is_ours else ""


def _and_back(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, which leads back to the page of ours that the link here was on: the header's is the same on every page."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        before = _page_before(request) if request.method == "GET" and not request.GET else ""
        return redirect_to_login(before) if before else view(request, *args, **kwargs)

    return answered


urlpatterns = [
    path("login", _and_back(account.login), name="account_login"),
    path("logout", account.logout, name="account_logout"),
    path("signup", account.signup, name="account_signup"),
    path("inactive", account.account_inactive, name="account_inactive"),
    path("reauthenticate", account.reauthenticate, name="account_reauthenticate"),
    path("reauthenticate/code", account.request_reauthentication_code, name="account_request_reauthentication_code"),
    path("reauthenticate/code/confirm", account.confirm_reauthentication_code, name="account_confirm_reauthentication_code"),
    path("email", _by_mail(account.email), name="account_email"),
    path("confirm-email", account.email_verification_sent, name="account_email_verification_sent"),
    path("confirm-email/<str:key>", account.confirm_email, name="account_confirm_email"),
    path("password/change", account.password_change, name="account_change_password"),
    path("password/set", account.password_set, name="account_set_password"),
    path("password/reset", _by_mail(account.password_reset), name="account_reset_password"),
    path("password/reset/sent", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa", mfa.index, name="mfa_index"),
    path("2fa/authenticate", mfa.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate", totp.activate_totp, name="mfa_activate_totp"),
    path("2fa/totp/deactivate", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("2fa/recovery-codes", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("2fa/recovery-codes/download", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("connections", social.connections, name="socialaccount_connections"),
    path("connections/signup", social.signup, name="socialaccount_signup"),
    path("connections/cancelled", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("connections/error", social.login_error, name="socialaccount_login_error"),
]


def _of_provider(name: str) -> list[URLPattern]:
    """Where sign-in by somebody else begins and where it comes back to (what is registered there as the redirect address)."""
    views = import_module(f"allauth.socialaccount.providers.{name}.views")
    return [
        path(f"{name}/login", views.oauth2_login, name=f"{name}_login"),
        path(f"{name}/callback", views.oauth2_callback, name=f"{name}_callback"),
    ]


for _provider in settings.SOCIALACCOUNT_PROVIDERS:
    urlpatterns += _of_provider(_provider)
