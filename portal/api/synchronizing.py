"""`POST /rpc/evaluation-synchronize/`: a board that is kept elsewhere mirrors itself here, by the same door as everything.

One call is one act: where a row cannot be taken, nothing of it is. What the sender sent before under an `external_id` is
brought up to date, what stands already is left alone, and nothing that others put on the board is touched.
"""

import uuid
from typing import Any

from django.db import transaction
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboards import models, submissions
from leaderboards.models import Claim, Leaderboard, Submission
from leaderboards.submissions import applying, desk, finding, payloads
from leaderboards.submissions.boards_seen import named_before
from leaderboards.submissions.checking import identity
from portal.api import results_said
from portal.api.bodies import EvaluationTableSyncRequest
from portal.api.evaluations import proposed_board
from portal.api.shapes.evaluations import EvaluationTable, read_evaluations, read_metrics
from portal.api.shapes.results import Result, read_results
from portal.api.shapes.synchronized import EvaluationTableSyncResponse, SynchronizedMetric, SynchronizedResult
from portal.api.viewsets import says
from portal.api.writing import Writes, as_answers, by_field, without

SAME = {"duplicate", "sent_before"}
"""Found about what stands or waits already."""


class SynchronizeViewSet(Writes):
    """Boards of elsewhere."""

    noun = "evaluation table"
    row = EvaluationTableSyncResponse

    @says(EvaluationTableSyncResponse, codes=(200, 202), body=EvaluationTableSyncRequest)
    def create(self, request: Request) -> Response:
        """Bring a board up to date with one that is kept elsewhere; task and dataset have to be here. Nothing is removed.

        Rows are matched by `external_id`, which counts for its sender alone. 202 where the board or a row waits for a reviewer.
        """
        said = self.body(EvaluationTableSyncRequest)
        if finding.dataset(said["dataset"]) is None:
            raise ValidationError({"dataset": [f"There is no dataset “{said['dataset']}”: add the dataset first."]})
        with as_answers(), transaction.atomic():
            act = _Act(self, said)
            answer = act.done()
        return Response(answer, status=202 if answer.is_waiting or any(row.is_waiting for row in answer.results) else 200)


