"""The API's dearest reads as Django REST framework's guide would have them: ModelSerializers over the same querysets.

Nothing is made slow on purpose: rows are joined and prefetched, lengths of whole lists come from the stored counts, and ranks and
measurements are fetched once a page. Behind the same middlewares as the site's.
"""

from collections import defaultdict
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Prefetch, Q
from django.db.models.expressions import RawSQL
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.schemas.openapi import AutoSchema
from rest_framework.viewsets import ModelViewSet

from leaderboards.models import Claim, Leaderboard, Score
from papers import counts, search
from papers.models import Paper, PaperAuthor
from portal.api import ranks
from portal.pages.measured import current


class _Counted(Paginator):  # type: ignore[type-arg]
    count = property(lambda self: counts.totals().get("papers", 0))


class _Pages(PageNumberPagination):
    page_size, max_page_size, page_size_query_param = 50, 500, "items_per_page"


class _PaperSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    id = serializers.CharField(source="slug")
    authors = serializers.SerializerMethodField()
    published = serializers.DateField(source="date")
    conference = serializers.CharField(source="conference_slug")
    proceeding = serializers.CharField(source="proceeding.slug", default=None)

    class Meta:
        model = Paper
        fields = (
            "id", "arxiv_id", "nips_id", "url_abs", "url_pdf", "title", "abstract", "abstract_by", "authors", "published",
            "conference", "conference_url_abs", "conference_url_pdf", "proceeding",
        )  # fmt: skip

    def get_authors(self, paper: Paper) -> list[str]:
        return [place.author.name for place in paper.author_places.all()]


class _PaperViewSet(ModelViewSet):  # type: ignore[type-arg]
    serializer_class, pagination_class, renderer_classes, lookup_field = _PaperSerializer, _Pages, [JSONRenderer], "slug"
    throttle_classes, schema = (), AutoSchema()

    def get_queryset(self) -> Any:
        places = PaperAuthor.objects.order_by("position").select_related("author")
        papers = Paper.objects.published().select_related("proceeding").prefetch_related(Prefetch("author_places", places))
        if query := self.request.query_params.get("q"):
            found = [hit.paper for hit in search.papers(query, limit=search.MOST_HITS).hits]
            return papers.filter(pk__in=found).order_by(RawSQL("array_position(%s::bigint[], papers_paper.id)", [found]))
        return papers.order_by(F("date").asc(nulls_last=True), "pk")

    def paginate_queryset(self, queryset: Any) -> Any:
        assert self.paginator is not None
        is_whole = "q" not in self.request.query_params
        self.paginator.django_paginator_class = _Counted if is_whole else Paginator  # type: ignore[attr-defined]
        return super().paginate_queryset(queryset)


class _ResultSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    id = serializers.UUIDField(source="public_id")
    best_rank = serializers.SerializerMethodField()
    metrics = serializers.SerializerMethodField()
    methodology = serializers.CharField(source="model_name")
    paper = serializers.CharField(source="paper.slug", default=None)
    best_metric = serializers.SerializerMethodField()
    evaluated_on = serializers.DateField(source="paper_date")
    measurements = serializers.SerializerMethodField()

    class Meta:
        model = Claim
        fields = (
            "id", "best_rank", "metrics", "methodology", "uses_additional_data", "paper", "best_metric", "evaluated_on",
            "measurements",
        )  # fmt: skip

    def get_best_rank(self, claim: Claim) -> int | None:
        return self.context["best"].get(claim.pk, ranks.UNRANKED).rank  # type: ignore[no-any-return]

    def get_best_metric(self, claim: Claim) -> str | None:
        return self.context["best"].get(claim.pk, ranks.UNRANKED).metric  # type: ignore[no-any-return]

    def get_metrics(self, claim: Claim) -> dict[str, str]:
        return {score.metric.name: score.text for score in claim.scores.all()}

    def get_measurements(self, claim: Claim) -> list[Any]:
        return [item.value for item in self.context["tested"].get(claim.pk, ())]


class _EvaluationViewSet(ModelViewSet):  # type: ignore[type-arg]
    queryset, lookup_field, renderer_classes, pagination_class = Leaderboard.objects.published(), "slug", [JSONRenderer], _Pages
    throttle_classes, schema = (), AutoSchema()

    @action(detail=True)
    def results(self, request: Any, slug: str) -> Response:
        cells = Score.objects.select_related("metric").order_by("metric__position", "metric_id")
        claims = Claim.objects.published().filter(leaderboard=self.get_object()).select_related("paper")
        page = self.paginate_queryset(claims.prefetch_related(Prefetch("scores", cells)).order_by("position", "pk")) or []
        tested = defaultdict(list)
        for item in current(Q(claim__in=[claim.pk for claim in page])):
            tested[item.claim_id].append(item)
        context = {"best": ranks.best({claim.leaderboard_id for claim in page}), "tested": tested}
        return self.get_paginated_response(_ResultSerializer(page, many=True, context=context).data)


_router = SimpleRouter()
_router.register("papers", _PaperViewSet, basename="paper")
_router.register("evaluations", _EvaluationViewSet, basename="evaluation")
urlpatterns = [path("api/v1/", include(_router.urls))]
