"""API tokens: made for a person, found by what a program sends, revoked."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import ApiToken, User

PREFIX = "pwc_"
SHOWN_LETTERS = 8
MOST = 20
"""Live tokens that a person may have."""

LONGEST_NAME = 80
_LONGEST_TOKEN = 100


class Refused(Exception):
    """A token cannot be made; the message says why and what to do."""


def live() -> QuerySet[ApiToken]:
    """Tokens that still count."""
    return ApiToken.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()), revoked_at__isnull=True)


@transaction.atomic
def make(user: User, *, name: str, scopes: Collection[str], expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """A new token, and what its owner has to keep: it is told this once. Every token may read.

    Raises Refused for a bad name, an unknown scope, and when there are too many.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused(f"Give the token a name of at most {LONGEST_NAME} letters that says what it is for.")
    if unknown := sorted(set(scopes) - set(ApiToken.Scope.values)):
        raise Refused(f"There is no scope “{unknown[0]}”: choose among {', '.join(ApiToken.Scope.values)}.")
    User.objects.select_for_update().get(pk=user.pk)  # two requests at once count one after the other
    if live().filter(user=user).count() >= MOST:
        raise Refused(f"You have {MOST} tokens already: revoke one that you no longer need.")
    secret = PREFIX + secrets.token_urlsafe(30)
    kept = sorted({*scopes, ApiToken.Scope.READ.value}, key=ApiToken.Scope.values.index)
    token = ApiToken.objects.create(
        user=user, name=name, digest=_digest(secret), beginning=secret[:SHOWN_LETTERS], scopes=kept, expires_at=expires_at
    )
    return token, secret


def find(secret: str) -> ApiToken | None:
    """The live token of an active person by what was sent, None when there is none. Notes, to the minute, that it was used."""
    if not secret.isascii() or len(secret) > _LONGEST_TOKEN:
        return None
    token = live().select_related("user").filter(digest=_digest(secret), user__is_active=True).first()
    if token is not None:
        _note_use(token)
    return token


def revoke(user: User, public_id: UUID) -> bool:
    """Let a token of this person count no longer, from the next request on; False when there is no such live one."""
    return bool(live().filter(user=user, public_id=public_id).update(revoked_at=timezone.now()))


def _note_use(token: ApiToken) -> None:
    """Write at most once a minute, however often it is used."""
    minute = timezone.now().replace(second=0, microsecond=0)
    if token.last_used_at is None or token.last_used_at < minute:
        unused = Q(last_used_at__isnull=True) | Q(last_used_at__lt=minute)
        ApiToken.objects.filter(unused, pk=token.pk).update(last_used_at=minute)
        token.last_used_at = minute


def expiry(days: int | None) -> datetime | None:
    """When a token that counts for so many days ends; None for one that does not."""
    return timezone.now() + timedelta(days=days) if days else None


def _digest(secret: str) -> str:
    """A token is long and random, so that one pass of SHA-256 keeps it; no salt is needed to look it up."""
    return hashlib.sha256(secret.encode()).hexdigest()
