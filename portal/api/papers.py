"""Papers: `/papers/`, and what hangs on each of them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboards.models import Claim, shown
from papers import models, search, search_parts
from papers.models import SlugHistory
from portal.api import pagination
from portal.api.orders import BY_DATE, BY_SLUG, OF_PAPERS
from portal.api.pagination import Keys
from portal.api.repositories import code_links
from portal.api.shapes.datasets import Dataset, read_datasets
from portal.api.shapes.methods import Method, read_methods
from portal.api.shapes.papers import Paper, read_papers
from portal.api.shapes.repositories import Repository, read_links
from portal.api.shapes.results import Result, read_results
from portal.api.shapes.tasks import Task, read_tasks
from portal.api.viewsets import Asked, ReadingViewSet, says, words

MOST_FOUND = search.MOST_HITS


class PapersAsked(Asked):
    """What a list of papers can be narrowed by."""

    q = words("Words of title and abstract; the best of the newest first.")
    arxiv_id = words("Without version.", longest=100)
    title = words("A part of the title.")
    abstract = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="A part of the abstract, of whole words; of the newest papers.",
    )


class PaperViewSet(ReadingViewSet):
    """Papers by date, the oldest first and undated ones last: the old API's order. With `q`, what a search finds, best first."""

    noun = "paper"
    kind = SlugHistory.Kind.PAPER
    row = Paper
    asked = PapersAsked
    order = BY_DATE
    orders = OF_PAPERS
    total = "papers"

    def rows(self) -> QuerySet[models.Paper]:
        """The papers that the public sees."""
        return models.Paper.objects.published()

    def read(self, keys: Sequence[int]) -> Sequence[Paper]:
        """By keys."""
        return read_papers(keys)

    def list(self, request: Request, **named: str) -> Response:
        """A search alone is paged by the search itself."""
        asked = self.what_is_asked(PapersAsked)
        others = any(asked.get(name) for name in ("arxiv_id", "title", "abstract")) or "ordering" in request.query_params
        if not asked.get("q") or others:
            return super().list(request, **named)
        return self.around(found_by(request, asked["q"]), self.read)

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """The papers with all that is asked for."""
        if arxiv_id := asked.get("arxiv_id"):
            rows = rows.filter(arxiv_id=arxiv_id)
        if title := asked.get("title"):
            rows = search_parts.titled(rows, title)
        if abstract := asked.get("abstract"):
            found = [hit.paper for hit in search.papers(abstract.replace('"', " "), limit=MOST_FOUND).hits]
            rows = rows.filter(pk__in=found, abstract__icontains=abstract)
        if query := asked.get("q"):
            found = [hit.paper for hit in search.papers(query, limit=MOST_FOUND).hits]
            rows = rows.filter(pk__in=found).order_by(RawSQL("array_position(%s::bigint[], papers_paper.id)", [found]))
        return rows

    @says(Repository, is_page=True)
    @action(detail=True)
    def repositories(self, request: Request, slug: str) -> Response:
        """The paper's code, official repositories first."""
        return self.page_of(code_links(paper=self.key()), read_links)

    @says(Task, is_page=True)
    @action(detail=True)
    def tasks(self, request: Request, slug: str) -> Response:
        """The paper's task tags, in the archive's order."""
        tags = models.Task.objects.published().filter(paper_places__paper=self.key())
        return self.page_of(tags.order_by("paper_places__position", "pk"), read_tasks)

    @says(Method, is_page=True)
    @action(detail=True)
    def methods(self, request: Request, slug: str) -> Response:
        """The methods that the paper uses, in the archive's order."""
        used = models.Method.objects.published().filter(paper_places__paper=self.key())
        return self.page_of(used.order_by("paper_places__position", "pk"), read_methods)

    @says(Dataset, is_page=True)
    @action(detail=True)
    def datasets(self, request: Request, slug: str) -> Response:
        """The datasets that the paper introduced."""
        introduced = models.Dataset.objects.published().filter(paper=self.key())
        return self.page_of(introduced, read_datasets, order=BY_SLUG)

    @says(Result, is_page=True, may_be_table=True)
    @action(detail=True)
    def results(self, request: Request, slug: str) -> Response:
        """What the paper claims on boards, in the order in which it came in."""
        claims = Claim.objects.published().filter(shown("leaderboard__"), paper=self.key())
        return self.page_of(claims.order_by("pk"), read_results)


def found_by(request: Request, query: str) -> Keys:
    """A page of what a search finds; ValidationError or NotFound for a page that no search has."""
    size, number = pagination.size_of(request), pagination.number_of(request)
    begin = (number - 1) * size
    found = search.papers(query, limit=size, offset=begin) if begin < MOST_FOUND else search.NOTHING
    return pagination.part(request, [hit.paper for hit in found.hits], number=number, size=size, count=found.count)
