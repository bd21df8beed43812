"""Evaluation tables, which are the site's leaderboards: `/evaluations/`, and the metrics and results on each."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from leaderboards import models, search
from papers.models import SlugHistory
from portal.api import absence
from portal.api.orders import BY_SLUG
from portal.api.pagination import Order
from portal.api.shapes.evaluations import EvaluationTable, Metric, read_evaluations, read_metrics
from portal.api.shapes.results import Result, read_results
from portal.api.viewsets import PUBLIC_ID, Asked, ReadingViewSet, words


class EvaluationsAsked(Asked):
    """What a list of boards can be narrowed by."""

    q = words("Words of the task and the dataset.")
    task = words("The task's id.", longest=300)
    dataset = words("The dataset's id.", longest=300)


class EvaluationViewSet(ReadingViewSet):
    """Boards by their addresses."""

    noun = "evaluation table"
    kind = SlugHistory.Kind.LEADERBOARD
    row = EvaluationTable
    asked = EvaluationsAsked
    order = BY_SLUG
    total = "boards"

    def rows(self) -> QuerySet[models.Leaderboard]:
        """The boards that the public sees."""
        return models.Leaderboard.objects.published()

    def narrowed(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """Those of this task and dataset."""
        if task := asked.get("task"):
            rows = rows.filter(task__slug=task)
        if dataset := asked.get("dataset"):
            rows = rows.filter(dataset__slug=dataset)
        if query := asked.get("q"):
            found = list(search.boards(models.Leaderboard.objects.published(), query).values_list("pk", flat=True))
            rows = rows.filter(pk__in=found)
        return rows

    def read(self, keys: Sequence[int]) -> Sequence[EvaluationTable]:
        """By keys."""
        return read_evaluations(keys)


class OfBoard(ReadingViewSet):
    """What stands on one board, whose address has its id as `evaluation`."""

    lookup_field = "public_id"
    lookup_value_regex = PUBLIC_ID

    def board(self) -> int:
        """The key of the board; NotFound where the public sees none."""
        slug = self.kwargs["evaluation"]
        found = models.Leaderboard.objects.published().filter(slug=slug).values_list("pk", flat=True)[:1]
        for key in found:
            return key
        boards = models.Leaderboard.objects.all()
        raise absence.of(
            boards, slug, noun="evaluation table", kind=SlugHistory.Kind.LEADERBOARD, lookup="evaluation", field="slug"
        )


class MetricViewSet(OfBoard):
    """The columns of a board, in its order."""

    noun = "metric"
    row = Metric
    order = Order(column="position")

    def rows(self) -> QuerySet[models.Metric]:
        """The board's metrics."""
        return models.Metric.objects.filter(leaderboard=self.board())

    def read(self, keys: Sequence[int]) -> Sequence[Metric]:
        """By keys."""
        return read_metrics(keys)


class ResultViewSet(OfBoard):
    """What is claimed on a board, in the archive's order, with what was measured beside it."""

    noun = "result"
    row = Result
    order = Order(column="position")
    may_be_table = True

    def rows(self) -> QuerySet[models.Claim]:
        """The board's claims that the public sees."""
        return models.Claim.objects.published().filter(leaderboard=self.board())

    def whole(self) -> QuerySet[models.Claim]:
        """The board's, those too that were removed."""
        return models.Claim.objects.filter(leaderboard__slug=self.kwargs["evaluation"])

    def read(self, keys: Sequence[int]) -> Sequence[Result]:
        """By keys."""
        return read_results(keys)
