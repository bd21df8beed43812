"""Numbers that others measured and published, put beside the claims that they test.

Those that ship (`published_numbers.json`) are of claims that disagree: `load` may be run at any time, adds what is missing,
and leaves alone what staff changed or retracted. Values in the file are in the harness's unit, each with its source.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from leaderboards import measurements
from leaderboards.measurements import Obtained, Publication
from leaderboards.models import Claim, Metric, Protocol

NUMBERS = Path(__file__).with_name("published_numbers.json")
_FACTS = ("task", "num_fewshot", "scoring", "aggregation", "metric", "versions", "prompt_family", "split")


@dataclass(frozen=True, kw_only=True)
class Tested:
    """A claim with its cell's metric."""

    claim: Claim
    metric: Metric


@transaction.atomic
def load(path: Path = NUMBERS) -> int:
    """Put the numbers that ship beside every claim of the catalogue that they test; returns how many are new."""
    content = json.loads(path.read_text(encoding="utf-8"))
    texts = {protocol["slug"]: protocol for protocol in content["protocols"]}
    protocols: dict[str, Protocol] = {}
    new = 0
    for group in content["claims"]:
        for tested in _tested(group):
            for number in group["numbers"]:
                slug = number["protocol"]
                if slug not in protocols:
                    protocols[slug] = protocol_of(**texts[slug])
                new += _store(number, tested, protocols[slug], scale=group["scale"])
    return new


def _tested(group: Mapping[str, Any]) -> Iterator[Tested]:
    """The claims that a group of numbers tests, in whatever copy of the archive stands here."""
    metrics = Metric.objects.filter(name=group["metric"], leaderboard__dataset_name__in=group["datasets"])
    for metric in metrics.select_related("leaderboard"):
        claims = Claim.objects.published().filter(leaderboard=metric.leaderboard)
        for claim in claims.filter(model_name__in=group["model_names"], paper_key=group["paper_key"], scores__metric=metric):
            yield Tested(claim=claim, metric=metric)


def _store(number: Mapping[str, Any], tested: Tested, protocol: Protocol, *, scale: float) -> bool:
    obtained = Obtained(
        value=number["value"],
        standard_error=number.get("standard_error"),
        items=number["items"],
        chance_level=number.get("chance"),
    )
    return measurements.record_published(
        obtained.scaled(scale),
        metric=tested.metric,
        claim=tested.claim,
        model_name=tested.claim.model_name,
        protocol=protocol,
        checkpoint=number.get("weights", ""),
        publication=Publication(
            title=number["source"]["title"],
            url=number["source"]["url"],
            day=datetime.fromisoformat(number["measured_on"]).replace(tzinfo=UTC),
        ),
        note=" ".join(filter(None, (_assumed(obtained), number.get("note", "")))),
    )


def _assumed(obtained: Obtained) -> str:
    """What of a number is our assumption and not its source's word."""
    if obtained.standard_error is None:
        return (
            f"The source gives neither n nor an interval: n = {obtained.items:,} is the whole set, and the interval is "
            "that of a share of as many items."
        )
    return f"The source gives a standard error and no n: n = {obtained.items:,} is the whole set."


def protocol_of(*, slug: str, **words: Any) -> Protocol:
    """The protocol of these facts, whatever staff call it; it is made where there is none."""
    facts = {name: words.pop(name) for name in _FACTS}
    known = Protocol.objects.filter(**facts).first()
    if known is not None:
        return known
    taken = Protocol.objects.filter(slug=slug).exists()
    return Protocol.objects.create(slug=f"{slug}-by-others" if taken else slug, **facts, **words)
