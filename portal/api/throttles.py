"""How often somebody may ask: so many requests a minute from an address, or with one person's tokens.

Counted in the cache's Redis, over all web processes, in whole minutes. Without Redis nobody is counted and nobody refused.
"""

import logging
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.client_address import client_address

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which itself imports this module, by the settings

logger = logging.getLogger(__name__)

WINDOW = 60
PAUSE_SECONDS = 10.0
"""How long a Redis that did not answer is left alone."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What is left of somebody's requests in this window; `reset` is when it ends, in seconds since 1970."""

    limit: int
    remaining: int
    reset: int
    is_exceeded: bool = False

    @property
    def seconds_left(self) -> int:
        """Until the window ends."""
        return max(self.reset - int(time.time()), 0)

    def headers(self) -> dict[str, str]:
        """All four, as clients of the old API read them."""
        return {
            "X-Ratelimit-Limit": str(self.limit),
            "X-Ratelimit-Remaining": str(self.remaining),
            "X-Ratelimit-Reset": str(self.reset),
            "X-Ratelimit-Retry": str(self.seconds_left),
        }


class _Counter:
    """Requests by name and window."""

    def __init__(self) -> None:
        self._away_until = 0.0

    @cached_property
    def _redis(self) -> Any:
        return redis.Redis.from_url(settings.PAGE_CACHE_URL, socket_timeout=0.2, socket_connect_timeout=0.2)

    def count(self, name: str, *, window: int) -> int | None:
        """One more; how many that makes in the window. None where nobody counts."""
        if time.monotonic() < self._away_until:
            return None
        try:
            with self._redis.pipeline(transaction=True) as steps:
                steps.set(f"portal:asked:{name}:{window}", 0, ex=2 * WINDOW, nx=True)
                steps.incr(f"portal:asked:{name}:{window}")
                return int(steps.execute()[1])
        except redis.RedisError as error:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("API requests are not counted for now: Redis does not answer (%s).", error)
            return None


_counter = _Counter()


def count(name: str, *, limit: int) -> Allowance | None:
    """One more request of somebody, and what that leaves; None where nobody counts, or there is no limit."""
    window = int(time.time()) // WINDOW
    asked = _counter.count(name, window=window) if limit else None
    if asked is None:
        return None
    return Allowance(limit=limit, remaining=max(limit - asked, 0), reset=(window + 1) * WINDOW, is_exceeded=asked > limit)


class Throttle(BaseThrottle):
    """So many requests a minute: of a person, whichever token it is, else of an address."""

    allowance: Allowance | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request; the door (portal/api/door.py) tells what is left."""
        limit, name = _limit_of(request)
        self.allowance = count(name, limit=limit)
        if self.allowance is None:
            return True
        request._request.allowance = self.allowance  # type: ignore[attr-defined]
        return not self.allowance.is_exceeded

    def wait(self) -> float | None:
        """Seconds until it is worth asking again."""
        return max(self.allowance.reset - time.time(), 1.0) if self.allowance else None


def _limit_of(request: Request) -> tuple[int, str]:
    user = request.user
    if user is not None and user.is_authenticated:
        return settings.API_PERSON_PER_MINUTE, f"user-{user.pk}"
    return settings.API_ADDRESS_PER_MINUTE, f"address-{client_address(request._request)}"
