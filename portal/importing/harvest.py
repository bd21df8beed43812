"""Addresses that the small dumps state for things that the large ones only name: they are read first, and win."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from papers.archive import datasets, methods
from papers.archive.fields import RowFault
from papers.archive.reader import read_rows
from papers.archive.report import DumpKind, FileReport
from papers.archive.rows import ArchiveFileError, ArchiveRow


@dataclass
class Harvest:
    """Addresses of the old site: those of tasks by their names, and those of papers."""

    tasks: dict[str, str] = field(default_factory=dict)
    papers: set[str] = field(default_factory=set)


def harvest(files: Sequence[FileReport]) -> Harvest:
    """Read the methods and datasets dumps for addresses; what is wrong in them is said when they are imported."""
    found = Harvest()
    for file in files:
        if file.kind in {DumpKind.METHODS, DumpKind.DATASETS} and not file.error:
            _read(file, found)
    return found


def _read(file: FileReport, found: Harvest) -> None:
    try:
        for row in read_rows(file.path):
            if isinstance(row, ArchiveRow):
                _take(row, file.kind, found)
    except ArchiveFileError:
        return


def _take(row: ArchiveRow, kind: DumpKind | None, found: Harvest) -> None:
    try:
        record = datasets.parse(row.values) if kind == DumpKind.DATASETS else methods.parse(row.values)
    except RowFault:
        return
    if record.paper.slug:
        found.papers.add(record.paper.slug)
    if isinstance(record, datasets.DatasetRecord):
        for name, slug in record.task_slugs.items():
            found.tasks.setdefault(name, slug)
