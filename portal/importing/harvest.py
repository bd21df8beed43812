"""Addresses of the old site that the dumps state, whoever they state them for: they are read first, and win."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from papers.archive import datasets, methods
from papers.archive.fields import RowFault
from papers.archive.reader import read_raw, read_rows
from papers.archive.report import DumpKind, FileReport
from papers.archive.rows import ArchiveFileError, ArchiveRow, RawRow
from papers.archive.text import JsonObject

Record = TypeVar("Record")

_PAPER = re.compile(rb"paperswithcode\.com\\?/paper\\?/([A-Za-z0-9_.~-]{1,300})(?=[\"\\/?#)\s])")
"""In JSON, where a slash may be escaped; in a text too, where the address ends with it or with a bracket."""


@dataclass
class Harvest:
    """Addresses of tasks by their names; the files that state more."""

    files: Sequence[FileReport]
    tasks: dict[str, str] = field(default_factory=dict)

    def papers(self) -> set[str]:
        """Addresses of papers that stand anywhere in the dumps, but for a lone papers dump: its own rows come first there.

        Reads the files, in seconds for the whole archive: to be asked only when a paper has no address of its own.
        """
        papers = [file for file in self.files if file.kind == DumpKind.PAPERS]
        files = [file for file in self.files if file.kind != DumpKind.PAPERS or len(papers) > 1]
        read = [file for file in files if not file.error]
        return {slug for file in read for slug in (_slugs_of_methods(file) if file.kind == DumpKind.METHODS else _slugs(file))}


def harvest(files: Sequence[FileReport]) -> Harvest:
    """Read the datasets dump for addresses of tasks; what is wrong in it is said when it is imported."""
    found = Harvest(files)
    for file in files:
        if file.kind == DumpKind.DATASETS and not file.error:
            for record in _records(file, datasets.parse):
                for name, slug in record.task_slugs.items():
                    found.tasks.setdefault(name, slug)
    return found


def _slugs(file: FileReport) -> Iterator[str]:
    return (found.decode() for text in _texts(file) for found in _PAPER.findall(text))


def _slugs_of_methods(file: FileReport) -> Iterator[str]:
    """A method may name its paper by the slug alone."""
    yield from _slugs(file)
    yield from (record.paper.slug for record in _records(file, methods.parse) if record.paper.slug)


def _records(file: FileReport, parse: Callable[[JsonObject], Record]) -> Iterator[Record]:
    try:
        for row in read_rows(file.path):
            if isinstance(row, ArchiveRow):
                with suppress(RowFault):
                    yield parse(row.values)
    except ArchiveFileError:
        return


def _texts(file: FileReport) -> Iterator[bytes]:
    """The rows of a file as JSON."""
    try:
        if file.path.suffix == ".parquet":
            yield from (msgspec.json.encode(row.values) for row in read_rows(file.path) if isinstance(row, ArchiveRow))
        else:
            yield from (row.data for row in read_raw(file.path) if isinstance(row, RawRow))
    except ArchiveFileError:
        return
