"""Which files an import reads, and how far it is with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from tqdm import tqdm

from papers.archive import paper_scanning
from papers.archive.kinds import SUFFIXES, is_dump_name, kind_of
from papers.archive.parquet import is_flat
from papers.archive.prepared_papers import Prepared
from papers.archive.reader import RawRow, read_raw, read_rows, size_of
from papers.archive.report import DumpKind, FileReport
from papers.archive.rows import ArchiveFileError, ArchiveRow, RejectedRow

COUNTED_EVERY = 1000
LARGE = 16 << 20
"""Bytes from which a process of its own is worth its start."""


class ImportRefused(Exception):
    """The import as a whole cannot be done; the message is one sentence."""


def files_of(paths: Sequence[Path]) -> list[FileReport]:
    """The dumps among these files and folders, in the order of import. Raises `ImportRefused` for a path without any."""
    files = [_identified(path) for path in _files(paths)]
    order = list(DumpKind)
    return sorted(files, key=lambda file: order.index(file.kind) if file.kind else len(order))


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [file for file in path.rglob("*") if is_dump_name(file) and file.is_file() and not _is_beside(file)]
            if not inside:
                *most, last = SUFFIXES
                raise ImportRefused(f"{path} holds no {', '.join(most)} or {last} file; give the folder of the dumps.")
            files.extend(sorted(inside))
        elif path.is_file():
            files.append(path)
        else:
            raise ImportRefused(f"{path} does not exist; give a dump or a folder of dumps.")
    return list({path.resolve(): path for path in reversed(files)}.values())[::-1]


def _is_beside(path: Path) -> bool:
    """Whether a file of a folder is no dump of its own.

    An export's list of files is none, nor what the archive's format lacks, nor the parquet of a dump that is there as JSON.
    """
    if path.name == "manifest.json" or path.name.startswith("portal-extras"):
        return True
    return path.suffix == ".parquet" and any(path.with_name(f"{path.stem}{suffix}").is_file() for suffix in SUFFIXES[:2])


def _identified(path: Path) -> FileReport:
    file = FileReport(path)
    try:
        file.kind = kind_of(path)
        if file.kind == DumpKind.TABLES and path.suffix == ".parquet" and is_flat(path):
            raise ArchiveFileError(
                "is an export's flat table of tasks, which holds no whole boards; give its evaluation-tables.json.gz"
            )
    except ArchiveFileError as error:
        file.fail(str(error))
    return file


@dataclass
class Progress:
    """A bar with rate and time left, drawn where `stream` is a terminal; it counts the bytes of all files of an import."""

    stream: Any = None
    _bar: Any = None
    _done: int = 0
    _rows: int = 0
    _at: dict[Path, int] = field(default_factory=dict)

    def begin(self, files: Sequence[FileReport]) -> None:
        """Know how much there is to read. Links are read twice: once to find repeated ones."""
        total = sum(size_of(file.path) * (2 if file.kind == DumpKind.LINKS else 1) for file in files if not file.error)
        is_shown = self.stream is not None and self.stream.isatty()
        self._bar = tqdm(total=total, unit="B", unit_scale=True, file=self.stream, disable=not is_shown, mininterval=0.5)

    def tell(self, line: str) -> None:
        """A line that stays, whether or not there is a bar."""
        if self.stream is not None:
            tqdm.write(line, file=self.stream)

    def say(self, step: str) -> None:
        """Name what is being done."""
        if self._bar is not None:
            self._bar.set_description_str(step, refresh=True)

    def at(self, position: int) -> None:
        """Be told how far the file that is read is."""
        if self._bar is not None:
            self._bar.update(max(0, position - self._done))
        self._done = position

    def count(self, rows: int) -> None:
        """Show how many rows of the file have been read."""
        if self._bar is not None:
            self._bar.set_postfix_str(f"{rows:,} rows", refresh=False)

    def next_file(self, file: FileReport) -> None:
        """Begin with a file."""
        self._done = 0
        self.say(file.path.name)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()


def rows(file: FileReport, *, progress: Progress) -> Iterator[ArchiveRow | RejectedRow]:
    """The decoded rows of a file."""
    progress.next_file(file)
    return _counted(read_rows(file.path, at=progress.at), progress)


def raw_rows(file: FileReport, *, progress: Progress) -> Iterator[RawRow | ArchiveRow | RejectedRow]:
    """The rows of a file, as text where it has them as text."""
    if file.path.suffix == ".parquet":
        return rows(file, progress=progress)
    progress.next_file(file)
    return _counted(read_raw(file.path, at=progress.at), progress)


def paper_rows(file: FileReport, *, progress: Progress) -> Iterator[Prepared | RawRow | ArchiveRow | RejectedRow]:
    """The papers of a file: of a large one made ready by another process."""
    if file.path.suffix == ".parquet" or size_of(file.path) < LARGE:
        return raw_rows(file, progress=progress)
    progress.next_file(file)
    return _counted(paper_scanning.scan(file.path, at=progress.at), progress)


def _counted(read: Iterator[Any], progress: Progress) -> Iterator[Any]:
    for number, row in enumerate(read, start=1):
        if number % COUNTED_EVERY == 0:
            progress.count(number)
        yield row
