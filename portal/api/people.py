"""Authors and conferences: `/authors/`, `/conferences/`, their proceedings, and the papers of each."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from papers import models, search_names, search_parts
from papers.models import AuthorCount, ProceedingCount, SlugHistory
from portal.api.orders import BY_DATE, BY_SLUG, OF_PAPERS
from portal.api.shapes.papers import Paper, read_papers
from portal.api.shapes.people import Author, Conference, Proceeding, read_authors, read_conferences, read_proceedings
from portal.api.viewsets import Asked, ReadingViewSet, says, words


class AuthorsAsked(Asked):
    """What the list of authors can be narrowed by."""

    q = words("Words of the name, or how they begin.")
    full_name = words("A part of the name.")


class AuthorViewSet(ReadingViewSet):
    """Authors in the order in which they came in."""

    noun = "author"
    kind = SlugHistory.Kind.AUTHOR
    row = Author
    asked = AuthorsAsked

    def rows(self) -> QuerySet[models.Author]:
        """The authors that the public sees."""
        return models.Author.objects.published()

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those of these names."""
        if part := asked.get("full_name"):
            rows = search_parts.called(rows, part)
        return search_names.named(rows, asked["q"]) if asked.get("q") else rows

    def read(self, keys: Sequence[int]) -> Sequence[Author]:
        """By keys."""
        return read_authors(keys)

    @says(Paper, is_page=True, order=BY_DATE, orders=OF_PAPERS)
    @action(detail=True)
    def papers(self, request: Request, slug: str) -> Response:
        """The author's papers, the oldest first."""
        key = self.key()
        length = AuthorCount.objects.filter(author=key).values_list("papers", flat=True).first() or 0
        written = models.Paper.objects.published().filter(pk__in=models.PaperAuthor.objects.filter(author=key).values("paper"))
        return self.page_of(written, read_papers, order=BY_DATE, orders=OF_PAPERS, length=length)


class ConferencesAsked(Asked):
    """What the list of conferences can be narrowed by."""

    q = words("A part of the name.")
    name = words("A part of the name.")


class ConferenceViewSet(ReadingViewSet):
    """Conferences in the order of their ids."""

    noun = "conference"
    row = Conference
    asked = ConferencesAsked
    order = BY_SLUG

    def rows(self) -> QuerySet[models.Conference]:
        """The conferences that the public sees."""
        return models.Conference.objects.published()

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those with both in their name."""
        return rows.filter(name__icontains=asked.get("q", "")).filter(name__icontains=asked.get("name", ""))

    def read(self, keys: Sequence[int]) -> Sequence[Conference]:
        """By keys."""
        return read_conferences(keys)


class ProceedingViewSet(ReadingViewSet):
    """The meetings of a conference, the newest first."""

    noun = "proceeding"
    row = Proceeding
    order = None

    def rows(self) -> QuerySet[models.Proceeding]:
        """The conference's meetings that the public sees; NotFound where there is no such conference."""
        slug = self.kwargs["conference"]
        conference = models.Conference.objects.published().filter(slug=slug).values_list("pk", flat=True).first()
        if conference is None:
            raise NotFound("There is no conference at this address.")
        meetings = models.Proceeding.objects.published().filter(conference=conference)
        return meetings.order_by("-year", "-month", "slug")

    def read(self, keys: Sequence[int]) -> Sequence[Proceeding]:
        """By keys."""
        return read_proceedings(keys)

    @says(Paper, is_page=True, order=BY_DATE, orders=OF_PAPERS)
    @action(detail=True)
    def papers(self, request: Request, conference: str, slug: str) -> Response:
        """The papers of the meeting, the oldest first."""
        key = self.key()
        length = ProceedingCount.objects.filter(proceeding=key).values_list("papers", flat=True).first() or 0
        held = models.Paper.objects.published().filter(proceeding=key)
        return self.page_of(held, read_papers, order=BY_DATE, orders=OF_PAPERS, length=length)
