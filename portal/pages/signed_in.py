"""Pages that are for whoever is signed in."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from accounts.models import User
from portal.context import person

P = ParamSpec("P")


def signed_in(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Hands the view the person who asks; sends anybody else to sign in and then back."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        asking = person(request)
        if asking is None:
            back = request.get_full_path() if request.method == "GET" else resolve_url("account_profile")
            return redirect_to_login(back, resolve_url("account_login"))
        return view(request, asking, *args, **kwargs)

    return answered
