"""Importing dumps of the archive into the catalogue.

One transaction a file: a broken file leaves nothing behind, and the others are imported still. Files go in the order papers,
links, tables, whatever order they were given in, since each can name what comes before.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connection, transaction

from leaderboards.archive import linking, loading
from leaderboards.archive.tables import Share, Tables, merge, read_tables
from leaderboards.models import Claim, Leaderboard
from papers.archive import link_loading, paper_loading
from papers.archive.kinds import is_of_later_kind, kind_of
from papers.archive.reader import ArchiveFileError, ArchiveRow, RejectedRow, read_rows
from papers.archive.report import DumpKind, FileReport, ImportReport
from papers.archive.upsert import give_way
from papers.models import Paper, PaperRepository, Source

Progress = Callable[[str], None]

PROGRESS_EVERY = 10_000
_LOCK = 0x9A9E25_C0DE


class ImportRefused(Exception):
    """The import as a whole cannot be done; the message is one sentence."""


def import_paths(paths: Sequence[Path], *, source: Source, progress: Progress) -> ImportReport:
    """Import dumps: files, or folders with `.json` and `.json.gz` files. Safe to repeat; a second import changes nothing.

    `progress` gets a line now and then. Raises `ImportRefused` before anything is stored if a path does not exist, if a
    folder holds no dump, or if the demo shall be loaded over an archive.
    """
    if source == Source.DEMO and archive_is_imported():
        raise ImportRefused(
            "The demo catalogue was not loaded: an archive is imported, and the demo only fills an empty catalogue."
        )
    report = ImportReport(files=[_identified(path) for path in _files(paths)])
    order = list(DumpKind)
    report.files.sort(key=lambda file: order.index(file.kind) if file.kind else len(order))
    for kind in DumpKind:
        files = [file for file in report.files if file.kind == kind and not file.error]
        _import_files(kind, files, source=source, progress=progress)
        # A dump without a usable row is no reason for the demo to go.
        if any(file.stored for file in files):
            _settle(kind, source=source, report=report)
    return report


def archive_is_imported() -> bool:
    """Whether the catalogue holds anything of an archive."""
    return any(
        table._default_manager.filter(source=Source.ARCHIVE).exists() for table in (Paper, PaperRepository, Leaderboard, Claim)
    )


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [file for pattern in ("*.json", "*.json.gz") for file in path.rglob(pattern) if file.is_file()]
            if not inside:
                raise ImportRefused(f"{path} holds no .json or .json.gz file; give the folder of the dumps.")
            files.extend(sorted(inside))
        elif path.is_file():
            files.append(path)
        else:
            raise ImportRefused(f"{path} does not exist; give a dump or a folder of dumps.")
    return list(dict.fromkeys(files))


def _identified(path: Path) -> FileReport:
    file = FileReport(path)
    try:
        if is_of_later_kind(path):
            file.notes.append("skipped: this dump cannot be imported yet")
        else:
            file.kind = kind_of(path)
    except ArchiveFileError as error:
        file.fail(str(error))
    return file


def _import_files(kind: DumpKind, files: Sequence[FileReport], *, source: Source, progress: Progress) -> None:
    if kind == DumpKind.TABLES:
        _import_tables(files, source=source, progress=progress)
        return
    load = paper_loading.load if kind == DumpKind.PAPERS else link_loading.load
    for file in files:
        with _one_file(file):
            load(_watched(file, progress=progress), source=source, report=file)


def _import_tables(files: Sequence[FileReport], *, source: Source, progress: Progress) -> None:
    """Read all evaluation tables first: several files of them are one dump, whose tasks and boards are merged by name."""
    merged = Tables()
    shares: list[tuple[FileReport, Share]] = []
    for file in files:
        with _one_file(file):
            tables = read_tables(_watched(file, progress=progress), report=file)
            shares.append((file, merge(merged, tables, report=file)))
    for file, share in shares:
        with _one_file(file):
            loading.load(share, merged=merged, source=source, report=file)


@contextmanager
def _one_file(file: FileReport) -> Iterator[None]:
    """All of a file or nothing of it; what goes wrong stands in its report."""
    try:
        with transaction.atomic():
            _wait_for_other_imports()
            yield
    except ArchiveFileError as error:
        file.fail(str(error))
    except DatabaseError as error:
        file.fail(f"could not be stored, the database says: {str(error).splitlines()[0]}")


def _settle(kind: DumpKind, *, source: Source, report: ImportReport) -> None:
    """After the files of one kind: the demo's rows that they did not bring give way, and waiting claims find their papers."""
    with transaction.atomic():
        _wait_for_other_imports()
        if source == Source.ARCHIVE:
            report.gave_way += _give_way(kind)
        if kind != DumpKind.TABLES:
            report.linked += linking.link_waiting_claims()


def _give_way(kind: DumpKind) -> int:
    if kind == DumpKind.PAPERS:
        return give_way(Paper.objects.all())
    if kind == DumpKind.LINKS:
        return give_way(PaperRepository.objects.all())
    # A board with a note, such as the self-test's, is no demo of the archive.
    return give_way(Claim.objects.filter(leaderboard__note="")) + give_way(Leaderboard.objects.filter(note=""))


def _watched(file: FileReport, *, progress: Progress) -> Iterator[ArchiveRow | RejectedRow]:
    progress(f"{file.path.name}: reading")
    for count, row in enumerate(read_rows(file.path), start=1):
        if count % PROGRESS_EVERY == 0:
            progress(f"{file.path.name}: {count:,} rows read")
        yield row


def _wait_for_other_imports() -> None:
    """One import at a time: the lock goes with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
