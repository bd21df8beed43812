"""Brakes on what people send: how often an account and an address may write, and what is answered where a brake holds.

Two brakes stand one behind the other. Rates are counted here, in Redis, for every form and every write of the API before its
view begins. What an account changes in the catalogue is counted by the database (papers/brakes.py); here that becomes one
sentence with status 429, and a trip that reviewers see.
"""

import functools
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from redis.exceptions import RedisError

from accounts.client_address import client_address
from accounts.models import User
from leaderboards import watching
from papers import brakes
from papers.brakes import Held
from portal.acting import READS
from portal.pages import errors

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponseBase]

API = "/api/"
ADDRESS_TIMES = 5
"""An address, behind which may be a whole lab, may send this much more than one account."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """At most `most` writes of this name within `seconds`, by each account, and by each address five times that."""

    name: str
    most: int
    seconds: int = 60

    def wait(self, request: HttpRequest) -> int:
        """Count this request; 0 where it may go on, else the seconds after which the next may.

        Without Redis nothing is counted: the brakes of the database hold all the same.
        """
        counted = {f"address:{client_address(request)}": self.most * ADDRESS_TIMES}
        user = None if request.path.startswith(API) else getattr(request, "user", None)  # the API looks at no session
        if isinstance(user, User):
            counted |= self._of_account(user)
        return self._wait(counted)

    def wait_of_account(self, user: User) -> int:
        """The same for the account alone: of the API, where it comes out after the address whose token it is."""
        return self._wait(self._of_account(user))

    def _of_account(self, user: User) -> dict[str, int]:
        return {f"account:{user.pk}": self.most}

    def _wait(self, counted: Mapping[str, int]) -> int:
        window, since = divmod(int(time.time()), self.seconds)
        try:
            is_over = [self._count(f"{who}:{window}") > most for who, most in counted.items()]
        except (RedisError, OSError) as error:
            logger.warning("Writes could not be counted (%s).", error)
            return 0
        return self.seconds - since if any(is_over) else 0

    def _count(self, key: str) -> int:
        key = f"rate:{self.name}:{key}"
        if cache.add(key, 1, timeout=self.seconds * 2):
            return 1
        try:
            return int(cache.incr(key))
        except ValueError:  # thrown out meanwhile
            return 1


SUBMISSIONS = Rate(name="submissions", most=30)
UPLOADS = Rate(name="uploads", most=10)
VOTES = Rate(name="votes", most=30)


def limited(rate: Rate) -> Callable[[View], View]:
    """Decorator: a view that may be written to no oftener than this; reading it is free."""

    def braked(view: View) -> View:
        @functools.wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            wait = 0 if request.method in READS else rate.wait(request)
            return too_often(request, wait=wait) if wait else view(request, *args, **kwargs)

        return answered

    return braked


def writes() -> Rate:
    """All that anybody writes, by forms and through the API."""
    return Rate(name="writes", most=settings.WRITES_A_MINUTE)


def too_often(request: HttpRequest, *, wait: int) -> HttpResponse:
    """429: come back after so many seconds."""
    response = _answer(request, f"You have sent more than this site takes at once: wait {wait} seconds, then send it again.")
    response["Retry-After"] = str(wait)
    return response


class Brakes:
    """Middleware, behind the one that says who acts."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Count a write before anything is done with it; the account of an API token is counted once the token is known."""
        if request.method in READS:
            return self._answer(request)
        wait = writes().wait(request)
        return too_often(request, wait=wait) if wait else self._answer(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer where the database held the account; None for any other exception."""
        held = Held.of(exception)
        return None if held is None else answer_held(request, held)


def answer_held(request: HttpRequest, held: Held) -> HttpResponse:
    """429, and a trip of which reviewers are told. For whoever catches the error itself; not within its transaction."""
    if (tripped := brakes.trip(held, origin=_without_name(request))) is not None:
        logger.warning("A brake held account %s: %s %s within %s hours.", held.actor, held.most, held.kind, held.hours)
        watching.tell_of_trip(tripped)
    return _answer(request, held.sentence)


def _without_name(request: HttpRequest) -> str:
    """Where it was, without a person's name: a trip is kept for good, and an account can be erased."""
    by = reverse("changes_by", args=["-"]).removesuffix("-")
    return by if request.path.startswith(by) else request.path


def _answer(request: HttpRequest, sentence: str) -> HttpResponse:
    if request.path.startswith(API):
        return JsonResponse({"detail": sentence, "error": sentence, "message": sentence}, status=429)
    return errors.too_much(request, sentence=sentence)
