"""Where submissions come in and are decided: the seam for forms, uploads and the API.

`submit(kind, payload, by=user, via=...)` checks and stores; a clean one of a trusted person is in the catalogue when it
returns, every other waits. `check` does the same checks and stores nothing. `accept`, `amend`, `refuse` and `withdraw` decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import is_trusted, may_submit
from leaderboards.models import MadeRow, Submission
from leaderboards.submissions import applying, findings, notices, payloads, promoting, reviewing, states
from leaderboards.submissions.applying import Columns, Impossible
from leaderboards.submissions.checking import Boards, Checked
from leaderboards.submissions.checking import check as _check
from leaderboards.submissions.findings import Finding
from leaderboards.submissions.payloads import Edit, PayloadError, Removal, Result
from leaderboards.submissions.things import THINGS
from papers.catalogue_row import CatalogueRow

State, Via = Submission.State, Submission.Via


OF_REMOVALS = {"removal", "removal_of_many"}
SENT_BEFORE = findings.error("sent_before", "", "You have sent this before, and it waits for a reviewer.")


class NotAllowed(Exception):
    """This person may not do this; the message is a sentence."""


class Rejected(ValueError):
    """It cannot be taken as it is, and nothing was stored; `findings` say why."""

    def __init__(self, found: Sequence[Finding]) -> None:
        super().__init__(" ".join(finding.sentence for finding in found))
        self.findings = tuple(found)


def check(kind: str, values: Mapping[str, Any], *, by: User | None = None, boards: Boards | None = None) -> Checked:
    """All checks of a payload, for live validation and a preview; nothing is stored.

    Raises `Rejected` where it cannot even be read; a payload that can has its errors among its findings.
    """
    try:
        payload = payloads.read(kind, values)
    except PayloadError as error:
        raise Rejected([findings.error("payload", fault.field, fault.sentence) for fault in error.faults]) from error
    return _check(payload, sender=by.pk if by else None, boards=boards)


def submit(
    kind: str,
    values: Mapping[str, Any],
    *,
    by: User,
    via: Submission.Via,
    batch: UUID | None = None,
    boards: Boards | None = None,
    columns: Columns | None = None,
) -> Submission:
    """Take one submission; what it became is its state: accepted (and in the catalogue) or waiting.

    `values` as `payloads.read` takes them. Raises `Rejected` with findings, `NotAllowed` for who may not submit. Several of one
    request share `boards` and `columns` (and then have `columns` judged at their end), and are in one transaction.
    """
    if not may_submit(by):
        raise NotAllowed("Sign in to submit something.")
    checked = check(kind, values, by=by, boards=boards)
    if faults := findings.errors(checked.findings):
        raise Rejected(faults)
    submission = unsaved(kind, checked, by=by, via=via, batch=batch)
    if Submission.objects.waiting().filter(submitter=by, kind=kind, payload=submission.payload).exists():
        raise Rejected([SENT_BEFORE])
    at_once = [submission] if is_trusted(by) and not submission.is_flagged else []
    with _without_clashes():
        states.begin([submission], at_once=at_once)
        submission.areas.add(*checked.areas)
        if at_once:
            _make(submission, checked.payload, columns=columns)
        if boards is not None and isinstance(checked.payload, Result):
            boards.take(checked.payload)
    return submission


def let_own_in(submission: Submission, *, by: User) -> Submission:
    """Let in the removal that a reviewer of its area asks for, which is all that a person would look at; else it waits on.

    For programs, which say at once what they mean. What a check warns of otherwise is for another person.
    """
    warned = {each["code"] for each in submission.findings if each["severity"] == findings.Severity.WARNING}
    if submission.state != State.WAITING or not warned <= OF_REMOVALS or not reviewing.is_theirs(by, submission):
        return submission
    with _without_clashes():
        states.move(submission, State.ACCEPTED, by=by)
        _make(submission, recheck(submission).payload)
    return submission


def accept(submission: Submission, *, by: User) -> Submission:
    """Let it into the catalogue as it is. Raises `NotAllowed`, `states.LostRace`, or `Impossible` where things have changed."""
    _require_reviewer(by, submission)
    checked = recheck(submission)
    if faults := findings.errors(checked.findings):
        raise Impossible(" ".join(finding.sentence for finding in faults))
    with _without_clashes():
        states.move(submission, State.ACCEPTED, by=by)
        _make(submission, checked.payload)
        notices.decided(submission)
        promoting.consider(submission.submitter, by=by)
    return submission


def amend(submission: Submission, values: Mapping[str, Any], *, by: User, note: str) -> Submission:
    """Let something else in its place into the catalogue. Raises as `accept`, and `Rejected` where that cannot be taken."""
    _require_reviewer(by, submission)
    if not note.strip():
        raise Rejected([findings.error("reason_missing", "reason", "Say what you changed: who sent it is told.")])
    checked = check(submission.kind, values, by=submission.submitter)
    if faults := findings.errors(checked.findings):
        raise Rejected(faults)
    if isinstance(checked.payload, Edit | Removal) and checked.payload.id != submission.payload.get("id"):
        raise Rejected([findings.error("other_thing", "id", "An amended change is about the same thing.")])
    with _without_clashes():
        stored = payloads.stored(checked.payload)
        states.move(submission, State.AMENDED, by=by, note=note.strip(), accepted_payload=stored)
        _make(submission, checked.payload)
        notices.decided(submission)
        promoting.consider(submission.submitter, by=by)
    return submission


def refuse(submission: Submission, *, by: User, reason: str) -> Submission:
    """Keep it out, with a reason. Raises `NotAllowed`, `Rejected` without a reason, `states.LostRace`."""
    _require_reviewer(by, submission)
    if not reason.strip():
        raise Rejected([findings.error("reason_missing", "reason", "Say why it is refused: who sent it is told.")])
    with transaction.atomic():
        states.move(submission, State.REFUSED, by=by, note=reason.strip())
        notices.decided(submission)
    return submission


def withdraw(submission: Submission, *, by: User) -> Submission:
    """Take back what waits; only who sent it. Raises `NotAllowed`, `states.LostRace`."""
    if submission.submitter_id != by.pk:
        raise NotAllowed("Only who sent it can withdraw it.")
    states.move(submission, State.WITHDRAWN, by=by)
    return submission


def of_result(result: CatalogueRow) -> Submission | None:
    """The accepted submission that made a row (a claim, a paper, ...), with its people; None for what came otherwise.

    `told_of` gives what it says of the number: `table`, `page`, `quote`, `evaluated_on`, `source_url`, `note`.
    """
    made = MadeRow.objects.filter(object_id=result.public_id, is_new=True).order_by("pk").values("submission")[:1]
    return Submission.objects.with_people().filter(pk__in=made).first()


def told_of(submission: Submission) -> Mapping[str, Any]:
    """What was let in: the amended payload where there is one."""
    told: Mapping[str, Any] = submission.accepted_payload or submission.payload
    return told


def recheck(submission: Submission) -> Checked:
    """The checks as they come out now. Raises `Rejected` where an old payload can no longer be read."""
    return check(submission.kind, submission.payload, by=submission.submitter)


def unsaved(kind: str, checked: Checked, *, by: User, via: Submission.Via, batch: UUID | None) -> Submission:
    """The submission of what was checked, not stored yet."""
    payload = checked.payload
    about = payload if isinstance(payload, Edit | Removal) else None
    return Submission(
        kind=kind,
        version=payloads.VERSION,
        payload=payloads.stored(payload),
        title=checked.title[:500],
        target_table=THINGS[about.thing if about else "sota"].table._meta.db_table if about or checked.target else "",
        target_id=UUID(about.id) if about else checked.target,
        submitter=by,
        via=via,
        batch=batch,
        findings=findings.as_json(checked.findings),
        is_flagged=findings.is_flagged(checked.findings),
    )


def _make(submission: Submission, payload: payloads.Payload, *, columns: Columns | None = None) -> None:
    """Make the rows of an accepted submission; the columns are judged at once unless somebody else sees to that."""
    own = columns if columns is not None else Columns()
    applying.apply(submission, payload, columns=own)
    if columns is None:
        with applying.acting_for(submission):
            own.judge()


@contextmanager
def _without_clashes() -> Iterator[None]:
    """All or nothing; of two who make the same thing at once one is told so."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Impossible("The same thing was made at this very moment: look at it again.") from error


def _require_reviewer(by: User, submission: Submission) -> None:
    if not reviewing.may_decide(by, submission):
        raise NotAllowed("Only a reviewer of its area decides about this, and nobody about their own.")


__all__ = [
    "Boards", "Checked", "Columns", "Impossible", "NotAllowed", "Rejected", "accept", "amend", "check", "let_own_in", "of_result",
    "recheck", "refuse", "submit", "told_of", "unsaved", "withdraw",
]  # fmt: skip
