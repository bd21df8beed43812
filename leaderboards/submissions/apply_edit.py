"""Changing and removing what stands in the catalogue, as it was accepted."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from leaderboards.columns import read_cell
from leaderboards.corrections import CellFaultError, entered_cell
from leaderboards.metric_names import canonical_metric
from leaderboards.models import Claim, Metric, Score
from leaderboards.submissions import finding, things
from leaderboards.submissions.made import Impossible, Making
from leaderboards.submissions.payloads import Edit, Removal
from leaderboards.submissions.things import CELL
from papers import history
from papers.catalogue_row import CatalogueRow
from papers.models import TaskEdge

GONE = "What this would change is not here any more."
_NAMES_PAPER = {"paper_url", "paper_title"}


def change(edit: Edit, making: Making) -> Any:
    """Put the new values in, marked, so that an import keeps them.

    Raises `Impossible` where a field holds something else than when the change was proposed: nobody has seen that diff.
    """
    row = things.locked(edit.thing, edit.id)
    if row is None or getattr(row, "removed_at", None) is not None:
        raise Impossible(GONE)
    held = things.values_of(edit.thing, row)
    for name in edit.fields:
        if name in edit.was and edit.was[name] != held.get(name):
            raise Impossible(
                f"{name.removeprefix(CELL).replace('_', ' ').capitalize()} has changed since this was proposed: look at it again."
            )
    links = {field.name for field in things.LINKS.get(edit.thing, ())} & edit.fields.keys()
    columns = {
        name: _typed(edit.thing, name, value, row)
        for name, value in edit.fields.items()
        if not name.startswith(CELL) and name not in links
    }
    columns |= _linked(row, {name: str(edit.fields[name]) for name in links})
    cells = {name.removeprefix(CELL): str(value or "") for name, value in edit.fields.items() if name.startswith(CELL)}
    marks = [*columns, *(["scores"] if cells else []), *(["paper"] if _NAMES_PAPER & columns.keys() else [])]
    _store(row, columns, marks=marks)
    _after(row, columns, making)
    if cells:
        _put_cells(row, cells, making)
    making.note(row, is_new=False)
    return row


def remove(removal: Removal, making: Making) -> Any:
    """Leave a tombstone with the reason; a column without results goes whole."""
    row = things.locked(removal.thing, removal.id)
    if row is None or getattr(row, "removed_at", None) is not None:
        raise Impossible(GONE)
    making.note(row, is_new=False)
    if isinstance(row, Metric):
        if row.scores.exists():
            raise Impossible(f"The column “{row.name}” holds results and stays.")
        row.delete()
        return row
    history.remove(row, reason=removal.reason)
    if isinstance(row, Claim):
        making.columns.keys |= set(row.scores.values_list("metric_id", flat=True))
    return row


def _typed(thing: str, name: str, value: Any, row: Any) -> Any:
    """The value as its column has it: a text that says nothing is null where the column may be, a day a date."""
    field = things.THINGS[thing].field(name)
    if field is None:
        raise Impossible(f"There is no field “{name}” to edit.")
    if value in ("", None):
        return None if row._meta.get_field(name).null else ""
    return date.fromisoformat(value) if field.holds == "date" else value


def _linked(row: Any, links: Mapping[str, str]) -> dict[str, Any]:
    """Put a task below a parent and in an area, beside those where it is; the columns of a board that moves."""
    if area := finding.area(links.get("area", "")):
        row.areas.add(area)
    parent = finding.task(links.get("parent_task", ""))
    if parent and not row.edges_up.filter(parent=parent).exists():
        TaskEdge.objects.create(parent=parent, child=row, position=parent.edges_down.count())
    columns: dict[str, Any] = {}
    if task := finding.task(links.get("task", "")):
        columns["task"] = task
    if dataset := finding.dataset(links.get("dataset", "")):
        columns |= {"dataset": dataset, "dataset_name": dataset.name}
    return columns


def _store(row: Any, columns: Mapping[str, Any], *, marks: list[str]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
    if isinstance(row, CatalogueRow):
        row.edited_fields = sorted({*row.edited_fields, *marks})
        row.save(update_fields=[*columns, "edited_fields", "updated_at"])
    else:
        row.save(update_fields=list(columns))


def _after(row: Any, columns: Mapping[str, Any], making: Making) -> None:
    """What follows from a changed field."""
    if isinstance(row, Metric):
        row.canonical_name = canonical_metric(row.name)
        if "direction" in columns:
            row.direction_source = Metric.DirectionSource.PERSON
        row.save(update_fields=["canonical_name", "direction_source"])
        making.columns.keys.add(row.pk)
    if isinstance(row, Claim) and _NAMES_PAPER & columns.keys():
        row.paper = finding.paper(row.paper_url or "") or finding.paper(row.paper_title or "")
        row.save(update_fields=["paper"])


def _put_cells(claim: Claim, cells: Mapping[str, str], making: Making) -> None:
    metrics = {metric.name: metric for metric in claim.leaderboard.metrics.all()}
    held = {score.metric_id: score for score in claim.scores.all()}
    for name, text in cells.items():
        metric = metrics.get(name)
        if metric is None:
            raise Impossible(f"The board has no metric {name} any more.")
        score = held.get(metric.pk)
        making.columns.keys.add(metric.pk)
        if not text:
            if score is not None:
                score.delete()
            continue
        score = score or Score(claim=claim, metric=metric, raw="")
        try:
            score.raw = entered_cell(text, held=score.raw)
        except CellFaultError as fault:
            raise Impossible(str(fault)) from fault
        score.value, score.scale = read_cell(score.raw).value, 1.0
        score.save()
