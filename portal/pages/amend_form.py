"""What a reviewer can change of a submission before letting it in: its fields as a form has them, and what was typed in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from leaderboards.models import Submission
from leaderboards.submissions import things
from leaderboards.submissions.findings import Finding
from leaderboards.submissions.things import THINGS, Field
from portal.pages import stood
from portal.pages.submit_fields import BY_PROGRAMS, FORMS, RESULT, Input, read, scores_of, typed, values_of

ROWS_OF: Mapping[str, str] = {"result": "scores", "board": "metrics"}
"""Where a kind's rows of metrics stand in its values."""
NO_VALUE = "-"
"""In the rows of a board that has no results yet."""


@dataclass(frozen=True, kw_only=True)
class AmendForm:
    """The form of one submission: its inputs, the values that fill it, and what of it nobody can change here (`sent`).

    An edit's inputs are all fields of its thing: what it does not propose is filled with what stands (`held`), and what stood
    when the form was opened is `stood`.
    """

    kind: str
    inputs: tuple[Input, ...]
    values: Mapping[str, Any]
    sent: Mapping[str, Any]
    held: Mapping[str, Any]
    stood: Mapping[str, Any]

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows of metrics; none of a kind that has none."""
        return [dict(row) for row in self.values.get(ROWS_OF.get(self.kind, ""), ())]

    @property
    def clashes(self) -> tuple[Finding, ...]:
        """The fields that somebody else changed since the form was opened."""
        if self.kind != "edit":
            return ()
        thing, fields = THINGS[self.sent["thing"]], amended(self)["fields"]
        return tuple(stood.clashes(thing, fields, stood=self.stood, held=self.held))


def of(submission: Submission) -> AmendForm:
    """The form as the submission fills it."""
    sent = submission.payload
    if submission.kind != "edit":
        inputs = tuple(_with_choice(each, sent.get(each.name)) for each in _INPUTS[submission.kind] if each.name != "note")
        return AmendForm(kind=submission.kind, inputs=inputs, values=sent, sent=sent, held={}, stood={})
    thing = THINGS[sent["thing"]]
    row = things.rows_of(thing.kind, [sent["id"]]).get(sent["id"])
    held = things.values_of(thing.kind, row) if row is not None else {}
    values = {**sent["fields"], **{name: value for name, value in held.items() if name not in sent["fields"]}}
    fields = [field for name in values if (field := thing.field(name))]
    inputs = tuple(_with_choice(_input(each), values[each.name]) for each in fields)
    return AmendForm(kind="edit", inputs=inputs, values=values, sent=sent, held=held, stood=held)


def filled(form: AmendForm, posted: QueryDict) -> AmendForm:
    """The form as it came back; of an edit what did not come with it, or was left as it stood, stays as it is."""
    if form.kind != "edit":
        values = values_of(form.inputs, posted)
        if form.kind in ROWS_OF:
            values[ROWS_OF[form.kind]] = _rows(form, posted)
        return replace(form, values=values)
    before = stood.of(posted, form.held)
    shown = {**before, **form.sent["fields"]}
    came = {each.name: _as_stored(read(each, posted.get(each.name) or "")) for each in form.inputs if each.name in posted}
    touched = {name: value for name, value in came.items() if not _same(value, shown.get(name))}
    return replace(form, values={**form.values, **touched}, stood=before)


def amended(form: AmendForm) -> dict[str, Any]:
    """What would be let in, as `submissions.amend` takes it: what the form cannot change goes along as it was sent."""
    kept = {name: form.sent[name] for name in ("note", "external_id", "thing", "id") if form.sent.get(name)}
    if form.kind != "edit":
        return {**form.values, **kept}
    fields = {name: value for name, value in form.values.items() if not _same(value, form.held.get(name))}
    return {**kept, "fields": fields, "was": {name: form.held[name] for name in fields if name in form.held}}


def _same(one: Any, other: Any) -> bool:
    return bool(_as_stored(one) == _as_stored(other))


def _as_stored(value: Any) -> Any:
    """As a form gives it back: an empty text is none, and nothing stands around a text."""
    return value.replace("\r\n", "\n").strip() or None if isinstance(value, str) else value


def _rows(form: AmendForm, posted: QueryDict) -> list[dict[str, str]]:
    """The rows as typed; what a program said of a metric beside them goes along with its name."""
    described = {row["metric"].casefold(): row["description"] for row in form.rows if row.get("description")}
    rows: list[dict[str, str]] = []
    for row in scores_of(posted):
        more = described.get(row["metric"].casefold())
        value = row["value"] if form.kind == "result" else NO_VALUE
        rows.append({**row, "value": value, **({"description": more} if more else {})})
    return rows


def _input(field: Field) -> Input:
    return Input(field.name, field.label, field.holds, choices=field.choices)


def _with_choice(field: Input, value: Any) -> Input:
    """The field with a choice for what a program sent that the form would not have offered."""
    text = typed(field, value)
    if field.holds != "choice" or text in field.choices:
        return field
    return replace(field, choices=(*field.choices, text))


_INPUTS: Mapping[str, Sequence[Input]] = {
    "result": RESULT, **{form.kind: form.inputs for form in FORMS.values()}, **BY_PROGRAMS,
}  # fmt: skip
