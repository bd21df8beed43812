"""Writing what was accepted into the catalogue: one transaction, recorded by the triggers under whoever sent it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from leaderboards.models import MadeRow, Submission
from leaderboards.submissions import apply_edit, apply_result, apply_things, finding, payloads
from leaderboards.submissions.made import Columns, Impossible, Making
from leaderboards.submissions.payloads import Payload
from papers import history
from papers.models import Change

__all__ = ["Columns", "Impossible", "acting_for", "apply"]


def apply(submission: Submission, payload: Payload, *, columns: Columns) -> Any:
    """Make the rows of an accepted submission, and note which they are; the row that it is about.

    The caller holds the transaction, and has `columns` judged before it ends. Raises `Impossible` where things have changed.
    The author of the change is who sent it: what a person did can then be found and taken back whoever let it in.
    """
    making = Making(submission, columns)
    with acting_for(submission):
        row = _APPLY[submission.kind](payload, making)
        MadeRow.objects.bulk_create(making.rows)
    return row


@contextmanager
def acting_for(submission: Submission) -> Iterator[None]:
    """Record the changes inside as those of whoever sent it; what follows is recorded as what came before."""
    via = Change.Via.API if submission.via == Submission.Via.API else Change.Via.FORM
    with history.acting(via=via, by=submission.submitter_id, origin=f"/submissions/{submission.public_id}"):
        yield


def _metric(payload: payloads.Metric, making: Making) -> Any:
    board = finding.board(payload.board)
    if board is None:
        raise Impossible(f"There is no board “{payload.board}” any more.")
    return apply_result.make_metric(board, payload.name, payload.direction, making, description=payload.description)


_APPLY: Mapping[str, Callable[[Any, Making], Any]] = {
    "result": apply_result.apply,
    "paper": apply_things.make_paper,
    "code": apply_things.make_code,
    "dataset": apply_things.make_dataset,
    "task": apply_things.make_task,
    "method": apply_things.make_method,
    "board": apply_result.make_board,
    "metric": _metric,
    "edit": apply_edit.change,
    "removal": apply_edit.remove,
}
