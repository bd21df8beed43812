"""Whether what a submission did still stands: its rows may have been deleted since, or put back to what they were."""

from collections.abc import Sequence

from django.db.models import Q

from leaderboards.models import Submission
from papers.models import Change

_LIVES = {Change.Action.CREATED, Change.Action.RESTORED}
_ENDS = {Change.Action.DELETED, Change.Action.REMOVED}


def undone(submission: Submission) -> Sequence[Change]:
    """The changes that undid it, one a row at most: what ended a row that it made, or the last revert of one that it changed.

    A row that came back is not undone. Two queries.
    """
    made = {row.object_id: row for row in submission.made_rows.all()}
    if not made:
        return []
    origin = f"/submissions/{submission.public_id}"
    matters = Q(origin=origin) | Q(via=Change.Via.REVERT) | Q(action__in=_LIVES | _ENDS)
    last: dict[object, Change] = {}
    for change in Change.objects.filter(matters, object_id__in=made).select_related("actor").order_by("pk"):
        row = made[change.object_id]  # type: ignore[index]  # it is one of these
        if change.origin == origin:
            last.pop(change.object_id, None)
        elif row.is_new:
            if change.table == row.table and change.action in _LIVES | _ENDS:
                last[change.object_id] = change
        elif change.via == Change.Via.REVERT:
            last[change.object_id] = change
    return [change for key, change in last.items() if not (made[key].is_new and change.action in _LIVES)]  # type: ignore[index]
