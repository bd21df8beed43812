"""Writing the archive out of the database: five files in its own format, parquet beside them, and a sixth of what it lacked.

All files are one moment of the catalogue. A file stands under its name once it is whole, and the manifest comes last: a
folder without one holds no whole export. Memory is bounded by a batch of rows, whatever the size of the catalogue.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
from django.utils import timezone

from leaderboards.archive import export as tables
from leaderboards.archive import export_rows
from papers.archive.export import datasets, fetched, links, methods, papers
from papers.archive.export.selection import Dump, Selection
from papers.archive.export.snapshot import Snapshot, snapshot
from papers.archive.export.written import Row, Value, to_json
from papers.models import ArchiveExport, ExportedFile, Source
from portal import export_extras
from portal.archive_import import archive_is_imported
from portal.export_files import JsonArrayFile, WrittenFile
from portal.export_manifest import write_manifest
from portal.export_names import MANIFEST, SUMS, UNFINISHED
from portal.export_parquet import SCHEMAS, ParquetFile

EXTRAS = "portal-extras"
FILES = (*(dump.value for dump in Dump), EXTRAS)

Progress = Callable[[str], None]
Batches = Iterator[tuple[list[bytes], list[bytes]]]
"""Rows as JSON for the file, and those for parquet."""

_LOCK = 0x9A9E25_E0
_PROGRESS_EVERY = 50_000


class ExportRefused(Exception):
    """The export cannot be made; the message is one sentence."""


@contextmanager
def alone() -> Iterator[None]:
    """One export at a time; raises `ExportRefused` while another one runs."""
    with snapshot() as lock:
        if not lock.all("SELECT pg_try_advisory_lock(%s)", [_LOCK])[0][0]:
            raise ExportRefused("Another export is running: wait until it is done.")
        lock.end()
        try:
            yield
        finally:
            # A closed connection gives its lock back a moment after the close, which the next export would run into.
            lock.all("SELECT pg_advisory_unlock(%s)", [_LOCK])


def export(folder: Path, *, progress: Progress, files: Sequence[str] = FILES, has_parquet: bool = True) -> ArchiveExport:
    """Write an export into a folder, which is made; files that it replaces stay until the new ones are whole.

    The caller is `alone`. Raises `ExportRefused` where the folder cannot be written to, or no more of it.
    """
    _make_way(folder)
    try:
        with snapshot() as data:
            record = ArchiveExport.objects.create(folder=str(folder.absolute()))
            found = _write(folder, files, data, began=record.started_at, has_parquet=has_parquet, progress=progress)
        write_manifest(folder, found, began=record.started_at, public_id=str(record.public_id))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ExportRefused(f"The export to {folder} broke off ({reason}): make room there, or give another folder.") from error
    ExportedFile.objects.bulk_create(
        ExportedFile(export=record, name=file.name, size=file.size, sha256=file.sha256, rows=file.rows) for file in found
    )
    record.finished_at = timezone.now()
    record.save(update_fields=["finished_at"])
    return record


def _make_way(folder: Path) -> None:
    """Make the folder and clear what a broken-off export left; without a manifest the folder holds no whole export."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (MANIFEST, SUMS):
            (folder / name).unlink(missing_ok=True)
        for part in folder.glob(f"*{UNFINISHED}"):
            part.unlink()
    except OSError as error:
        raise ExportRefused(f"{folder} cannot be written to ({error.strerror}): give another folder.") from error


def _write(
    folder: Path, files: Sequence[str], data: Snapshot, *, began: datetime, has_parquet: bool, progress: Progress
) -> list[WrittenFile]:
    selection = Selection(Source.ARCHIVE if archive_is_imported() else Source.DEMO)
    found: list[WrittenFile] = []
    for name in (name for name in FILES if name in files):
        progress(f"{name}: writing")
        if name == EXTRAS:
            extras = ((rows, list[bytes]()) for rows in export_extras.rows(data, exported_at=began.isoformat()))
            found += _write_file(folder, name, extras, schema=None, progress=progress)
        else:
            dump = Dump(name)
            schema = SCHEMAS[dump] if has_parquet else None
            found += _write_file(folder, name, _BATCHES[dump](data, selection), schema=schema, progress=progress)
    return found


