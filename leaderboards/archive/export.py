"""The way out of the evaluation tables: flat tasks and boards to nested records. Pure; `export_rows` fetches.

The archive's tree is a graph of tasks by name. A task is written whole (with its boards and sub-tasks) wherever an edge says
so, and bare elsewhere; where an edge leads back to a task that stands above, the tree is cut there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace

from leaderboards.archive.settling import EMPTY_DATASETS, PART_OF, SOTA_ABSENT
from papers.archive.export.restored import NOTHING, Beside, restored
from papers.archive.export.written import Row, Value, Written

DEEPEST = 40
"""Levels of tasks: the reader takes rows of a hundred levels of lists and objects, and a task is two."""
MOST_PLACES = 30
"""Places where one task is written whole: tasks that share many parents would multiply without end otherwise."""

Edges = Mapping[int, Sequence[tuple[int, bool]]]
"""The sub-tasks of a task by its id, in order: their ids and whether they stand there bare."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task's columns."""

    name: str
    description: str | None
    synonyms: Sequence[str]
    areas: Sequence[str]
    _: KW_ONLY
    beside: Beside = NOTHING


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A board's columns, with its metrics and its rows in order; `scored` are the metrics that stand in a row."""

    name: str
    description: str | None
    position: int
    _: KW_ONLY
    metrics: Sequence[str] = ()
    scored: frozenset[str] = frozenset()
    rows: Sequence[Row] = ()
    beside: Beside = NOTHING


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A row of a board; `metrics` is an object of its cells to the letter, `paper_date` ISO text, the links JSON lists."""

    model_name: str
    paper_title: str | None
    paper_url: str | None
    paper_date: str | None
    uses_additional_data: bool | None
    code_links: Value
    model_links: Value
    metrics: Written | None
    _: KW_ONLY
    beside: Beside = NOTHING


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset in a task's list: its whole name, the whole that it is a part of ("" for none), and its record."""

    name: str
    above: str
    row: Row


@dataclass(slots=True)
class Place:
    """Where a task stands in the tree that is written."""

    task: int
    is_bare: bool
    below: list["Place"] = field(default_factory=list)


def plan(tops: Iterable[int], others: Iterable[int], edges: Edges) -> Iterator[Place]:
    """The trees to write: one for each task at top level, then one for each of the others that no tree has whole."""
    places: Counter[int] = Counter()
    for task in tops:
        yield _tree(task, edges, places)
    for task in others:
        if not places[task]:
            yield _tree(task, edges, places)


def tasks_of(place: Place) -> set[int]:
    """The tasks that stand whole somewhere in a tree."""
    found: set[int] = set()
    waiting = [place]
    while waiting:
        here = waiting.pop()
        if not here.is_bare:
            found.add(here.task)
        waiting.extend(here.below)
    return found


def render(place: Place, *, tasks: Mapping[int, TaskRow], boards: Mapping[int, Sequence[BoardRow]]) -> Row:
    """A tree as the dump writes it; `boards` by the id of their task."""
    order, waiting = [], [place]
    while waiting:
        here = waiting.pop()
        order.append(here)
        waiting.extend(here.below)
    done: dict[int, Row] = {}
    for here in reversed(order):
        found = [] if here.is_bare else datasets(tasks[here.task], boards.get(here.task, ()))
        done[id(here)] = _task(tasks[here.task], found, [done.pop(id(child)) for child in here.below])
    return done[id(place)]


def datasets(task: TaskRow, boards: Sequence[BoardRow]) -> list[DatasetRow]:
    """The datasets of a task in order, parts among them; no row has its parts in it yet."""
    entries = [(board.position, 1, _board(board)) for board in boards]
    taken = {board.name for board in boards}
    empties = task.beside.raw.get(EMPTY_DATASETS)
    for entry in empties if isinstance(empties, list) else ():
        found = _empty(entry)
        if found and found[1].name not in taken:
            entries.append((found[0], 0, found[1]))
    # Sorting is stable: of several datasets before one board the first stays first.
    entries.sort(key=lambda entry: entry[:2])
    return [row for _, _, row in entries]


def render_result(result: ResultRow) -> Row:
    """A row of a board with the dump's keys in the dump's order."""
    beside = result.beside
    if result.metrics is not None and "metrics" in beside.raw:
        beside = replace(beside, raw={key: value for key, value in beside.raw.items() if key != "metrics"})
    columns: Row = {
        "model_name": result.model_name,
        "paper_title": result.paper_title,
        "paper_url": result.paper_url,
        "paper_date": result.paper_date,
        "code_links": result.code_links,
        "model_links": result.model_links,
        "metrics": result.metrics or {},
        "uses_additional_data": result.uses_additional_data,
    }
    return restored(columns, beside, names={"metrics": "scores"})


