"""Tasks and boards merged by name, and what makes them the same whichever of a task's places told what. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from leaderboards.archive.result_rows import ResultRecord
from leaderboards.archive.unread import Unread
from papers.archive.text import JsonObject, JsonValue

EMPTY_DATASETS = "_datasets_without_results"
"""In a task's `raw`: its datasets that make no board, as [{at, part_of, values}]; `at` counts the boards that stand before."""
PART_OF = "_part_of"
"""In a board's `raw`: the name of the board or dataset whose sub-dataset it is."""
SOTA_ABSENT = "_sota_absent"
"""In a board's `raw`: keys that its `sota` lacked; beside it `sota` holds what columns cannot give back of that object."""
DROPPED = 1_000_000
"""From this position on stand the columns of a board that the archive no longer names: an export has those with cells alone."""


@dataclass
class TaskTable:
    """A task with what all its places say; `is_top` where it stands at top level anywhere.

    `whole` names the children that stand below it with boards or sub-tasks of their own, at one place at least.
    """

    name: str
    is_top: bool = False
    description: str | None = None
    synonyms: list[str] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    raw: JsonObject = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    extra: JsonObject = field(default_factory=dict)


@dataclass
class BoardTable:
    """A board: a task on a dataset (`name` is the dataset's, with " / " before the name of a part of it)."""

    task: str
    dataset: str
    name: str
    position: int = 0
    slug: str | None = None
    description: str | None = None
    metrics: list[str] = field(default_factory=list)
    rows: list[ResultRecord] = field(default_factory=list)
    raw: JsonObject = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    extra: JsonObject = field(default_factory=dict)


@dataclass
class Tables:
    """Tasks and boards by name. A dataset that has no metric and no row of its own makes no board; it stands in `datasets`."""

    tasks: dict[str, TaskTable] = field(default_factory=dict)
    boards: dict[tuple[str, str], BoardTable] = field(default_factory=dict)
    datasets: dict[str, str | None] = field(default_factory=dict)
    boards_of: Counter[str] = field(default_factory=Counter)
    unread: Unread = field(default_factory=Unread)
    repeated: int = 0


def settle(tables: Tables) -> None:
    """Make the merged tables what a dump that tells all of it at each place would make them.

    The boards of a task are numbered so that parts follow their whole, and a dataset's text is the longest that stands with it:
    the order of tasks in a dump means nothing.
    """
    boards: dict[str, list[BoardTable]] = {}
    for board in sorted(tables.boards.values(), key=lambda board: board.position):
        boards.setdefault(board.task, []).append(board)
    for task in tables.tasks.values():
        empties = task.raw.pop(EMPTY_DATASETS, [])
        assert isinstance(empties, list)
        kept = _numbered_in_tree(boards.get(task.name, []), [empty for empty in empties if isinstance(empty, dict)])
        if kept:
            task.raw[EMPTY_DATASETS] = kept
    texts = [(board.name, board.description) for board in tables.boards.values() if PART_OF not in board.raw]
    texts += [text for task in tables.tasks.values() for text in _empty_texts(task)]
    for name in tables.datasets:
        tables.datasets[name] = None
    for name, text in texts:
        tables.datasets[name] = _longer(tables.datasets[name], text)


def _empty_texts(task: TaskTable) -> Iterator[tuple[str, str | None]]:
    empties = task.raw.get(EMPTY_DATASETS)
    for empty in empties if isinstance(empties, list) else ():
        if isinstance(empty, dict) and not empty["part_of"] and isinstance(empty["values"], dict):
            text = empty["values"].get("description")
            yield empty_name(empty), text if isinstance(text, str) else None


def _numbered_in_tree(boards: list[BoardTable], empties: list[JsonObject]) -> list[JsonValue]:
    """Set the positions of these boards (in order); the datasets without results that are boards at no place, in order."""
    taken = {board.name for board in boards}
    entries: list[tuple[int, int, str, str, BoardTable | JsonObject]] = [
        (board.position, 1, str(board.raw.get(PART_OF, "")), board.name, board) for board in boards
    ]
    entries += [(int(str(empty["at"])), 0, str(empty["part_of"]), empty_name(empty), empty) for empty in empties]
    parts: dict[str, list[tuple[str, BoardTable | JsonObject]]] = {}
    for _, _, above, name, entry in sorted(entries, key=lambda entry: entry[:2]):
        parts.setdefault(above, []).append((name, entry))
    waiting, count = list(reversed(parts.get("", []))), 0
    kept: list[JsonValue] = []
    while waiting:
        name, entry = waiting.pop()
        if isinstance(entry, BoardTable):
            entry.position, count = count, count + 1
        elif name not in taken:
            kept.append({**entry, "at": count})
        # A dataset that is empty at one place and a board at another comes once: its parts go with what comes first.
        waiting.extend(reversed(parts.pop(name, [])))
    return kept


def empty_name(empty: JsonObject) -> str:
    """The whole name of a dataset without results, as the boards' names are made."""
    values, above = empty["values"], empty["part_of"]
    assert isinstance(values, dict)
    own = values.get("subdataset" if above else "dataset")
    return f"{above} / {own}" if above else str(own)


def bare_edges(tables: Tables) -> set[tuple[str, str]]:
    """(parent, child) where the child is named without the boards and sub-tasks that it has at another place."""
    rich = {name for name, task in tables.tasks.items() if task.children or EMPTY_DATASETS in task.raw or tables.boards_of[name]}
    return {
        (task.name, child)
        for task in tables.tasks.values()
        for child in task.children
        if child in rich and child not in task.whole
    }


def _longer(one: str | None, other: str | None) -> str | None:
    return max(one, other, key=lambda text: (len(text or ""), text or ""))