def _write_file(folder: Path, name: str, batches: Batches, *, schema: object, progress: Progress) -> list[WrittenFile]:
    with ExitStack() as stack:
        plain = stack.enter_context(JsonArrayFile(folder / f"{name}.json.gz"))
        columns = stack.enter_context(ParquetFile(folder / f"{name}.parquet", schema=schema)) if schema else None
        told = 0
        for rows, column_rows in batches:
            plain.add(rows)
            if columns:
                columns.add(column_rows)
            if plain.rows - told >= _PROGRESS_EVERY:
                told = plain.rows
                progress(f"{name}: {told:,} rows written")
    return [file.whole for file in (plain, columns) if file and file.whole]


def _both(batches: Iterable[Iterable[Row]]) -> Batches:
    """The same rows for both."""
    for batch in batches:
        lines = [to_json(row) for row in batch]
        yield lines, lines


def _papers(data: Snapshot, selection: Selection) -> Batches:
    return _both(map(papers.render, batch) for batch in fetched.papers(data, selection))


def _links(data: Snapshot, selection: Selection) -> Batches:
    return _both([row for link in batch for row in links.render(link)] for batch in fetched.links(data, selection))


def _methods(data: Snapshot, selection: Selection) -> Batches:
    return _both(map(methods.render, batch) for batch in fetched.methods(data, selection))


def _datasets(data: Snapshot, selection: Selection) -> Batches:
    return _both(map(datasets.render, batch) for batch in fetched.datasets(data, selection))


def _tables(data: Snapshot, selection: Selection) -> Batches:
    """A row a tree for the file; for parquet a row a task, at the first place where it stands whole."""
    told: set[int] = set()
    for tree in export_rows.trees(data, selection):
        line = to_json(tables.render(tree.place, tasks=tree.tasks, boards=tree.boards))
        yield [line], [to_json(row) for row in _task_rows(tree, told)]


def _task_rows(tree: export_rows.Tree, told: set[int]) -> Iterator[Row]:
    waiting = [tree.place]
    while waiting:
        place = waiting.pop()
        waiting.extend(reversed(place.below))
        if place.is_bare or place.task in told:
            continue
        told.add(place.task)
        task = tree.tasks[place.task]
        yield {
            "task": task.name,
            "is_top_level": place is tree.place,
            "description": task.description,
            "categories": task.areas,
            "subtasks": [tree.tasks[child.task].name for child in place.below],
            "synonyms": task.synonyms,
            "source_link": task.beside.raw.get("source_link"),
            "datasets": [_dataset_row(found) for found in tables.datasets(task, tree.boards.get(place.task, ()))],
        }


def _dataset_row(dataset: tables.DatasetRow) -> Value:
    # Numbers are kept to the letter here too.
    values = msgspec.json.Decoder(float_hook=str).decode(to_json(dataset.row))
    sota = values.get("sota") or {}
    rows = [{**row, "metrics": _pairs(row.get("metrics"))} for row in sota.get("rows") or ()]
    kept = {key: values.get(key) for key in ("description", "dataset_links", "dataset_citations")}
    return {
        "dataset": dataset.name,
        "part_of": dataset.above or None,
        **kept,
        "sota": {"metrics": sota.get("metrics"), "rows": rows},
    }


def _pairs(cells: dict[str, object] | None) -> list[dict[str, str | None]]:
    return [{"name": name, "value": None if value is None else str(value)} for name, value in (cells or {}).items()]


_BATCHES: dict[Dump, Callable[[Snapshot, Selection], Batches]] = {
    Dump.PAPERS: _papers,
    Dump.LINKS: _links,
    Dump.TABLES: _tables,
    Dump.METHODS: _methods,
    Dump.DATASETS: _datasets,
}
