"""The second factor (a code of an authenticator app): everybody may have one, staff must where the site has a public name."""

import base64
import hashlib
from collections.abc import Callable

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import User

NEEDED = "Staff need a second factor here: set one up at /accounts/2fa first."
_OPEN, _SHUT = ("/accounts/", "/sign-out"), ("/accounts/tokens",)


def is_missing(user: User) -> bool:
    """Whether this person may do nothing before setting a second factor up."""
    if not (settings.STAFF_SECOND_FACTOR and user.is_staff):
        return False
    return not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def remove(user: User) -> None:
    """Take somebody's second factor away, who lost it, and the recovery codes with it."""
    Authenticator.objects.filter(user=user).delete()


def second_factor(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: leads staff without a second factor to where they set it up, and lets them do nothing else."""

    def answered(request: HttpRequest) -> HttpResponse:
        if not settings.STAFF_SECOND_FACTOR or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return answer(request)
        is_open = request.path.startswith(_OPEN) and not request.path.startswith(_SHUT)
        if is_open or not isinstance(request.user, User) or not is_missing(request.user):
            return answer(request)
        return HttpResponseRedirect(reverse("mfa_index"))

    return answered


class Adapter(DefaultMFAAdapter):
    """Keeps secrets encrypted by the site's key, so that a copy of the database alone gives no codes."""

    def encrypt(self, text: str) -> str:
        """The text for the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The text from the database."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise ImproperlyConfigured(
                "A second factor was stored under another SECRET_KEY: take it away and set it up anew."
            ) from None

    def get_totp_label(self, user: User) -> str:
        """What the authenticator app calls the account."""
        return user.get_username()


def _cipher() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factor:" + settings.SECRET_KEY.encode()).digest()))
