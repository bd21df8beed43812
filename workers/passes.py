"""Protocols that one pass answers: they ask the same prompts in the same way, and differ in what of the answers counts.

A run is asked for under one of them and measures all that are mapped (workers/reduce.py): GPT-NeoX-20B's MMLU by whole answers,
as they are and by their length, is one run.
"""

import json

from django.db.models import OuterRef, Q, QuerySet

from leaderboards.models import Protocol
from workers.models import ClaimMapping, Run

_ASKED = ("task", "num_fewshot", "versions", "rules", "prompt_family", "split", "is_selftest")
"""What of a protocol decides which requests its runs have. What they are scored by is no part of it."""


def key(protocol: Protocol) -> str:
    """Alike for protocols of one pass, and for no others."""
    return json.dumps([getattr(protocol, name) for name in _ASKED], sort_keys=True)


def of(protocol: Protocol) -> QuerySet[Protocol]:
    """The protocols that a run under this one answers, itself among them."""
    return Protocol.objects.filter(**{name: getattr(protocol, name) for name in _ASKED})


def same_as_outer(inner: str, outer: str) -> Q:
    """For a subquery: whether the protocol at `inner` is of one pass with that of the outer query at `outer`."""
    return Q(**{f"{inner}__{name}": OuterRef(f"{outer}__{name}") for name in _ASKED})


def mappings_of(run: Run) -> QuerySet[ClaimMapping]:
    """What a run tests."""
    return ClaimMapping.objects.filter(checkpoint=run.checkpoint_id, protocol__in=of(run.protocol))


def leader(mapping: ClaimMapping) -> ClaimMapping:
    """The mapping to ask for a run by: of those that one pass answers that whose run is open, else the first.

    Whoever asks for a run by this asks for the same one, and joins it where it is open.
    """
    same = ClaimMapping.objects.filter(checkpoint=mapping.checkpoint_id, protocol__in=of(mapping.protocol))
    runs = Run.objects.open().filter(checkpoint=mapping.checkpoint_id, items_per_task=None)
    rows = same.select_related("protocol", "checkpoint").order_by("protocol", "pk")
    return rows.filter(protocol__in=runs.values("protocol")).first() or rows.first() or mapping