def _tree(top: int, edges: Edges, places: Counter[int]) -> Place:
    root = Place(top, False)
    places[top] += 1
    waiting: list[tuple[Place, frozenset[int]]] = [(root, frozenset({top}))]
    while waiting:
        here, above = waiting.pop()
        for child, is_bare in edges.get(here.task, ()):
            is_cut = is_bare or child in above or len(above) >= DEEPEST or places[child] >= MOST_PLACES
            place = Place(child, is_cut)
            here.below.append(place)
            if not is_cut:
                places[child] += 1
                waiting.append((place, above | {child}))
    return root


def _task(task: TaskRow, found: Sequence[DatasetRow], below: list[Row]) -> Row:
    columns: Row = {
        "task": task.name,
        "description": task.description,
        "categories": task.areas,
        "subtasks": below,
        "datasets": _nested(found),
        "synonyms": task.synonyms,
        "source_link": None,
    }
    areas = task.beside.raw.get("categories")
    is_stale = isinstance(areas, list) and {str(area) for area in areas} != set(task.areas)
    # A null list says nothing any more where something stands in it today.
    kept = {
        key: value
        for key, value in task.beside.raw.items()
        if (value is not None or not columns.get(key)) and not (is_stale and key == "categories")
    }
    return restored(columns, replace(task.beside, raw=kept), names={"task": "name", "categories": "areas"})


def _board(board: BoardRow) -> DatasetRow:
    above = board.beside.raw.get(PART_OF)
    whole = above if isinstance(above, str) else ""
    columns: Row = {
        "subdataset" if whole else "dataset": board.name.removeprefix(f"{whole} / ") if whole else board.name,
        "description": board.description,
        "dataset_links": [],
        "dataset_citations": [],
        "subdatasets": [],
        "sota": _sota(board),
    }
    beside = replace(board.beside, raw={key: value for key, value in board.beside.raw.items() if key != "sota"})
    row = restored(columns, beside, names={"dataset": "dataset_name", "subdataset": "dataset_name"})
    return DatasetRow(board.name, whole, row)


def _sota(board: BoardRow) -> Row:
    """Metrics and rows; what the archive declared counts while it and the cells name all metrics that the board has."""
    said, lacking = board.beside.raw.get("sota"), board.beside.raw.get(SOTA_ABSENT)
    raw = said if isinstance(said, dict) else {}
    absent = lacking if isinstance(lacking, list) else []
    declared = raw.get("metrics") if "metrics" in raw or "metrics" in absent else board.metrics
    names = {name for name in declared if isinstance(name, str)} if isinstance(declared, list | tuple) else set()
    is_declared = names <= set(board.metrics) <= names | board.scored
    row: Row = {"metrics": declared if is_declared else board.metrics, "rows": board.rows}
    if is_declared and "metrics" in absent:
        del row["metrics"]
    if not board.rows and "rows" in absent:
        del row["rows"]
    elif not board.rows and "rows" in raw:
        row["rows"] = None
    return {**row, **{key: value for key, value in raw.items() if key not in {"metrics", "rows"}}}


def _empty(entry: Value) -> tuple[int, DatasetRow] | None:
    """A dataset without results, and how many boards stand before it, as `tables` keeps it."""
    if not isinstance(entry, dict):
        return None
    values, at, above = entry.get("values"), entry.get("at"), entry.get("part_of")
    if not isinstance(values, dict) or not isinstance(at, int) or not isinstance(above, str):
        return None
    own = values.get("subdataset" if above else "dataset")
    return at, DatasetRow(f"{above} / {own}" if above else str(own), above, dict(values))


def _nested(found: Sequence[DatasetRow]) -> list[Row]:
    """Datasets with their parts in them; a part whose whole is gone stands under one that is only a name."""
    names = {dataset.name for dataset in found}
    gone = [name for name in dict.fromkeys(dataset.above for dataset in found) if name and name not in names]
    known = [*found, *(DatasetRow(name, "", {"dataset": name, "description": None, "subdatasets": []}) for name in gone)]
    parts: dict[str, list[int]] = {}
    for number, dataset in enumerate(known):
        parts.setdefault(dataset.above, []).append(number)
    rows = [dataset.row for dataset in known]
    # The name of a part is longer than that of its whole, so the longest names come first.
    for number in sorted(range(len(known)), key=lambda number: -len(known[number].name)):
        if known[number].name and known[number].name in parts:
            rows[number] = {**rows[number], "subdatasets": [rows[part] for part in parts[known[number].name]]}
    return [rows[number] for number in parts.get("", ())]
