"""Storing the tasks of the evaluation tables: their texts, their areas, and which stands below which."""

from collections.abc import Mapping

from leaderboards.archive.tables import TaskTable
from papers.archive.naming import NameDesk, adoption_by_name, named
from papers.archive.upsert import Incoming, is_open_to, upsert
from papers.catalogue_row import Source
from papers.models import Area, Task, TaskEdge


def store_tasks(tasks: Mapping[str, TaskTable], *, source: Source) -> dict[str, int]:
    """Store tasks with their areas and sub-tasks; task ids by name. Edges that a dump no longer has stay."""
    desk = NameDesk(Task, source=source)
    rows = {name: _incoming(task) for name, task in tasks.items()}
    stored = upsert(Task, list(rows.values()), source=source, slugs=desk.slugs, adopt=adoption_by_name(Task))
    desk.learn({name: stored.rows[row.key].pk for name, row in rows.items()})
    ids = dict(desk.ids(child for task in tasks.values() for child in task.children))
    _sync_edges({(ids[task.name], ids[child]): place for task in tasks.values() for place, child in enumerate(task.children)})
    areas = NameDesk(Area, source=source).ids(area for task in tasks.values() for area in task.areas)
    editable = [name for name, row in rows.items() if _may_set_areas(stored.rows[row.key], source)]
    _sync_areas({ids[name]: {areas[area] for area in tasks[name].areas} for name in editable if tasks[name].areas})
    return ids


def _may_set_areas(task: Task, source: Source) -> bool:
    return is_open_to(task, source=source) and "areas" not in task.edited_fields


def _incoming(task: TaskTable) -> Incoming:
    return named(
        task.name,
        table=Task,
        description=task.description,
        synonyms=task.synonyms,
        archive_raw={**task.raw, "_is_top": task.is_top},
        archive_absent=task.absent,
        archive_extra=task.extra,
    )


def _sync_edges(wanted: Mapping[tuple[int, int], int]) -> None:
    """Add and reorder edges; `wanted` is their place by (parent, child)."""
    parents = {parent for parent, _ in wanted}
    held = {(edge.parent_id, edge.child_id): edge for edge in TaskEdge.objects.filter(parent_id__in=parents)}
    moved = [edge for pair, edge in held.items() if pair in wanted and edge.position != wanted[pair]]
    for edge in moved:
        edge.position = wanted[edge.parent_id, edge.child_id]
    TaskEdge.objects.bulk_update(moved, ["position"], batch_size=500)
    new = [TaskEdge(parent_id=pair[0], child_id=pair[1], position=place) for pair, place in wanted.items() if pair not in held]
    TaskEdge.objects.bulk_create(new, batch_size=1000)


def _sync_areas(wanted: Mapping[int, set[int]]) -> None:
    """Make the areas of these tasks what the dump says; a task of which it says nothing is not among them."""
    through = Task.areas.through
    held = {(row.task_id, row.area_id): row.pk for row in through.objects.filter(task_id__in=list(wanted))}
    pairs = {(task, area) for task, areas in wanted.items() for area in areas}
    through.objects.filter(pk__in=[pk for pair, pk in held.items() if pair not in pairs]).delete()
    through.objects.bulk_create(through(task_id=task, area_id=area) for task, area in sorted(pairs - held.keys()))
