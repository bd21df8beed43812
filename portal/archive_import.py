"""Importing dumps of the archive into the catalogue.

One transaction a kind of dump, a savepoint a file: a broken file leaves nothing behind, and the others are imported still.
Kinds go in the order of `DumpKind`, whatever order the files were given in, since each can name what comes before. An
import that is broken off leaves the kinds that were done; it can be run again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import psycopg2
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from leaderboards.copies import COPIES
from papers.archive.report import DumpKind, FileReport, ImportReport
from papers.archive.rows import ArchiveFileError
from papers.archive.session import OWNER, Session
from papers.archive.staging import literal
from papers.models import ArchiveImport, Source
from papers.redaction import hold
from portal.importing import settling
from portal.importing.harvest import Harvest, harvest
from portal.importing.kinds import KindImport, bulk
from portal.importing.sources import ImportRefused, Progress, files_of

__all__ = ["Extent", "ImportRefused", "alone", "archive_is_imported", "finish_broken_off", "import_paths"]

_LOCK = 0x9A9E25_C0DE
_TABLES = {
    DumpKind.METHODS: "papers_method",
    DumpKind.PAPERS: "papers_paper",
    DumpKind.LINKS: "papers_paperrepository",
    DumpKind.DATASETS: "papers_dataset",
    DumpKind.TABLES: "leaderboards_claim",
}


class Extent(StrEnum):
    """What it means that a dump does not state a row that an earlier one did.

    A complete dump says by it that the row is gone; a delta says nothing. By itself a dump counts as complete that states
    at least half of what was known, so that a month's papers never remove the archive.
    """

    AUTO = "auto"
    COMPLETE = "complete"
    DELTA = "delta"


def import_paths(
    paths: Sequence[Path],
    *,
    source: Source,
    progress: Progress | None = None,
    extent: Extent = Extent.AUTO,
) -> ImportReport:
    """Import dumps: `.json`, `.json.gz` or `.parquet` files, or folders of them. A second import changes nothing.

    Raises `ImportRefused` before anything is stored if a path does not exist, if a folder holds no dump, or if the demo shall be
    loaded over an archive.
    """
    if source == Source.DEMO and archive_is_imported():
        raise ImportRefused(
            "The demo catalogue was not loaded: an archive is imported, and the demo only fills an empty catalogue."
        )
    report = ImportReport(files=files_of(paths))
    with progress or Progress() as shown, alone(shown):
        shown.begin(report.files)
        record = ArchiveImport.objects.using(OWNER).create(source=source)
        harvested = harvest(report.files)
        for kind in DumpKind:
            files = [file for file in report.files if file.kind == kind and not file.error]
            if files:
                _import_kind(_Import(kind, files, source, extent, record, report), harvested, shown)
        settling.settle(_session(record, source, dump="", is_baseline=record.is_baseline), report=report, progress=shown)
        record.report, record.finished_at = report.as_json(), timezone.now()
        record.save(using=OWNER)
    report.number = record.pk
    return report


def finish_broken_off(*, progress: Progress | None = None) -> ImportReport | None:
    """Bring up to date what the last import left where it was broken off: search, counts, links between the dumps.

    None where nothing was broken off, or another import is at work, which does it at its end.
    """
    with connections[OWNER].cursor() as cursor, progress or Progress() as shown:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
        try:
            last = ArchiveImport.objects.using(OWNER).order_by("-pk").first()
            if last is None or last.finished_at is not None:
                return None
            record = ArchiveImport.objects.using(OWNER).create(source=last.source)
            report = ImportReport(number=record.pk)
            settling.settle(_session(record, Source(last.source), dump="", is_baseline=False), report=report, progress=shown)
            record.report, record.finished_at = report.as_json(), timezone.now()
            record.save(using=OWNER)
            return report
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def archive_is_imported() -> bool:
    """Whether the catalogue holds anything of an archive."""
    # Boards can stand on tasks, datasets and methods that were made here in the archive's name; those have no key of it.
    keyed = ("papers_method", "papers_dataset", "papers_task")
    tables = {*_TABLES.values(), *keyed, "leaderboards_leaderboard"}
    held = [
        f"EXISTS (SELECT FROM {table} WHERE source = 'archive'{' AND archive_key IS NOT NULL' if table in keyed else ''})"
        for table in sorted(tables)
    ]
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT " + " OR ".join(held))
        return bool(cursor.fetchone()[0])


class _Import:
    """The files of one kind, and the import that they are part of."""

    def __init__(
        self,
        kind: DumpKind,
        files: Sequence[FileReport],
        source: Source,
        extent: Extent,
        record: ArchiveImport,
        report: ImportReport,
    ) -> None:
        self.kind, self.files, self.source, self.extent = kind, files, source, extent
        self.record, self.report = record, report

    def session(self) -> Session:
        """A session for these files; the first files of a kind are the baseline of its history."""
        table, dump = _TABLES[self.kind], literal(self.kind.value)
        with connections[OWNER].cursor() as cursor:
            cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {table} WHERE source = 'archive' AND {dump} = ANY(archive_dumps))")
            is_baseline = bool(cursor.fetchone()[0])
        if is_baseline and self.source == Source.ARCHIVE:
            self.record.is_baseline = True
        return _session(self.record, self.source, dump=self.kind.value, is_baseline=is_baseline)


def _session(record: ArchiveImport, source: Source, *, dump: str, is_baseline: bool) -> Session:
    return Session(
        source=source, import_id=record.pk, dump=dump, origin=f"import {record.pk}: {dump}" if dump else f"import {record.pk}",
        is_baseline=is_baseline,
    )  # fmt: skip


def _import_kind(work: _Import, harvested: Harvest, progress: Progress) -> None:
    """Store the files of one kind in one transaction."""
    with transaction.atomic(using=OWNER):
        session = work.session()
        session.begin()
        with bulk(session, work.kind, work.files), session.timed(work.kind.value):
            loading = KindImport(work.kind, session, harvest=harvested, progress=progress)
            for file in work.files:
                with _one_file(file, loading):
                    loading.read_ahead(file)
            for file in work.files:
                if not file.error:
                    with _one_file(file, loading):
                        loading.load(file)
            if work.extent == Extent.COMPLETE and not any(file.stored or file.repeated for file in work.files):
                _refuse_empty(work)
                return
            _finish(work, loading)
        # A dump without a usable row is no reason for the demo to go.
        if work.source == Source.ARCHIVE and any(file.stored for file in work.files):
            work.report.gave_way += settling.give_way(session, work.kind)
        hold(session, copies=COPIES)
    work.report.note_seconds(session.seconds)


def _refuse_empty(work: _Import) -> None:
    """Store nothing of a dump that is said to be complete and has no row: all that was known would be gone by it."""
    for file in work.files:
        if not file.error:
            file.fail("holds no row that can be used, so that it cannot be a complete dump; give a whole one")
    transaction.set_rollback(True, using=OWNER)


def _finish(work: _Import, loading: KindImport) -> None:
    """Tell what disappeared; a dump of which a file could not be read says nothing about that."""
    loader = loading.loader
    stated, unseen = loader.stated_before()
    is_whole = all(not file.error for file in work.files)
    is_complete = is_whole and (
        work.extent == Extent.COMPLETE or (work.extent == Extent.AUTO and unseen <= stated and work.source == Source.ARCHIVE)
    )
    gone = loader.finish(is_complete=is_complete)
    if gone:
        work.report.gone[work.kind.value] = gone
    elif unseen and not is_complete:
        work.files[-1].notes.append(
            f"rows that it does not state and that stay: {unseen:,}; taken for a delta"
            " (--complete makes tombstones of what a dump no longer states)"
        )


@contextmanager
def _one_file(file: FileReport, loading: KindImport) -> Iterator[None]:
    """All of a file or nothing of it; what goes wrong stands in its report."""
    try:
        with transaction.atomic(using=OWNER):
            yield
        return
    except ArchiveFileError as error:
        file.fail(str(error))
    except (DatabaseError, psycopg2.Error) as error:  # the second where the driver is used without Django
        file.fail(f"could not be stored, the database says: {str(error).splitlines()[0]}")
    loading.begin_anew()


@contextmanager
def alone(progress: Progress | None = None) -> Iterator[None]:
    """One import at a time, and nothing that is not to run beside one; `progress` is told when there is one to wait for.

    The lock goes with the owner's connection, should this process die.
    """
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            (progress or Progress()).tell("Another import is running: this one begins when it is done.")
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
