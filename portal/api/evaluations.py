"""Evaluation tables, which are the site's leaderboards: `/evaluations/`, and the results on each."""

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboards.models import Claim, Leaderboard
from portal.api import results
from portal.api.fields import RequiredText
from portal.api.results import ResultSerializer
from portal.api.viewsets import ReadingViewSet


class EvaluationSerializer(serializers.Serializer[Leaderboard]):
    """A board as the old API wrote it."""

    id = serializers.ReadOnlyField(source="slug")
    task = serializers.ReadOnlyField(source="task.slug")
    dataset = serializers.ReadOnlyField(source="dataset.slug")
    description = RequiredText()


class EvaluationViewSet(ReadingViewSet[Leaderboard]):
    """Boards by their addresses."""

    noun = "evaluation table"
    total = "boards"
    serializer_class = EvaluationSerializer

    def get_queryset(self) -> QuerySet[Leaderboard]:
        """The boards that the public sees."""
        return Leaderboard.objects.published().with_task_and_dataset().order_by("slug")

    @action(detail=True)
    def results(self, request: Request, slug: str) -> Response:
        """What is claimed on the board, in the archive's order, with what was measured beside it."""
        claims = results.readable(Claim.objects.filter(leaderboard=self.get_object()))
        return self.page_of(claims.order_by("position", "pk"), ResultSerializer, beside=results.beside)
