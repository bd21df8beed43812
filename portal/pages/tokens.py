"""API tokens of whoever is signed in: the list, making one, which shows it once, and revoking one."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts import tokens
from accounts.models import ApiToken, User
from portal.context import page
from portal.pages.signed_in import signed_in

EXPIRIES = {"30": "in 30 days", "90": "in 90 days", "365": "in a year", "": "never"}
_USED, _SHOWN = "The token counts no longer, or is not yours: the list shows those that do.", 100


@require_GET
@signed_in
def token_list(request: HttpRequest, person: User) -> HttpResponse:
    """The person's tokens; none is readable any more."""
    return _page(request, person)


@require_POST
@signed_in
def make(request: HttpRequest, person: User) -> HttpResponse:
    """Make a token and show it: the answer to this one request is where it stands."""
    days = request.POST.get("days", "")
    if days not in EXPIRIES:
        return _page(request, person, complaint="Choose when the token ends.", status=400)
    try:
        _, secret = tokens.make(
            person,
            name=request.POST.get("name", ""),
            scopes=request.POST.getlist("scope"),
            expires_at=tokens.expiry(int(days) if days else None),
        )
    except tokens.Refused as refused:
        return _page(request, person, complaint=str(refused), status=400)
    return _page(request, person, secret=secret)


@require_POST
@signed_in
def revoke(request: HttpRequest, person: User, public_id: UUID) -> HttpResponse:
    """Let one of the person's own tokens count no longer."""
    if not tokens.revoke(person, public_id):
        return _page(request, person, complaint=_USED, status=404)
    return HttpResponseRedirect(reverse("tokens:list"))


@require_GET
def old_address(request: HttpRequest) -> HttpResponse:
    """Where the old site gave out tokens, and its client's README still points."""
    return HttpResponseRedirect(reverse("tokens:list"))


def _page(request: HttpRequest, person: User, *, secret: str = "", complaint: str = "", status: int = 200) -> HttpResponse:
    live = set(tokens.live().filter(user=person).values_list("pk", flat=True))
    context = {
        "tokens": [(token, token.pk in live) for token in person.api_tokens.all()[:_SHOWN]],
        "scopes": [scope for scope in ApiToken.Scope if scope != ApiToken.Scope.RUNS or person.is_staff],
        "expiries": EXPIRIES,
        "secret": secret,
        "complaint": complaint,
        "name": request.POST.get("name", "") if complaint else "",
        "longest_name": tokens.LONGEST_NAME,
    }
    return page(request, "accounts/tokens.html", context, status=status, is_live=True, is_indexed=False)
