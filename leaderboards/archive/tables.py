"""The evaluation-tables dump: nested tasks to flat tables of tasks and boards. Pure; `loading` stores them.

The dump's task graph has cycles and repeats: a task may stand at several places, now with its boards, now without.
Tasks and boards are therefore merged by name: the first text that says something counts, and a board keeps the rows of all
its places, a row that says the same again only once. Several files of one import are merged alike, as if they were one.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from leaderboards.archive.result_rows import LONGEST_NAME, ResultRecord, parse_result
from leaderboards.archive.settling import EMPTY_DATASETS, PART_OF, SOTA_ABSENT, BoardTable, Tables, TaskTable, settle
from leaderboards.archive.unread import Unread
from papers.archive.fields import RowFault, RowFields
from papers.archive.reader import ArchiveRow, RejectedRow
from papers.archive.report import FileReport
from papers.archive.text import JsonObject
from papers.slugs import slug_of_old_url

_TASK_SCHEMA = ("task", "description", "categories", "subtasks", "datasets", "synonyms", "source_link")
_DATASET_SCHEMA = ("dataset", "description", "dataset_links", "dataset_citations", "subdatasets", "sota")
_SUBDATASET_SCHEMA = ("subdataset", *_DATASET_SCHEMA[1:])


@dataclass
class Share:
    """What one of several files brought: names of its tasks and datasets, and the rows that it added to boards."""

    tasks: list[str]
    datasets: list[str]
    rows: dict[tuple[str, str], list[ResultRecord]] = field(default_factory=dict)


def read_tables(rows: Iterable[ArchiveRow | RejectedRow], *, report: FileReport) -> Tables:
    """All tasks and boards of one file, merged by name; what cannot be used is counted in the report."""
    tables = Tables()
    for row in rows:
        if isinstance(row, RejectedRow):
            report.reject(row.number, row.reason)
        else:
            _read_tree(row, tables, report)
    report.repeated += tables.repeated
    return tables


def merge(merged: Tables, tables: Tables, *, report: FileReport) -> Share:
    """Add the tables of one file to those of the others of the same import, and return what of it is the file's own."""
    before = merged.repeated
    share = Share(list(tables.tasks), list(tables.datasets))
    for task in tables.tasks.values():
        _add_task(merged, task)
    for key, board in tables.boards.items():
        held = len(merged.boards[key].rows) if key in merged.boards else 0
        _add_board(merged, board)
        share.rows[key] = merged.boards[key].rows[held:]
    for name, description in tables.datasets.items():
        merged.datasets.setdefault(name, description)
    merged.unread.add(tables.unread)
    report.repeated += merged.repeated - before
    settle(merged)
    return share


def _read_tree(row: ArchiveRow, tables: Tables, report: FileReport) -> None:
    """Walk one top-level task and all below it, without recursion."""
    waiting: list[tuple[JsonObject, str]] = [(row.values, "")]
    while waiting:
        values, path = waiting.pop()
        try:
            task, subtasks, datasets = _parse_task(values, is_top=not path)
        except RowFault as fault:
            report.reject(row.number, f"{path}{fault}")
            tables.unread.add_task(values)
            continue
        _add_task(tables, task)
        here = f"{path}{task.name} > "
        waiting.extend((subtask, here) for subtask in reversed(subtasks))
        _read_boards(datasets, task.name, tables, report, number=row.number)


def _parse_task(values: JsonObject, *, is_top: bool) -> tuple[TaskTable, list[JsonObject], list[JsonObject]]:
    row = RowFields(values, schema=_TASK_SCHEMA)
    name = _name(row, "task")
    subtasks, datasets = row.objects("subtasks"), row.objects("datasets")
    below = [
        (child, part)
        for part in subtasks
        if isinstance(child := part.get("task"), str) and child != name and len(child) <= LONGEST_NAME
    ]
    row.keep_raw("source_link")
    areas = row.texts("categories")
    if any(len(area) > LONGEST_NAME for area in areas):
        raise RowFault(f"{name}: names an area of more than {LONGEST_NAME} characters")
    if len(areas) > 1:
        row.keep_raw("categories")
    task = TaskTable(
        name=name,
        is_top=is_top,
        description=row.text("description"),
        synonyms=row.texts("synonyms"),
        areas=areas,
        children=list(dict.fromkeys(child for child, _ in below)),
        whole=list(dict.fromkeys(child for child, part in below if part.get("datasets") or part.get("subtasks"))),
        raw=row.raw,
        absent=row.absent,
        extra=row.extra,
    )
    return task, subtasks, datasets


