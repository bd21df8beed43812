"""Conferences, their meetings, and the papers of each."""

from dataclasses import dataclass

from django.db.models import Count, F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from papers.models import Conference, PaperQuerySet, Proceeding
from portal.context import page
from portal.pages import absence
from portal.pages.keyset import newest_papers
from portal.pages.links import Link, address
from portal.pages.paper_cards import published_papers
from portal.pages.venues import venue_address, venue_name, when


@dataclass(frozen=True, kw_only=True)
class ConferenceCard:
    """A conference in a list, with its meetings that have papers; `years` is e.g. "2013 to 2025", empty where none is known."""

    link: Link
    meetings: int
    years: str
    papers: int


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """A meeting of a conference; `when` is its month, as far as it is known."""

    link: Link
    when: str
    papers: int


def conferences(request: HttpRequest) -> HttpResponse:
    """All conferences with papers, the largest first: one query."""
    met = Q(proceedings__removed_at=None, proceedings__count__isnull=False)
    rows = (
        Conference.objects.published()
        .filter(met)
        .annotate(
            meetings=Count("proceedings"),
            first=Min("proceedings__year"),
            last=Max("proceedings__year"),
            papers=Sum("proceedings__count__papers"),
        )
        .order_by("-papers", "slug")
        .values_list("name", "slug", "meetings", "first", "last", "papers")
    )
    cards = tuple(
        ConferenceCard(
            link=Link(text=name, href=address("conferences:detail", slug)),
            meetings=meetings,
            years="" if not first else str(first) if first == last else f"{first} to {last}",
            papers=papers,
        )
        for name, slug, meetings, first, last, papers in rows
    )
    return page(request, "papers/conferences.html", {"conferences": cards, "section": "papers"})


def conference_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of one conference. The old site had meetings at this address too: they redirect to theirs of today."""
    conference = Conference.objects.published().filter(slug=slug).first()
    if conference is None:
        return _meeting_alone(request, slug)
    papers = published_papers().filter(proceeding__conference=conference, proceeding__removed_at=None)
    context = {
        "name": conference.name,
        "slug": slug,
        "meetings": meetings_of(conference),
        "papers": newest_papers(papers, after=request.GET.get("after", "")),
        "section": "papers",
    }
    return page(request, "papers/conference.html", context)


def proceeding_detail(request: HttpRequest, slug: str, proceeding: str) -> HttpResponse:
    """The page of one meeting of a conference."""
    found = Proceeding.objects.published().select_related("conference", "count").filter(slug=proceeding).first()
    if found is None:
        return absence.explain_removal(request, Proceeding.objects.all(), noun="proceeding", slug=proceeding)
    conference = _shown_conference(found)
    if conference is None or conference.slug != slug:
        return HttpResponsePermanentRedirect(address_of(found))
    return _meeting(request, found)


def _meeting_alone(request: HttpRequest, slug: str) -> HttpResponse:
    """A meeting of no known conference at its address, any other by a redirect; else why nothing is here."""
    found = Proceeding.objects.published().select_related("conference", "count").filter(slug=slug).first()
    if found is None:
        return absence.explain_removal(request, Conference.objects.all(), noun="conference", slug=slug)
    if _shown_conference(found) is None:
        return _meeting(request, found)
    return HttpResponsePermanentRedirect(address_of(found))


def address_of(proceeding: Proceeding) -> str:
    """Where a meeting's page is: below its conference, where that is known."""
    conference = _shown_conference(proceeding)
    return venue_address(proceeding.slug, conference=conference.slug if conference else None)


def _shown_conference(proceeding: Proceeding) -> Conference | None:
    conference = proceeding.conference
    return conference if conference and not conference.removed_at else None


def _meeting(request: HttpRequest, proceeding: Proceeding) -> HttpResponse:
    conference = _shown_conference(proceeding)
    context = {
        "name": venue_name(proceeding.name, year=proceeding.year, month=proceeding.month),
        "conference": Link(text=conference.name, href=address("conferences:detail", conference.slug)) if conference else None,
        "when": when(proceeding.year, proceeding.month),
        "number": proceeding.count.papers if hasattr(proceeding, "count") else 0,
        "path": address_of(proceeding),
        "papers": newest_papers(_papers(proceeding), after=request.GET.get("after", "")),
        "section": "papers",
    }
    return page(request, "papers/proceeding.html", context)


def _papers(proceeding: Proceeding) -> PaperQuerySet:
    return published_papers().filter(proceeding=proceeding)


def meetings_of(conference: Conference) -> tuple[Meeting, ...]:
    """The conference's meetings, the latest first: one query."""
    rows = (
        conference.proceedings.filter(removed_at=None)
        .annotate(papers_here=Coalesce(F("count__papers"), 0))
        .order_by(F("year").desc(nulls_last=True), F("month").desc(nulls_last=True), "name", "slug")
        .values_list("name", "slug", "year", "month", "papers_here")
    )
    return tuple(
        Meeting(
            link=Link(text=venue_name(name, year=year, month=month), href=venue_address(slug, conference=conference.slug)),
            when=when(year, month),
            papers=papers,
        )
        for name, slug, year, month, papers in rows
    )
