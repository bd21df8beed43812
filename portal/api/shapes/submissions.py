"""Submissions: what somebody sent, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from leaderboards import models
from portal.api.shapes.rows import Row


class Found(Row):
    """What a check found: an error keeps a submission out, a warning makes a person look, a note holds nothing up."""

    severity: str
    code: str
    field: str
    sentence: str

    example: ClassVar[dict[str, Any]] = {
        "severity": "warning", "code": "removal", "field": "", "sentence": "It takes a task away from the public.",
    }  # fmt: skip


class MadeRow(Row):
    """A row of the catalogue that came of it or was changed, by its public id."""

    table: str
    object: UUID

    example: ClassVar[dict[str, Any]] = {"table": "papers_task", "object": "00000000-0000-4000-8000-000000000005"}


class Submission(Row):
    """What somebody sent, and what became of it: `state` is waiting, accepted, amended, refused or withdrawn."""

    id: UUID
    kind: str
    state: str
    title: str
    payload: dict[str, Any]
    accepted_payload: dict[str, Any] | None
    findings: list[Found]
    made: list[MadeRow]
    sent_by: str
    reason: str
    created_at: datetime
    decided_at: datetime | None

    example: ClassVar[dict[str, Any]] = {
        "id": "00000000-0000-4000-8000-000000000006", "kind": "task", "state": "waiting", "title": "Parsing of Tables",
        "payload": {"name": "Parsing of Tables"}, "accepted_payload": None, "findings": [Found.example], "made": [],
        "sent_by": "ada", "reason": "", "created_at": "2026-01-02T03:04:05Z", "decided_at": None,
    }  # fmt: skip


def read_submissions(keys: Sequence[int]) -> list[Submission]:
    """By keys, in two queries."""
    found = models.Submission.objects.with_people().prefetch_related("made_rows").in_bulk(keys)
    return [_submission(found[key]) for key in keys if key in found]


def _submission(row: models.Submission) -> Submission:
    same = ("kind", "state", "title", "payload", "accepted_payload", "reason", "created_at", "decided_at")
    return Submission(
        **{name: getattr(row, name) for name in same},
        id=row.public_id,
        findings=[Found(**each) for each in row.findings],
        made=[MadeRow(table=made.table, object=made.object_id) for made in row.made_rows.all()],
        sent_by=row.submitter.get_username() if row.submitter else "",
    )
