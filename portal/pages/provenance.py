"""Where a number comes from, for rows that people sent: who, when, which way, and on what evidence.

What came with the archive has one story for all its rows (templates/components/provenance.html). What somebody sent has one of
its own: the catalogue's history knows who sent it, and `TELLERS` add what else is known, such as a submission's evidence or a
mirror's address.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from uuid import UUID

import msgspec

from leaderboards.models import Claim
from leaderboards.submissions import evidence
from leaderboards.submissions.evidence import Evidence
from papers.catalogue_row import Source
from papers.models import Change
from portal.context import STRANGER, Viewer
from portal.pages.links import Link, address, web_address

OF_PEOPLE = frozenset({Source.FORM.value, Source.API.value})
"""Sources whose rows have a story each."""

WITH_SOURCE = "With the address where it stands"
NO_SOURCES: Mapping[UUID, str] = {}

Facts = tuple[tuple[str, Link], ...]
Teller = Callable[[Collection[UUID], Viewer], Mapping[UUID, Facts]]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The story of one row; `key` is the result's public id."""

    key: str
    summary: str
    facts: Facts


def of_results(
    sent: Collection[UUID], *, sources: Mapping[UUID, str] = NO_SOURCES, mirror: str = "", viewer: Viewer = STRANGER
) -> Mapping[UUID, Told]:
    """The stories of results, by public id, as this reader sees them: one query, and those of the tellers.

    `sent` came from people; `sources` are addresses where numbers stand outside the paper, of these and of others; `mirror` is
    the board elsewhere that theirs repeats.
    """
    results = {*sent, *(key for key, source in sources.items() if source)}
    if not results:
        return {}
    made = Change.objects.filter(object_id__in=results, table=Claim._meta.db_table, action=Change.Action.CREATED)
    first = {change.object_id: change for change in made.select_related("actor")}
    more = [teller(results, viewer) for teller in TELLERS]
    told = {
        key: (*_places(sources.get(key, ""), mirror), *(fact for facts in more for fact in facts.get(key, ()))) for key in results
    }
    return {
        key: _sent(key, first.get(key), facts) if key in sent else Told(key=str(key), summary=WITH_SOURCE, facts=facts)
        for key, facts in told.items()
    }


def _places(source: str, mirror: str) -> Iterator[tuple[str, Link]]:
    if source:
        yield "Source", Link(text=source, href=web_address(source))
    if mirror:
        yield "Mirror of", Link(text=mirror, href=web_address(mirror))


def _sent(key: UUID, made: Change | None, facts: Facts) -> Told:
    if made is None:
        return Told(key=str(key), summary="Sent by a person", facts=facts)
    name = made.actor.get_username() if made.actor is not None else ""
    who = Link(text=name, href=address("changes_by", name)) if name else Link(text="an account that is not known")
    way = "through the API" if made.via == Change.Via.API else "by a form"
    known: Facts = (("Sent by", who), ("When", Link(text=f"{made.at:%Y-%m-%d}")))
    return Told(key=str(key), summary=f"Sent {way}{f' by {name}' if name else ''}", facts=known + facts)


def of_submissions(results: Collection[UUID], viewer: Viewer) -> Mapping[UUID, Facts]:
    """What was submitted in evidence; the submission's page for who may see it: reviewers, and who sent it."""
    return {key: tuple(_of_evidence(found, viewer)) for key, found in evidence.of_results(results).items()}


def _of_evidence(found: Evidence, viewer: Viewer) -> Iterator[tuple[str, Link]]:
    place = ", ".join(part for part in (found.table, f"page {found.page}" if found.page else "") if part)
    said = (("In the paper", place), ("Quote", f"“{found.quote}”" if found.quote else ""), ("Evaluated", found.evaluated_on))
    yield from ((label, Link(text=text)) for label, text in said if text)
    if viewer.may_review or (viewer.key is not None and viewer.key == found.submitter):
        yield (
            "Submission",
            Link(text="What was sent, and its review", href=address("submissions:detail", found.submission)),
        )


TELLERS: list[Teller] = [of_submissions]
"""What is told of results beside their history, by public id: each takes all results of a page and asks for them at once."""
