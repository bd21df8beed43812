"""A submission as its readers see it: what it says, line by line, or what it would change."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leaderboards import submissions
from leaderboards.models import Submission
from leaderboards.submissions import findings, things
from leaderboards.submissions.findings import Finding
from leaderboards.submissions.things import CELL
from portal.pages.links import Link, address, web_address
from portal.pages.submit_fields import FORMS, RESULT, typed
from portal.pages.word_differences import Piece, differences

_OTHERS = [each for form in FORMS.values() for each in form.inputs]
LABELS: Mapping[str, str] = {each.name: each.label for each in (*_OTHERS, *RESULT)}
ADDRESSES: Mapping[str, str] = {
    "paper": "papers:detail", "task": "tasks:detail", "dataset": "datasets:detail", "method": "methods:detail",
    "sota": "boards:detail",
}  # fmt: skip
_ORDER = {each.name: place for place, each in enumerate((*_OTHERS, *RESULT))}
ABOUT = {"edit", "removal"}
HIDDEN = {"note", "external_id", "thing", "id", "fields", "was", "scores", "metrics"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One field: what it is called and what it says, or how that differs from what stands."""

    label: str
    text: str = ""
    href: str = ""
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True, kw_only=True)
class View:
    """All that a queue or a page shows of a submission."""

    key: str
    title: str
    kind: str
    state: str
    state_label: str
    submitter: str
    submitter_key: int | None
    sent_at: datetime
    decided_at: datetime | None
    reviewer: str
    reason: str
    note: str
    via: str
    lines: tuple[Line, ...]
    amended: tuple[Line, ...]
    findings: tuple[Finding, ...]
    about: Link

    @property
    def href(self) -> str:
        """Its page."""
        return f"/submissions/{self.key}"


def view(submission: Submission) -> View:
    """One submission as it is shown."""
    return views([submission])[0]


def views(found: Sequence[Submission]) -> list[View]:
    """Submissions as they are shown; what they are about is read in as many queries for one as for many."""
    told = [submissions.told_of(each) for each in found]
    wanted: dict[str, set[str]] = defaultdict(set)
    for each, said in zip(found, told, strict=True):
        if each.target_id:
            wanted[said["thing"] if each.kind in ABOUT else "sota"].add(str(each.target_id))
    rows = {kind: things.rows_of(kind, ids) for kind, ids in wanted.items()}
    return [_view(each, said, rows) for each, said in zip(found, told, strict=True)]


def _view(submission: Submission, told: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> View:
    kind = told["thing"] if submission.kind in ABOUT else "sota"
    row = rows.get(kind, {}).get(str(submission.target_id))
    held = (
        things.values_of(kind, row) if row is not None and submission.kind == "edit" and submission.state == "waiting" else None
    )
    return View(
        key=str(submission.public_id),
        title=submission.title,
        kind=submission.get_kind_display(),
        state=submission.state,
        state_label=submission.get_state_display(),
        submitter=submission.submitter.get_username() if submission.submitter else "an erased account",
        submitter_key=submission.submitter_id,
        sent_at=submission.created_at,
        decided_at=submission.decided_at,
        reviewer=submission.reviewer.get_username() if submission.reviewer else "",
        reason=submission.reason,
        note=str(told.get("note") or ""),
        via=submission.get_via_display(),
        lines=tuple(_changed(told, held) if submission.kind == "edit" else _said(told)),
        amended=differing(submission, submission.accepted_payload) if submission.accepted_payload else (),
        findings=tuple(findings.of_json(submission.findings)),
        about=about_row(kind, row) if row is not None else Link(text=""),
    )


def _said(told: Mapping[str, Any]) -> Iterator[Line]:
    # A database keeps no order of names: the forms' is the readers'.
    for name in sorted(told, key=lambda name: _ORDER.get(name, len(_ORDER))):
        value = told[name]
        if name in HIDDEN or value in ("", None, []):
            continue
        text = typed_text(value)
        yield Line(label=label_of(name), text=text, href=web_address(text) if "url" in name or name == "homepage" else "")
    for said in [*told.get("scores", ()), *told.get("metrics", ())]:
        yield Line(label=said["metric"], text=_cell(said))


def _changed(told: Mapping[str, Any], held: Mapping[str, Any] | None) -> Iterator[Line]:
    """Each field beside what stands now (`held`), or, once it is decided, what stood when it was proposed."""
    before = told.get("was", {}) if held is None else held
    for name, value in told["fields"].items():
        field = things.THINGS[told["thing"]].field(name)
        label = field.label if field else name.removeprefix(CELL)
        yield Line(label=label, pieces=differences(typed_text(before.get(name)), typed_text(value)))


def differing(submission: Submission, instead: Mapping[str, Any]) -> tuple[Line, ...]:
    """What a reviewer's version says otherwise than what was sent, field by field."""
    said, other = _texts(submission.kind, submission.payload), _texts(submission.kind, instead)
    names = [*said, *(name for name in other if name not in said)]
    found = ((name, said.get(name, ""), other.get(name, "")) for name in names)
    return tuple(Line(label=_label_in(submission, name), pieces=differences(old, new)) for name, old, new in found if old != new)


def _texts(kind: str, told: Mapping[str, Any]) -> dict[str, str]:
    """What values say, by the names of their fields, with cells under their metrics' names."""
    if kind == "edit":
        return {name: typed_text(value) for name, value in told["fields"].items()}
    texts = {name: typed_text(value) for name, value in told.items() if name not in HIDDEN and value not in ("", None, [])}
    rows = [*told.get("scores", ()), *told.get("metrics", ())]
    return texts | {f"{CELL}{row['metric']}": _cell(row) for row in rows}


def _label_in(submission: Submission, name: str) -> str:
    field = things.THINGS[submission.payload["thing"]].field(name) if submission.kind == "edit" else None
    return field.label if field else name.removeprefix(CELL) if name.startswith(CELL) else label_of(name)


def _cell(said: Mapping[str, Any]) -> str:
    way = f" ({said['direction']} is better)" if said.get("direction") else ""
    return f"{said['value']}{way}"


def about_row(kind: str, row: Any) -> Link:
    """A row that can be edited, and the page that shows it."""
    name = ADDRESSES.get(kind)
    if name is not None:
        return Link(text=str(row), href=address(name, row.slug))
    if kind == "code":
        return Link(text=str(row.paper), href=address("papers:detail", row.paper.slug))
    return Link(text=f"{row} · {row.leaderboard}", href=address("boards:detail", row.leaderboard.slug))


def label_of(name: str) -> str:
    """What a field is called."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def typed_text(value: Any) -> str:
    """A value as readers see it."""
    return ", ".join(map(str, value)) if isinstance(value, list) else typed(RESULT[0], value)
