"""Brakes on what one account changes: what the database says when one holds, the trip that others see, and its lifting.

The counting is the database's (papers/brake_triggers.py), so that no way in is without it.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.db import DatabaseError
from django.utils import timezone

from accounts.models import User
from papers.brake_models import BrakeKind, BrakeLift, BrakeTrip
from papers.brake_triggers import REFUSED

LONGEST_LIFT = timedelta(hours=24)
AGAIN = timedelta(minutes=10)
"""Whoever runs against a brake a hundred times is told of once in this time."""


class LiftRefusedError(ValueError):
    """A brake cannot be lifted so; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A brake held somebody: nothing of the transaction was stored."""

    actor: int
    kind: BrakeKind
    most: int
    hours: int

    @classmethod
    def of(cls, error: BaseException | None) -> Self | None:
        """What the database said, where it was a brake; None for any other error."""
        said = error.__cause__ if isinstance(error, DatabaseError) else None
        if getattr(said, "pgcode", None) != REFUSED:
            return None
        told = json.loads(said.diag.message_detail)  # type: ignore[union-attr]  # psycopg2's error, which the code says it is
        return cls(actor=told["actor"], kind=BrakeKind(told["kind"]), most=told["most"], hours=told["hours"])

    @property
    def sentence(self) -> str:
        """What is told to whoever was held."""
        return (
            f"Nothing was changed: your account has {self.kind.label} {self.most} things in the last {self.hours} hours,"
            " as many as it may; the staff, who were told, can lift this brake for a time."
        )


def trip(held: Held, *, origin: str) -> BrakeTrip | None:
    """Leave a trace of it for reviewers; None where there is one of the last minutes. Not within what was broken off."""
    lately = BrakeTrip.objects.filter(actor=held.actor, kind=held.kind, at__gt=timezone.now() - AGAIN)
    if lately.exists():
        return None
    return BrakeTrip.objects.create(actor_id=held.actor, kind=held.kind, most=held.most, hours=held.hours, origin=origin[:500])


def lift(account: User, *, by: User, hours: int, reason: str) -> BrakeLift:
    """Let an account go on for some hours (at most a day; 0 ends it), and say why. Raises `LiftRefusedError`."""
    words = " ".join(reason.split())
    if account.pk == by.pk:
        raise LiftRefusedError("Nobody lifts the brakes on their own account: ask another member of the staff.")
    if not by.is_staff:
        raise LiftRefusedError("Only the portal's staff lift brakes.")
    if not 0 <= hours <= LONGEST_LIFT / timedelta(hours=1):
        raise LiftRefusedError("A brake is lifted for 24 hours at most.")
    if not words:
        raise LiftRefusedError("Say in a sentence why the brake is lifted.")
    return BrakeLift.objects.create(account=account, by=by, until=timezone.now() + timedelta(hours=hours), reason=words[:500])