class _Act:
    """One call on its way in."""

    def __init__(self, view: Writes, said: dict[str, Any]) -> None:
        self._said, self._by, self._batch = said, view.sender(), uuid.uuid4()
        self._boards, self._columns = desk.Boards(), desk.Columns()
        self._last: Submission | None = None

    def done(self) -> EvaluationTableSyncResponse:
        """Take all of it; what became of it."""
        board = finding.board("", task=self._said["task"], dataset=self._said["dataset"])
        if board is None:
            board = self._new_board()
        else:
            self._renew(board)
        rows = [self._result(place, row, board) for place, row in enumerate(self._said.get("results", ()))]
        if self._last is not None:
            with applying.acting_for(self._last):
                self._columns.judge()
        return self._answer(board, rows)

    def _send(self, kind: str, values: dict[str, Any]) -> Submission:
        sent = submissions.submit(
            kind,
            values,
            by=self._by,
            via=Submission.Via.API,
            batch=self._batch,
            boards=self._boards if kind == "result" else None,
            columns=self._columns,
        )
        self._last = sent
        return sent

    def _new_board(self) -> Leaderboard | None:
        """The board, or None where it waits."""
        columns = [_column(metric, value="-") for metric in self._said.get("metrics", ())]
        about = {name: self._said.get(name) for name in ("task", "dataset", "description", "mirror_url")}
        try:
            self._send("board", {**without(about), "metrics": columns})
        except submissions.Rejected as rejected:
            if not _is_known(rejected):
                raise
        return finding.board("", task=self._said["task"], dataset=self._said["dataset"])

    def _renew(self, board: Leaderboard) -> None:
        """Columns that the board lacks, and its own words where they are new; the direction of a column that is there stays."""
        held = {metric.name.casefold() for metric in board.metrics.all()}
        for metric in self._said.get("metrics", ()):
            if metric["name"].casefold() not in held:
                column = _column(metric)
                column["name"] = column.pop("metric")
                self._send("metric", {"board": board.slug, **column})
        new = {name: self._said[name] for name in ("description", "mirror_url") if self._said.get(name)}
        was = {name: getattr(board, name) for name in new}
        new = {name: value for name, value in new.items() if was[name] != value}
        if new:
            about = {"thing": "sota", "id": str(board.public_id), "fields": new}
            try:
                self._send("edit", {**about, "was": {name: was[name] for name in new}})
            except submissions.Rejected as rejected:
                if not _is_known(rejected):
                    raise

    def _result(self, place: int, row: dict[str, Any], board: Leaderboard | None) -> Claim | Submission:
        """The claim on the board, or the submission that waits. ValidationError, by row, where it cannot be taken."""
        values = results_said.values_of(row, board=board.slug if board else "")
        if board is None:
            ways = {metric["name"]: metric["is_loss"] for metric in self._said.get("metrics", ())}
            values |= {"task": self._said["task"], "dataset": self._said["dataset"]}
            values["scores"] = [
                without({"metric": name, "value": value, "direction": _direction(ways[name]) if name in ways else None})
                for name, value in values.pop("metrics").items()
                if value is not None
            ]
        elif (claim := self._claim(row, values, board)) and results_said.is_so(row, claim):
            return claim
        try:
            sent = self._send("result", values)
        except submissions.Rejected as rejected:
            found = self._known(rejected, row, values, board)
            if found is None:
                raise ValidationError({"results": {str(place): by_field(rejected)}}) from rejected
            return found
        if sent.state == Submission.State.WAITING:
            return sent
        made = sent.made_rows.filter(table=Claim._meta.db_table).values("object_id")
        return Claim.objects.get(public_id__in=made)

    def _claim(self, row: dict[str, Any], values: dict[str, Any], board: Leaderboard) -> Claim | None:
        """The row that is meant: by the sender's own name, else the one of this model by this paper."""
        if external_id := row.get("external_id"):
            return named_before(external_id, board=board, sender=self._by.pk)
        try:
            payload = payloads.read("result", values)
        except payloads.PayloadError:
            return None
        assert isinstance(payload, payloads.Result)
        key, _, _ = identity(payload, finding.paper(payload.paper))
        here = board.claims.published().filter(model_name=payload.model_name, paper_key=key)
        return here.order_by("occurrence", "pk").first()

    def _known(
        self, rejected: submissions.Rejected, row: dict[str, Any], values: dict[str, Any], board: Leaderboard | None
    ) -> Claim | Submission | None:
        """What stands or waits already and is the same."""
        if not _is_known(rejected):
            return None
        if board and any(finding.code == "duplicate" for finding in rejected.findings):
            same = board.claims.published().filter(model_name=values["model_name"])
            return next((claim for claim in same.order_by("pk") if results_said.is_so(row, claim)), None)
        payload = payloads.stored(payloads.read("result", values))
        return Submission.objects.waiting().filter(submitter=self._by, kind="result", payload=payload).first()

    def _answer(self, board: Leaderboard | None, rows: list[Claim | Submission]) -> EvaluationTableSyncResponse:
        told: EvaluationTable = read_evaluations([board.pk])[0] if board else proposed_board(self._said)
        keys = {row.pk for row in rows if isinstance(row, Claim)}
        read = {str(result.id): result for result in read_results(sorted(keys))}
        return EvaluationTableSyncResponse(
            id=told.id,
            task=told.task,
            dataset=told.dataset,
            description=told.description,
            mirror_url=told.mirror_url,
            external_id=self._said.get("external_id"),
            metrics=_metrics(board) if board else [_metric(each) for each in self._said.get("metrics", ())],
            results=[
                _row(said, row, read.get(str(row.public_id)))
                for said, row in zip(self._said.get("results", ()), rows, strict=True)
            ],
            is_waiting=board is None,
        )


def _column(metric: dict[str, Any], **more: Any) -> dict[str, Any]:
    about = {"metric": metric["name"], "direction": _direction(metric["is_loss"]), "description": metric.get("description")}
    return {**without(about), **more}


def _direction(is_loss: bool) -> str:
    return "lower" if is_loss else "higher"


def _is_known(rejected: submissions.Rejected) -> bool:
    return {finding.code for finding in rejected.findings} <= SAME


def _metrics(board: Leaderboard) -> list[SynchronizedMetric]:
    keys = models.Metric.objects.filter(leaderboard=board).values_list("pk", flat=True)
    return [
        SynchronizedMetric(name=metric.name, description=metric.description, is_loss=metric.is_loss)
        for metric in read_metrics(list(keys))
    ]


def _metric(said: dict[str, Any]) -> SynchronizedMetric:
    return SynchronizedMetric(name=said["name"], description=said.get("description", ""), is_loss=said["is_loss"])


def _row(said: dict[str, Any], row: Claim | Submission, stands: Result | None) -> SynchronizedResult:
    found = stands
    if found is None:
        assert isinstance(row, Submission)
        found = results_said.proposed(said, evaluation="", sent=row)
    same = ("metrics", "methodology", "paper", "uses_additional_data", "evaluated_on", "external_source_url")
    return SynchronizedResult(
        id=str(found.id),
        **{name: getattr(found, name) for name in same},
        external_id=said.get("external_id"),
        is_waiting=isinstance(row, Submission),
    )
