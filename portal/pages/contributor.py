"""Who is at work on the catalogue: what pages of submissions ask of their reader."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import urlencode

from accounts.models import User
from accounts.roles import may_review, may_submit
from portal.context import viewer


def contributor(request: HttpRequest) -> User:
    """The person who is signed in. Raises PermissionDenied for a stranger."""
    found = who(request)
    if found is None:
        raise PermissionDenied("Sign in first: what you send carries your name.")
    return found


def reviewer(request: HttpRequest) -> User:
    """The reviewer who is signed in. Raises PermissionDenied for anybody else."""
    found = who(request)
    if found is None or not may_review(found):
        raise PermissionDenied("Only reviewers decide about what others send.")
    return found


def who(request: HttpRequest) -> User | None:
    """The person who is signed in; None for a stranger, whose session nobody looks at."""
    user = request.user if viewer(request).is_signed_in else None
    return user if user is not None and may_submit(user) else None


def sign_in_address(request: HttpRequest) -> str:
    """Where to sign in and come back from."""
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': request.get_full_path()})}"
