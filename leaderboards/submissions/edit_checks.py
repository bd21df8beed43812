"""Checks of proposed changes and removals: the thing is there, the fields are its own, and the values fit them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils import timezone

from leaderboards.models import Claim, Leaderboard, Metric
from leaderboards.submissions import addresses, finding, things
from leaderboards.submissions.findings import Finding, error, note, warning
from leaderboards.submissions.payloads import NAME, TEXT, Edit, Removal
from leaderboards.submissions.things import CELL, Field
from papers.models import TaskEdge

MOST_IN_A_LIST = 200
_REQUIRED = {"name", "title", "model_name", "dataset_name", "direction"}
_UNIQUE = {"task", "dataset", "method"}
_IDENTITIES = {
    "result": "The board has a result of that model by this paper already.",
    "sota": "The task has a board of that name already.",
    "metric": "The board has a metric of that name already.",
}


def check_edit(edit: Edit) -> Iterator[Finding]:
    """What speaks against a change."""
    thing = things.THINGS.get(edit.thing)
    row = things.by_id(edit.thing, edit.id)
    if thing is None or row is None:
        yield error("thing_unknown", "id", "What this would change is not here any more: go back and reload the page.")
        return
    held = things.values_of(edit.thing, row)
    for name, value in edit.fields.items():
        field = thing.field(name)
        if field is None or (name.startswith(CELL) and name not in held):
            yield error("field_unknown", name, f"A {thing.noun} has no field “{name}” that can be edited.")
            continue
        if fault := fault_of(field, value) or _link_fault(edit.thing, name, value, row):
            yield error("value_unfit", name, fault)
        elif name in edit.was and edit.was[name] != held[name]:
            yield warning("changed_since", name, f"{field.label} has changed since this was proposed.")
    if all(held.get(name) == value for name, value in edit.fields.items()):
        yield error("nothing_changed", "fields", "Nothing would change: edit at least one field.")
    if edit.thing == "sota" and {"task", "dataset"} & edit.fields.keys():
        yield warning("board_moves", "fields", "It moves the board to another task or dataset.")
    yield from _name_taken(edit, row)
    yield from _weight(edit, held)


def check_removal(removal: Removal) -> Iterator[Finding]:
    """What speaks against a removal."""
    thing = things.THINGS.get(removal.thing)
    row = things.by_id(removal.thing, removal.id)
    if thing is None or row is None:
        yield error("thing_unknown", "id", "What this would remove is not here any more: go back and reload the page.")
        return
    if removal.thing == "metric":
        if row.scores.exists():
            yield error("metric_holds", "id", f"The column “{row.name}” holds results and stays.")
        return
    yield warning("removal", "", f"It takes a {thing.noun} away from the public.")
    if removal.thing == "sota" and (count := row.claims.published().count()):
        yield warning("removal_of_many", "", f"{count} results stand on this board.")


def fault_of(field: Field, value: Any) -> str:
    """Why a value does not fit a field, as a sentence; "" where it does."""
    if value in (None, "", []):
        return f"{field.label} cannot be empty." if field.name in _REQUIRED else ""
    match field.holds:
        case "flag":
            return "" if isinstance(value, bool) else f"{field.label} is yes, no or unknown."
        case "list":
            is_list = isinstance(value, list) and all(isinstance(part, str) and len(part) <= NAME for part in value)
            return "" if is_list and len(value) <= MOST_IN_A_LIST else f"{field.label} are at most {MOST_IN_A_LIST} names."
        case "year":
            is_year = isinstance(value, int) and not isinstance(value, bool) and 1900 <= value <= timezone.now().year + 1
            return "" if is_year else f"{field.label} is a year such as 2021."
        case "choice":
            return "" if value in field.choices else f"{field.label} is one of {', '.join(field.choices)}."
    if not isinstance(value, str):
        return f"{field.label} is a text."
    if field.holds == "date":
        return "" if _is_day(value) else f"{field.label} is a day such as 2024-06-30."
    if field.holds == "address":
        return addresses.fault(value)
    limit = (
        TEXT
        if field.holds == "text"
        else 80
        if field.name.startswith(CELL)
        else 2 * NAME
        if field.name.endswith("title")
        else NAME
    )
    return "" if len(value) <= limit else f"{field.label} is too long: at most {limit} characters are kept."


def _link_fault(thing: str, name: str, value: Any, row: Any) -> str:
    """Why a thing cannot be put there; "" where it can, and for a field that is no link."""
    if name not in {field.name for field in things.LINKS.get(thing, ())}:
        return ""
    find = {"area": finding.area, "dataset": finding.dataset}.get(name, finding.task)
    found: Any = find(str(value or ""))
    if found is None:
        return f"There is no {name.removeprefix('parent_')} “{value}”."
    if name == "parent_task" and row.pk in _up_from(found):
        return f"“{found}” is a part of this task itself."
    return ""


def _up_from(task: Any) -> set[int]:
    """The keys of the task and of all that it is a part of."""
    found, new = set(), {task.pk}
    while new:
        found |= new
        new = set(TaskEdge.objects.filter(child__in=new).values_list("parent_id", flat=True)) - found
    return found


def _is_day(value: str) -> bool:
    try:
        return date(1500, 1, 1) <= date.fromisoformat(value) <= timezone.now().date()
    except ValueError:
        return False


def _name_taken(edit: Edit, row: Any) -> Iterator[Finding]:
    """A name that makes two things one: a claim's identity on its board, a board's in its task, a metric's on its board."""
    field = {"result": "model_name", "sota": "dataset_name"}.get(edit.thing, "name")
    name = edit.fields.get(field)
    if not name or name == getattr(row, field, name):
        return
    if isinstance(row, Metric) and row.leaderboard.archive_key is not None:
        yield error("name_of_archive", field, "The archive names the metrics of this board: an import would bring the name back.")
    others = _others(row).exclude(pk=row.pk)
    if edit.thing in _UNIQUE:
        if others.filter(name__iexact=name).exists():
            yield warning("name_taken", field, f"Another {edit.thing} is called “{name}”.")
    elif edit.thing in _IDENTITIES and others.filter(**{field: name}).exists():
        yield error("duplicate", field, _IDENTITIES[edit.thing])


def _others(row: Any) -> Any:
    """The rows among which a name means one."""
    rows = type(row)._default_manager.all()
    if isinstance(row, Claim):
        return rows.filter(leaderboard=row.leaderboard_id, paper_key=row.paper_key, occurrence=row.occurrence)
    if isinstance(row, Leaderboard):
        return rows.filter(task=row.task_id)
    return rows.filter(leaderboard=row.leaderboard_id) if isinstance(row, Metric) else rows


def _weight(edit: Edit, held: dict[str, Any]) -> Iterator[Finding]:
    """A change that takes more away than it gives is for a person to see."""
    for name, value in edit.fields.items():
        was = held.get(name)
        if was and value in (None, "", []):
            yield warning("emptied", name, f"It empties {name.removeprefix(CELL).replace('_', ' ')}.")
        elif isinstance(was, str) and isinstance(value, str) and len(was) > 200 and len(value) < len(was) / 3:
            yield warning("shortened", name, f"It takes most of {name.replace('_', ' ')} away.")
    if edit.thing == "metric" and "direction" in edit.fields:
        yield note("direction", "direction", "It ranks the whole board anew.")
