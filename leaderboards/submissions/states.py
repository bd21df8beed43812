"""The only code that writes a submission's state: by compare-and-set, leaving a trace. Losing the race is an answer."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from leaderboards.models import Submission, SubmissionEvent

State = Submission.State


class LostRace(Exception):
    """Somebody else decided first; the submission is as they left it."""


@transaction.atomic
def begin(submissions: Sequence[Submission], *, at_once: Collection[Submission] = ()) -> None:
    """Store new submissions as waiting; those `at_once` as accepted, since nothing speaks against them."""
    for submission in at_once:
        submission.state, submission.decided_at = State.ACCEPTED, timezone.now()
    Submission.objects.bulk_create(submissions)
    events = [SubmissionEvent(submission=each, state=State.WAITING, actor=each.submitter) for each in submissions]
    events += [SubmissionEvent(submission=each, state=State.ACCEPTED) for each in at_once]
    SubmissionEvent.objects.bulk_create(events)


@transaction.atomic
def move(submission: Submission, to: Submission.State, *, by: User | None, note: str = "", **values: Any) -> None:
    """Decide about a waiting submission. Raises `LostRace` where it waits no more.

    `by` is who decided: a reviewer, who withdraws, or None where clean work of a trusted person was let in by itself.
    """
    decided = {"state": to, "reason": note, "decided_at": Now(), "reviewer": by if to != State.WITHDRAWN else None, **values}
    if not Submission.objects.filter(pk=submission.pk, state=State.WAITING).update(**decided):
        raise LostRace(f"“{submission.title}” waits no more: somebody decided about it.")
    submission.refresh_from_db()
    SubmissionEvent.objects.create(submission=submission, state=to, actor=by, note=note)
