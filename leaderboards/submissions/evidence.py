"""What people said in evidence of results: the place in the paper, a quote, a day. The source is a field of the result itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from leaderboards.models import MadeRow, Submission


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What stands behind one result; what nobody said is empty. `submission` is the last that said something of it."""

    submission: UUID
    submitter: int | None
    table: str = ""
    page: str = ""
    quote: str = ""
    evaluated_on: str = ""


def of_results(results: Collection[UUID]) -> Mapping[UUID, Evidence]:
    """The evidence of these results, by public id, in one query; results that nobody submitted are left out.

    Where a result was brought up to date (`external_id`), what its later submissions say counts, and what they leave out stays.
    """
    made = MadeRow.objects.filter(object_id__in=results, submission__kind=Submission.Kind.RESULT)
    found: dict[UUID, Evidence] = {}
    for row in made.select_related("submission").order_by("pk"):
        sent = row.submission
        before = found.get(row.object_id)
        said = {name: _said(sent, name) or getattr(before, name, "") for name in ("table", "page", "quote")}
        day = _day(_said(sent, "evaluated_on")) or (before.evaluated_on if before else "")
        found[row.object_id] = Evidence(submission=sent.public_id, submitter=sent.submitter_id, evaluated_on=day, **said)
    return found


def _said(submission: Submission, name: str) -> str:
    """A text of what was let in; what is no text, or was redacted, is empty."""
    told: Any = submission.accepted_payload or submission.payload
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, str) else ""


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
