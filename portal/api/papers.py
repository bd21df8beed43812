"""Papers: `/papers/`, and what hangs on each of them."""

from typing import Any

from django.db.models import F, Prefetch, QuerySet
from django.db.models.expressions import RawSQL
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboards.models import Claim, shown
from papers import search
from papers.models import Paper, PaperAuthor, Task
from portal.api import results
from portal.api.fields import Address, RequiredAddress, RequiredText
from portal.api.repositories import CodeLinkSerializer, code_links
from portal.api.results import ResultSerializer
from portal.api.tasks import TaskSerializer
from portal.api.viewsets import ReadingViewSet

UNSERVED_FILTERS = ("abstract",)


class PaperSerializer(serializers.Serializer[Paper]):
    """A paper as the old API wrote it, and with `abstract_by` whose words the abstract is: the authors' or this portal's."""

    id = serializers.ReadOnlyField(source="slug")
    arxiv_id = serializers.ReadOnlyField()
    nips_id = serializers.ReadOnlyField()
    url_abs = RequiredAddress()
    url_pdf = RequiredAddress()
    title = RequiredText()
    abstract = RequiredText()
    abstract_by = serializers.ReadOnlyField()
    authors = serializers.SerializerMethodField()
    published = serializers.DateField(source="date")
    conference = serializers.ReadOnlyField(source="conference_slug")
    conference_url_abs = Address()
    conference_url_pdf = Address()
    proceeding = serializers.SerializerMethodField()

    def get_authors(self, paper: Paper) -> list[str]:
        """Names in the paper's order."""
        return [place.author.name for place in paper.author_places.all()]

    def get_proceeding(self, paper: Paper) -> str | None:
        """The slug of the meeting, unless that was removed."""
        return paper.proceeding.slug if paper.proceeding and not paper.proceeding.removed_at else None


class PaperFilter(serializers.Serializer[Any]):
    """What a list of papers can be narrowed by."""

    arxiv_id = serializers.CharField(required=False, allow_blank=True, max_length=100)
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    q = serializers.CharField(required=False, allow_blank=True, max_length=200)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        """Refuse the old API's filters that are not here yet: an answer that ignored them would be wrong."""
        refused = {name: ["This filter is not served yet: use q, title or arxiv_id."] for name in UNSERVED_FILTERS}
        if asked := {name: said for name, said in refused.items() if self.initial_data.get(name)}:
            raise serializers.ValidationError(asked)
        return attrs


class PaperViewSet(ReadingViewSet[Paper]):
    """Papers by date, the oldest first and undated ones last: the old API's order. With `q`, what a search finds, best first."""

    noun = "paper"
    total = "papers"
    serializer_class = PaperSerializer

    def get_queryset(self) -> QuerySet[Paper]:
        """The papers that the public sees, with what the serializer reads."""
        places = PaperAuthor.objects.order_by("position").select_related("author").only("paper", "position", "author__name")
        papers = (
            Paper.objects.published()
            .select_related("proceeding")
            .prefetch_related(Prefetch("author_places", queryset=places))
            .only(
                "slug", "arxiv_id", "nips_id", "url_abs", "url_pdf", "title", "abstract", "abstract_by", "date",
                "conference_slug", "conference_url_abs", "conference_url_pdf", "proceeding__slug", "proceeding__removed_at",
            )
            .order_by(F("date").asc(nulls_last=True), "pk")
        )  # fmt: skip
        return self.narrowed(papers) if self.action == "list" else papers

    def narrowed(self, papers: QuerySet[Paper]) -> QuerySet[Paper]:
        """The papers that the query string asks for; ValidationError where it cannot be understood."""
        asked = PaperFilter(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        if arxiv_id := asked.validated_data.get("arxiv_id"):
            papers = papers.filter(arxiv_id=arxiv_id)
        if title := asked.validated_data.get("title"):
            papers = papers.filter(title__icontains=title)
        if query := asked.validated_data.get("q"):
            found = [hit.paper for hit in search.papers(query, limit=search.MOST_HITS).hits]
            best_first = RawSQL("array_position(%s::bigint[], papers_paper.id)", [found])
            papers = papers.filter(pk__in=found).order_by(best_first)
        return papers

    def is_whole(self) -> bool:
        """Whether no filter is asked for."""
        return not any(self.request.query_params.get(name) for name in ("arxiv_id", "title", "q"))

    @action(detail=True)
    def repositories(self, request: Request, slug: str) -> Response:
        """The paper's code, official repositories first."""
        return self.page_of(code_links(self.get_object()), CodeLinkSerializer)

    @action(detail=True)
    def tasks(self, request: Request, slug: str) -> Response:
        """The paper's task tags, in the archive's order."""
        tags = Task.objects.published().filter(paper_places__paper=self.get_object())
        return self.page_of(tags.order_by("paper_places__position", "pk"), TaskSerializer)

    @action(detail=True)
    def results(self, request: Request, slug: str) -> Response:
        """What the paper claims on boards, in the order in which it came in."""
        claims = Claim.objects.filter(shown("leaderboard__"), paper=self.get_object())
        return self.page_of(results.readable(claims).order_by("pk"), ResultSerializer, beside=results.beside)
