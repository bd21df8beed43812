"""Writing through the API: each write is a submission (docs/submissions.md), and what becomes of it is the answer.

What is made at once is answered as it stands (201, 200, 204). What waits for a reviewer is answered with 202: the thing as it
would be, since clients of the old API read a thing; `Link` (rel="monitor") leads to the submission in either case.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.urls import reverse
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, PermissionDenied, ValidationError
from rest_framework.response import Response

from accounts.models import User
from leaderboards import submissions
from leaderboards.models import Submission
from leaderboards.submissions import things
from portal.api.bodies import Body
from portal.api.shapes.rows import Row
from portal.api.shapes.submissions import read_submissions
from portal.api.viewsets import ReadingViewSet

NAMES: Mapping[str, str] = {
    "model_name": "methodology", "scores": "metrics", "source_url": "external_source_url", "homepage": "url",
    "direction": "is_loss",
    "paper_url": "paper", "paper_title": "paper", "paper_date": "evaluated_on", "dataset_name": "dataset", "": "body",
}  # fmt: skip
"""What the API calls fields of submissions, where it has another name."""

REMOVED = "Removed through the API."
LONGEST_REASON = 500


class Conflict(APIException):
    """Things have changed since, or somebody did the same at this moment."""

    status_code = status.HTTP_409_CONFLICT


class Writes(ReadingViewSet):
    """The base of nouns that are written to."""

    def sender(self) -> User:
        """Whose token it is: permissions have seen to it that there is one."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def body(self, form: type[Body]) -> dict[str, Any]:
        """What was sent, without its nulls, which say nothing; ValidationError or ParseError where it cannot be understood."""
        try:
            sent = self.request.data
        except RecursionError:
            raise ParseError("The body's JSON is nested too deeply.") from None
        if not isinstance(sent, dict):
            raise ValidationError({"body": ["Send a JSON object."]})
        read = form(data={name: _rows(value) for name, value in without(sent).items()})
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)

    def send(self, kind: str, values: Mapping[str, Any], **more: Any) -> Submission:
        """Submit, and let the sender decide where that is theirs. Raises what the API answers where it is not taken."""
        with as_answers(), transaction.atomic():
            sent = submissions.submit(kind, values, by=self.sender(), via=Submission.Via.API, **more)
            return submissions.let_own_in(sent, by=self.sender())

    def added(self, kind: str, values: Mapping[str, Any], proposed: Callable[[Submission], Row]) -> Response:
        """Add a thing of this viewset's noun: 201 with it, or 202 with what is proposed."""
        sent = self.send(kind, values)
        if sent.state == Submission.State.WAITING:
            return self.answered(proposed(sent), sent, code=status.HTTP_202_ACCEPTED)
        return self.answered(self.read(self.made(sent))[0], sent, code=status.HTTP_201_CREATED)

    def made(self, sent: Submission) -> list[int]:
        """The keys of this noun's rows that a submission made."""
        table = self.rows().model
        ids = sent.made_rows.filter(table=table._meta.db_table).values("object_id")
        return list(table._default_manager.filter(public_id__in=ids).values_list("pk", flat=True))

    def changed(self, thing: str, fields: Mapping[str, Any], proposed: Mapping[str, Any]) -> Response:
        """Change what the address names: 200 with it, or 202 with what is `proposed` laid over it."""
        key = self.key()
        row = things.THINGS[thing].table._default_manager.get(pk=key)
        held = things.values_of(thing, row)
        new = {name: value for name, value in fields.items() if name not in held or (held[name] or "") != (value or "")}
        if not new:
            return Response(self.read([key])[0])
        was = {name: held[name] for name in new if name in held}
        sent = self.send("edit", {"thing": thing, "id": str(row.public_id), "fields": new, "was": was})  # type: ignore[attr-defined]
        answer = self.read([key])[0]
        if sent.state != Submission.State.WAITING:
            return self.answered(answer, sent, code=status.HTTP_200_OK)
        for name, value in proposed.items():
            setattr(answer, name, value)
        return self.answered(answer, sent, code=status.HTTP_202_ACCEPTED)

    def removed(self, thing: str) -> Response:
        """Take away what the address names: 204 where a reviewer of its area asks, else 202 with the submission."""
        row: Any = self.rows().get(pk=self.key())
        reason = " ".join(self.request.query_params.get("reason", "").split())[:LONGEST_REASON] or REMOVED
        sent = self.send("removal", {"thing": thing, "id": str(row.public_id), "reason": reason})
        if sent.state == Submission.State.WAITING:
            return self.answered(read_submissions([sent.pk])[0], sent, code=status.HTTP_202_ACCEPTED)
        return self.answered(None, sent, code=status.HTTP_204_NO_CONTENT)

    def answered(self, answer: Row | None, sent: Submission, *, code: int) -> Response:
        """The answer, with the submission's address."""
        place = self.request.build_absolute_uri(reverse("api:submission-detail", args=[sent.public_id]))
        return Response(answer, status=code, headers={"Link": f'<{place}>; rel="monitor"'})


@contextmanager
def as_answers() -> Iterator[None]:
    """What submissions raise, as the API says it."""
    try:
        yield
    except submissions.Rejected as rejected:
        raise ValidationError(by_field(rejected)) from rejected
    except submissions.NotAllowed as refused:
        raise PermissionDenied(str(refused)) from refused
    except (submissions.Impossible, submissions.LostRace) as late:
        raise Conflict(str(late)) from late


def by_field(rejected: submissions.Rejected) -> dict[str, list[str]]:
    """What was found, under the API's names of the fields."""
    found: dict[str, list[str]] = {}
    for finding in rejected.findings:
        found.setdefault(NAMES.get(finding.field, finding.field), []).append(finding.sentence)
    return found


def _rows(value: Any) -> Any:
    """A list's rows without their nulls."""
    return [without(row) if isinstance(row, dict) else row for row in value] if isinstance(value, list) else value


def without(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values without those that are not given."""
    return {name: value for name, value in values.items() if value is not None}
