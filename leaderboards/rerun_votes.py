"""Wishes that a claim be measured: one a person and claim; staff see them beside what measuring costs."""

from collections.abc import Collection

from django.db.models import Count

from accounts.models import User
from leaderboards.models import Claim, RerunVote


def vote(claim: Claim, *, by: User) -> None:
    """Wish that it be measured; a second wish is the first."""
    RerunVote.objects.get_or_create(claim=claim, user=by)


def take_back(claim: Claim, *, by: User) -> None:
    """Wish it no longer."""
    RerunVote.objects.filter(claim=claim, user=by).delete()


def counts(claims: Collection[int]) -> dict[int, int]:
    """How many people wish it, by the claims' keys; claims that nobody wishes are left out."""
    rows = RerunVote.objects.filter(claim__in=claims).order_by().values_list("claim")
    return dict(rows.annotate(number=Count("pk")))


def of_person(claims: Collection[int], *, by: User) -> set[int]:
    """Those of the claims that this person wishes measured."""
    return set(RerunVote.objects.filter(claim__in=claims, user=by).values_list("claim", flat=True))
