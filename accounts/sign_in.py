"""Where signing up and in differs from what django-allauth does by itself."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from allauth.core import context
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.client_address import client_address

_UNSAID = frozenset({"account/messages/logged_in.txt", "account/messages/logged_out.txt"})


class AddressStage(EmailVerificationStage):
    """Asks for a verified address, except of those who have none: accounts made on the machine, or before it had mail."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Go on, or answer that a mail was sent."""
        user = self.login.user
        is_old = user is not None and not self.login.signup and not user.email
        if is_old and not EmailAddress.objects.filter(user=user).exists():
            return None, True
        answer: tuple[HttpResponse | None, bool] = super().handle()
        return answer


class AccountAdapter(DefaultAccountAdapter):
    """Our limits, our words."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """As the setting SIGN_UP says."""
        return bool(settings.SIGN_UP)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whom limits by address count."""
        return client_address(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Whom the limit by account counts: by name alone, whichever of the site's hosts is asked."""
        login = str(credentials.get("email") or credentials.get("username") or "")
        return login.strip().lower()

    def get_login_stages(self) -> list[str]:
        """Ours in place of the one that it extends."""
        theirs = "allauth.account.stages.EmailVerificationStage"
        return ["accounts.sign_in.AddressStage" if path == theirs else path for path in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether somebody says again who they are before an address, a password or a second factor changes.

        Whoever has no way to, since they only ever sign in by others, need not.
        """
        user = context.request.user
        return bool(self.get_reauthentication_methods(user)) and bool(super().is_reauthentication_required(app=app, **kwargs))

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say what a page will show; that somebody signed in or out the header says."""
        if message_template not in _UNSAID:
            super().add_message(request, level, message_template, *args, **kwargs)


class SocialAdapter(DefaultSocialAccountAdapter):
    """Sign-in by GitHub or ORCID makes accounts where strangers may make them at all."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:
        """As the setting SIGN_UP says."""
        return bool(settings.SIGN_UP)