def _read_boards(datasets: list[JsonObject], task: str, tables: Tables, report: FileReport, *, number: int) -> None:
    """Walk the datasets of one place of a task, and the parts of each, without recursion."""
    waiting = [(values, "", "") for values in reversed(datasets)]
    while waiting:
        values, dataset, above = waiting.pop()
        try:
            row = RowFields(values, schema=_SUBDATASET_SCHEMA if above else _DATASET_SCHEMA)
            own_name = _name(row, "subdataset" if above else "dataset")
            name = f"{above} / {own_name}" if above else own_name
            if len(name) > LONGEST_NAME:
                raise RowFault(f"a part of {dataset[:60]} has a name of more than {LONGEST_NAME} characters")
            parts = row.objects("subdatasets")
            board = _parse_board(row, task, dataset or name, name, report, number=number, unread=tables.unread)
            if above:
                board.raw[PART_OF] = above
        except RowFault as fault:
            report.reject(number, f"({task[:60]}): {fault}")
            tables.unread.add_board(values, task=task, above=above)
            continue
        if not above:
            tables.datasets.setdefault(name, row.text("description"))
        if board.metrics or board.rows:
            _add_board(tables, board)
        else:
            _keep_empty(tables, task, values, name=own_name, part_of=above)
        waiting.extend((part, dataset or name, name) for part in reversed(parts))


def _keep_empty(tables: Tables, task: str, values: JsonObject, *, name: str, part_of: str) -> None:
    """Keep a dataset that makes no board with its task, where no other place of the task has it."""
    held = tables.tasks[task].raw.setdefault(EMPTY_DATASETS, [])
    assert isinstance(held, list)
    key = "subdataset" if part_of else "dataset"
    if any(isinstance(other, dict) and _is_named(other, key, name) and other["part_of"] == part_of for other in held):
        return
    own: JsonObject = {**values, "subdatasets": []} if values.get("subdatasets") else values
    held.append({"at": tables.boards_of[task], "part_of": part_of, "values": own})


def _is_named(empty: JsonObject, key: str, name: str) -> bool:
    values = empty["values"]
    return isinstance(values, dict) and values.get(key) == name


def _parse_board(
    row: RowFields, task: str, dataset: str, name: str, report: FileReport, *, number: int, unread: Unread
) -> BoardTable:
    links = row.objects("dataset_links")
    row.keep_raw("dataset_links")
    row.keep_raw("dataset_citations")
    sota = row.value("sota")
    if sota is not None and not isinstance(sota, dict):
        raise RowFault(f"{name}: sota is no object")
    table = RowFields(sota or {}, schema=("metrics", "rows"), what=name)
    declared = table.texts("metrics")
    metrics = list(dict.fromkeys(declared))
    if any(len(metric) > LONGEST_NAME for metric in metrics):
        raise RowFault(f"{name}: has a metric whose name is longer than {LONGEST_NAME} characters")
    board = BoardTable(
        task=task,
        dataset=dataset,
        name=name,
        slug=_old_slug(links),
        description=row.text("description"),
        raw=row.raw,
        absent=row.absent,
        extra=row.extra,
    )
    listed = table.value("rows")
    if listed is not None and not isinstance(listed, list):
        raise RowFault(f"{name}: the rows are no list")
    for position, values in enumerate(listed or []):
        try:
            board.rows.append(parse_result(values, position=position))
        except RowFault as fault:
            report.reject(number, f"({task[:60]} on {name[:60]}, result {position + 1}) {fault}")
            unread.add_result(values, task=task, board=name)
    board.metrics = list(dict.fromkeys([*metrics, *(cell.metric for result in board.rows for cell in result.cells)]))
    if board.metrics != declared:
        table.keep_raw("metrics")
    if listed is None:
        table.keep_raw("rows")
    _keep_sota(board, table)
    board.rows = _numbered(board.rows)
    return board


