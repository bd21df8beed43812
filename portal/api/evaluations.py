"""Evaluation tables, which are the site's leaderboards: `/evaluations/`, and the metrics and results on each."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboards import models, search
from leaderboards.submissions import finding
from papers.models import SlugHistory
from papers.slugs import slugify_title
from portal.api import absence, results_said
from portal.api.bodies import (
    EvaluationTableCreateRequest,
    EvaluationTableUpdateRequest,
    MetricCreateRequest,
    MetricUpdateRequest,
    ResultCreateRequest,
    ResultUpdateRequest,
)
from portal.api.orders import BY_SLUG
from portal.api.pagination import Order
from portal.api.shapes.evaluations import EvaluationTable, Metric, read_evaluations, read_metrics
from portal.api.shapes.results import Result, read_results
from portal.api.shapes.submissions import Submission
from portal.api.viewsets import PUBLIC_ID, Asked, says, words
from portal.api.writing import Writes, without


class EvaluationsAsked(Asked):
    """What a list of boards can be narrowed by."""

    q = words("Words of the task and the dataset.")
    task = words("The task's id.", longest=300)
    dataset = words("The dataset's id.", longest=300)


class EvaluationViewSet(Writes):
    """Boards in the order of their ids."""

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

    @says(EvaluationTable, codes=(201, 202), body=EvaluationTableCreateRequest)
    def create(self, request: Request) -> Response:
        """Add a board without metrics and results; where its dataset is not known, it waits for a reviewer."""
        said = self.body(EvaluationTableCreateRequest)
        return self.added("board", said, lambda sent: proposed_board(said))

    @says(EvaluationTable, codes=(200, 202), body=EvaluationTableUpdateRequest)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change a board; to move it to another task or dataset waits for a reviewer. Its id stays."""
        said = self.body(EvaluationTableUpdateRequest)
        board = models.Leaderboard.objects.get(pk=self.key())
        proposed = dict(said)
        for name, find, held in (("task", finding.task, board.task_id), ("dataset", finding.dataset, board.dataset_id)):
            there: Any = find(said[name]) if name in said else None
            if there is not None:
                proposed[name] = there.slug
            if there is not None and there.pk == held:
                del said[name]
        return self.changed("sota", said, proposed)

    @says(Submission, codes=(204, 202))
    def destroy(self, request: Request, slug: str) -> Response:
        """Remove a board: a reviewer of its area at once, anybody else by a submission that waits."""
        return self.removed("sota")


def proposed_board(said: dict[str, Any]) -> EvaluationTable:
    """A board that is not there yet, as it would be."""
    task, dataset = finding.task(said["task"]), finding.dataset(said["dataset"])
    return EvaluationTable(
        id=slugify_title(f"{task or said['task']} on {dataset or said['dataset']}"),
        task=task.slug if task else slugify_title(said["task"]),
        dataset=dataset.slug if dataset else slugify_title(said["dataset"]),
        description=said.get("description", ""),
        mirror_url=said.get("mirror_url") or None,
    )


class OfBoard(Writes):
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

    @says(Metric, codes=(201, 202), body=MetricCreateRequest)
    def create(self, request: Request, evaluation: str) -> Response:
        """Add a column to a board."""
        self.board()
        said = self.body(MetricCreateRequest)
        direction = "lower" if said["is_loss"] else "higher"
        return self.added(
            "metric",
            without({"board": evaluation, "name": said["name"], "direction": direction, "description": said.get("description")}),
            lambda sent: Metric(
                id=str(sent.public_id),
                name=said["name"],
                description=said.get("description", ""),
                is_loss=said["is_loss"],
                direction=direction,
            ),
        )

    @says(Metric, codes=(200, 202), body=MetricUpdateRequest)
    def partial_update(self, request: Request, evaluation: str, public_id: str) -> Response:
        """Change a column; another `is_loss` ranks the board anew."""
        said = self.body(MetricUpdateRequest)
        metric = models.Metric.objects.get(pk=self.key())
        proposed = dict(said)
        is_loss = said.pop("is_loss", None)
        if is_loss is not None and is_loss != (metric.direction == models.Metric.Direction.LOWER):
            said["direction"] = proposed["direction"] = "lower" if is_loss else "higher"
        return self.changed("metric", said, proposed)

    @says(Submission, codes=(204, 202))
    def destroy(self, request: Request, evaluation: str, public_id: str) -> Response:
        """Remove a column without results; one that holds some stays."""
        return self.removed("metric")


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

    @says(Result, codes=(201, 202), body=ResultCreateRequest)
    def create(self, request: Request, evaluation: str) -> Response:
        """Add a result. A paper that is not known here is named all the same. What a check warns of waits for a reviewer."""
        self.board()
        said = self.body(ResultCreateRequest)
        return self.added(
            "result",
            results_said.values_of(said, board=evaluation),
            lambda sent: results_said.proposed(said, evaluation=evaluation, sent=sent),
        )

    @says(Result, codes=(200, 202), body=ResultUpdateRequest)
    def partial_update(self, request: Request, evaluation: str, public_id: str) -> Response:
        """Change a result; cells of metrics that are not named stay, an empty text takes a cell away."""
        said = self.body(ResultUpdateRequest)
        claim = models.Claim.objects.get(pk=self.key())
        return self.changed("result", results_said.fields_of(said, claim), results_said.laid_over(said, claim))

    @says(Submission, codes=(204, 202))
    def destroy(self, request: Request, evaluation: str, public_id: str) -> Response:
        """Remove a result: a reviewer of its area at once, anybody else by a submission that waits."""
        return self.removed("result")
