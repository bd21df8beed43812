"""Where a number comes from, for rows that people sent: who, when, which way, and on what evidence.

What came with the archive has one story for all its rows (templates/components/provenance.html). What somebody sent has one of
its own: the catalogue's history knows who sent it, and `TELLERS` add what else is known, such as a submission's evidence or a
mirror's address.
"""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

import msgspec

from leaderboards.models import Claim
from papers.catalogue_row import Source
from papers.models import Change
from portal.pages.links import Link, address

OF_PEOPLE = frozenset({Source.FORM.value, Source.API.value})
"""Sources whose rows have a story each."""

Facts = tuple[tuple[str, Link], ...]
Teller = Callable[[Collection[UUID]], Mapping[UUID, Facts]]
TELLERS: list[Teller] = []
"""What is told of results beside their history, by public id: each takes all results of a page and asks for them at once."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The story of one row; `key` is the result's public id."""

    key: str
    summary: str
    facts: Facts


def of_results(results: Collection[UUID]) -> Mapping[UUID, Told]:
    """The stories of these results, by public id: one query, and those of the tellers."""
    if not results:
        return {}
    made = Change.objects.filter(object_id__in=results, table=Claim._meta.db_table, action=Change.Action.CREATED)
    first = {change.object_id: change for change in made.select_related("actor")}
    more = [teller(results) for teller in TELLERS]
    return {key: _told(key, first.get(key), tuple(fact for facts in more for fact in facts.get(key, ()))) for key in results}


def _told(key: UUID, made: Change | None, facts: Facts) -> Told:
    if made is None:
        return Told(key=str(key), summary="Sent by a person", facts=facts)
    name = made.actor.get_username() if made.actor is not None else ""
    who = Link(text=name, href=address("changes_by", name)) if name else Link(text="an account that is not known")
    way = "through the API" if made.via == Change.Via.API else "by a form"
    known: Facts = (("Sent by", who), ("When", Link(text=f"{made.at:%Y-%m-%d}")))
    return Told(key=str(key), summary=f"Sent {way}{f' by {name}' if name else ''}", facts=known + facts)
