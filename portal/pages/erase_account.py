"""Where people erase their own account."""

from allauth.account.internal.flows import reauthentication
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts import erasure
from accounts.models import User
from portal.context import page
from portal.pages.signed_in import signed_in

WRONG_NAME = "That is not the name of this account: type it to say that you mean it."


@require_http_methods(["GET", "POST"])
@signed_in
def erase(request: HttpRequest, person: User) -> HttpResponse:
    """What erasing means, and the form for it; whoever found a signed-in browser has to know the password as well."""
    reauthentication.raise_if_reauthentication_required(request, app="allauth.account")
    complaint = ""
    if request.method == "POST":
        complaint = _erase(request, person)
        if not complaint:
            return page(request, "accounts/erased.html", is_live=True, is_indexed=False)
    context = {"complaint": complaint}
    return page(request, "accounts/erase.html", context, status=400 if complaint else 200, is_live=True, is_indexed=False)


def _erase(request: HttpRequest, person: User) -> str:
    """Erase the account and sign out; why it was not, else."""
    if request.POST.get("name", "").strip() != person.username:
        return WRONG_NAME
    try:
        erasure.erase(person)
    except erasure.Refused as refused:
        return str(refused)
    logout(request)
    return ""