def _keep_sota(board: BoardTable, table: RowFields) -> None:
    if beside := {**table.raw, **table.extra}:
        board.raw["sota"] = beside
    if table.absent:
        board.raw[SOTA_ABSENT] = list(table.absent)


def _name(row: RowFields, key: str) -> str:
    name = row.text(key)
    if name is None:
        raise RowFault(f"a {key} has no name")
    if len(name) > LONGEST_NAME:
        raise RowFault(f"a {key} has a name of {len(name):,} characters; the longest that is kept is {LONGEST_NAME}")
    return name


def _old_slug(links: list[JsonObject]) -> str | None:
    urls = [url for link in links if isinstance(url := link.get("url"), str)]
    return next((slug for url in urls if (slug := slug_of_old_url(url, noun="sota"))), None)


def _numbered(rows: list[ResultRecord]) -> list[ResultRecord]:
    """Rows of one table with their occurrence: real boards repeat (model, paper)."""
    seen: Counter[tuple[str, str]] = Counter()
    numbered = []
    for row in rows:
        identity = (row.model_name, row.paper_key)
        numbered.append(replace(row, occurrence=seen[identity]) if seen[identity] else row)
        seen[identity] += 1
    return numbered


def _add_task(tables: Tables, task: TaskTable) -> None:
    """Merge one place of a task into what the other places said."""
    known = tables.tasks.setdefault(task.name, task)
    if known is task:
        return
    known.is_top = known.is_top or task.is_top
    known.description = known.description or task.description
    for name in ("synonyms", "areas", "children", "whole"):
        setattr(known, name, list(dict.fromkeys([*getattr(known, name), *getattr(task, name)])))
    _merge_beside(known, task)


def _add_board(tables: Tables, board: BoardTable) -> None:
    """Merge one place of a board into what the other places said; rows that say the same again are counted as repeated."""
    known = tables.boards.setdefault((board.task, board.name), board)
    if known is board:
        board.position = tables.boards_of[board.task]
        tables.boards_of[board.task] += 1
        return
    known.slug = known.slug or board.slug
    known.description = known.description or board.description
    known.metrics = list(dict.fromkeys([*known.metrics, *board.metrics]))
    _merge_beside(known, board)
    tables.repeated += _add_rows(known, board.rows)


def _add_rows(known: BoardTable, rows: list[ResultRecord]) -> int:
    """Append the rows that say something new as further occurrences; the number of those that do not."""
    held: dict[tuple[str, str], list[ResultRecord]] = {}
    for row in known.rows:
        held.setdefault((row.model_name, row.paper_key), []).append(row)
    repeated = 0
    matched: set[int] = set()
    for row in rows:
        alike = held.setdefault((row.model_name, row.paper_key), [])
        twin = next((other for other in alike if id(other) not in matched and other.content == row.content), None)
        if twin:
            matched.add(id(twin))
            repeated += 1
            continue
        added = replace(row, occurrence=len(alike), position=len(known.rows))
        known.rows.append(added)
        alike.append(added)
        matched.add(id(added))
    return repeated


def _merge_beside(known: TaskTable | BoardTable, other: TaskTable | BoardTable) -> None:
    known.raw = _filled(known.raw, other.raw)
    known.extra = _filled(known.extra, other.extra)
    known.absent = [key for key in known.absent if key in other.absent]


def _filled(known: JsonObject, other: JsonObject) -> JsonObject:
    return {**known, **{key: value for key, value in other.items() if not known.get(key)}}
