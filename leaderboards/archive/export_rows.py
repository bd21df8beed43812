"""Fetching tasks and boards for an export of the evaluation tables."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leaderboards.archive.export import BoardRow, Edges, Place, ResultRow, TaskRow, plan, render_result, tasks_of
from leaderboards.archive.settling import DROPPED
from papers.archive.export.selection import BESIDE, Dump, Selection, beside
from papers.archive.export.snapshot import Snapshot
from papers.archive.export.written import Row, as_written

TASKS_AT_ONCE = 200

_TASKS = """
SELECT papers_task.id, name, description, synonyms,
       array(SELECT area.name FROM papers_task_areas JOIN papers_area area ON area.id = area_id
             WHERE task_id = papers_task.id AND area.removed_at IS NULL ORDER BY area.name),
       coalesce((archive_raw -> '_is_top')::boolean, false), {beside}
FROM papers_task WHERE {stated} ORDER BY papers_task.id
"""
_EDGES = "SELECT parent_id, child_id, is_bare FROM papers_taskedge ORDER BY parent_id, position, id"
_BOARDS = """
SELECT board.id, board.task_id, board.dataset_name, board.description, board.position, {beside}
FROM leaderboards_leaderboard board WHERE board.task_id = ANY(%s) AND {stated} ORDER BY board.task_id, board.position, board.id
"""
_METRICS = """
SELECT leaderboard_id, name, EXISTS (SELECT 1 FROM leaderboards_score WHERE metric_id = metric.id)
FROM leaderboards_metric metric WHERE leaderboard_id = ANY(%s) AND (position < {dropped} OR EXISTS (
    SELECT FROM leaderboards_score JOIN leaderboards_claim claim ON claim.id = claim_id WHERE metric_id = metric.id AND {stated}
)) ORDER BY leaderboard_id, position, id
"""
# A cell is JSON already, so that an object of cells is their texts side by side.
_RESULTS = """
SELECT claim.leaderboard_id, model_name, paper_title, paper_url, paper_date::text, uses_additional_data,
       nullif(code_links, '[]')::text, nullif(model_links, '[]')::text,
       (SELECT '{{' || string_agg(to_json(metric.name)::text || ':' || score.raw, ',' ORDER BY metric.position, metric.id) || '}}'
        FROM leaderboards_score score JOIN leaderboards_metric metric ON metric.id = metric_id WHERE claim_id = claim.id),
       {beside}
FROM leaderboards_claim claim
WHERE claim.leaderboard_id = ANY(%s) AND {stated}
ORDER BY claim.leaderboard_id, claim.position, claim.occurrence, claim.id
"""


@dataclass(frozen=True, slots=True)
class Tree:
    """A top-level task with all below it, and the boards of the tasks that stand in it whole."""

    place: Place
    tasks: Mapping[int, TaskRow]
    boards: Mapping[int, Sequence[BoardRow]]


def trees(data: Snapshot, selection: Selection) -> Iterator[Tree]:
    """What the dump has at top level, one after the other."""
    tasks, tops = _tasks(data, selection)
    edges = _edges(data, tasks)
    below = {child for children in edges.values() for child, _ in children}
    # Of tasks that no tree holds those without a parent come first: the others may stand below them.
    others = sorted(tasks.keys() - set(tops), key=lambda task: (task in below, task))
    for places, wanted in _groups(plan(tops, others, edges)):
        boards = boards_of(data, selection, sorted(wanted))
        for place in places:
            yield Tree(place, tasks, boards)


def boards_of(data: Snapshot, selection: Selection, tasks: Sequence[int]) -> dict[int, list[BoardRow]]:
    """The boards of these tasks by task id, with their rows."""
    query = _BOARDS.format(beside=BESIDE.format("board"), stated=selection.stated("board", Dump.TABLES))
    found = data.all(query, [list(tasks)])
    ids = [row[0] for row in found]
    metrics: dict[int, list[tuple[str, bool]]] = defaultdict(list)
    named = _METRICS.format(dropped=DROPPED, stated=selection.stated("claim", Dump.TABLES))
    for board, name, is_scored in data.all(named, [ids]):
        metrics[board].append((name, is_scored))
    results = _results(data, selection, ids)
    boards: dict[int, list[BoardRow]] = defaultdict(list)
    for pk, task, name, description, position, *rest in found:
        board = BoardRow(
            name,
            description,
            position,
            metrics=[metric for metric, _ in metrics[pk]],
            scored=frozenset(metric for metric, is_scored in metrics[pk] if is_scored),
            rows=results.get(pk, ()),
            beside=beside(*rest),
        )
        boards[task].append(board)
    return boards


def _tasks(data: Snapshot, selection: Selection) -> tuple[dict[int, TaskRow], list[int]]:
    """Every task of the dump by id, and which stand at top level."""
    stated = selection.stated("papers_task", Dump.TABLES, unmarked="papers_task.archive_raw ? '_is_top'")
    tasks: dict[int, TaskRow] = {}
    tops: list[int] = []
    for pk, name, description, synonyms, areas, is_top, *rest in data.all(
        _TASKS.format(beside=BESIDE.format("papers_task"), stated=stated)
    ):
        tasks[pk] = TaskRow(name, description, synonyms, areas, beside=beside(*rest))
        if is_top:
            tops.append(pk)
    return tasks, tops


def _edges(data: Snapshot, tasks: Mapping[int, TaskRow]) -> Edges:
    edges: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for parent, child, is_bare in data.all(_EDGES):
        if parent in tasks and child in tasks:
            edges[parent].append((child, is_bare))
    return edges


def _groups(places: Iterator[Place]) -> Iterator[tuple[list[Place], set[int]]]:
    """Trees in groups, each with the tasks that stand whole in it: the boards of a group are fetched together."""
    group: list[Place] = []
    wanted: set[int] = set()
    for place in places:
        group.append(place)
        wanted |= tasks_of(place)
        if len(wanted) >= TASKS_AT_ONCE:
            yield group, wanted
            group, wanted = [], set()
    if group:
        yield group, wanted


def _results(data: Snapshot, selection: Selection, boards: list[int]) -> dict[int, list[Row]]:
    rows: dict[int, list[Row]] = defaultdict(list)
    query = _RESULTS.format(beside=BESIDE.format("claim"), stated=selection.stated("claim", Dump.TABLES))
    for board, *columns in data.all(query, [boards]):
        rows[board].append(render_result(_result(columns)))
    return rows


def _result(columns: Sequence[Any]) -> ResultRow:
    model_name, title, url, day, is_additional, *cells = columns[:8]
    code, models, metrics = (as_written(text) if text else None for text in cells)
    return ResultRow(model_name, title, url, day, is_additional, code or [], models or [], metrics, beside=beside(*columns[8:]))
