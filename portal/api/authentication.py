"""Who calls the API: anybody to read, by a token of /accounts/tokens to do more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts import second_factor, tokens
from accounts.models import ApiToken, User
from portal import acting, brakes

if TYPE_CHECKING:  # that module imports this one, by the settings
    from rest_framework.views import APIView

SCHEMES = frozenset({"token", "bearer"})
PLACE = "/accounts/tokens"
NO_TOKEN = f"This needs a token: make one at {PLACE} and send it as “Authorization: Token …”."
BAD_TOKEN = f"The token is unknown, expired or revoked: make another at {PLACE}."


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token …`, as clients of the old API send it, or `Bearer …`; what a request changes is its owner's doing."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The person and the token; None for whoever sends none.

        Raises AuthenticationFailed (401) for one that is not live, Throttled (429) where the account has written too much.
        """
        scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() not in SCHEMES:
            return None
        token = tokens.find(secret.strip())
        if token is None:
            raise AuthenticationFailed(BAD_TOKEN)
        if second_factor.is_missing(token.user):
            raise AuthenticationFailed(second_factor.NEEDED)
        if request.method not in acting.READS and (wait := brakes.writes().wait_of_account(token.user)):
            raise Throttled(wait)  # whichever of its tokens it is, and from however many addresses
        acting.act_for(request._request, token.user)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Token"


class HasScope(BasePermission):
    """Anybody reads; a change needs a token with the view's `scope`, which is `write` unless it says otherwise.

    With the scope `runs` goes the rank of staff: nobody else may ask for runs.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or NotAuthenticated (401) or PermissionDenied (403) with a sentence."""
        is_read = request.method in SAFE_METHODS
        token = request.auth if isinstance(request.auth, ApiToken) else None
        if token is None:
            if is_read:
                return True
            raise NotAuthenticated(NO_TOKEN)
        needed = _needed(view, is_read=is_read)
        if needed not in token.scopes:
            raise PermissionDenied(f"This token lacks the scope “{needed}”: make one that has it at {PLACE}.")
        if needed == ApiToken.Scope.RUNS and not token.user.is_staff:
            raise PermissionDenied("Only the portal's staff ask for runs.")
        return True


def _needed(view: Any, *, is_read: bool) -> str:
    return ApiToken.Scope.READ.value if is_read else str(getattr(view, "scope", ApiToken.Scope.WRITE.value))
