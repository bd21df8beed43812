"""An import's hold on the database, for tests of single loaders. What it stores is committed: use `committed_db`."""

from contextlib import contextmanager
from pathlib import Path

from django.db import transaction

from leaderboards.archive.loading import TablesLoader
from leaderboards.archive.settling import Tables
from leaderboards.archive.tables import merge, read_tables
from papers.archive.dataset_loading import DatasetLoader
from papers.archive.method_dump_loading import MethodDumpLoader
from papers.archive.paper_loading import PaperLoader
from papers.archive.report import DumpKind, FileReport
from papers.archive.rows import ArchiveRow
from papers.archive.session import OWNER, Session
from papers.models import ArchiveImport, Source

LOADERS = {DumpKind.METHODS: MethodDumpLoader, DumpKind.DATASETS: DatasetLoader, DumpKind.PAPERS: PaperLoader}


@contextmanager
def importing(*, dump="", source=Source.ARCHIVE, is_baseline=False):
    """A session that has begun, in a transaction that is committed at the end."""
    record = ArchiveImport.objects.using(OWNER).create(source=source, is_baseline=is_baseline)
    with transaction.atomic(using=OWNER):
        origin = f"import {record.pk}: {dump}"
        session = Session(source=source, import_id=record.pk, dump=dump, origin=origin, is_baseline=is_baseline)
        session.begin()
        yield session


def archive_rows(values):
    return [ArchiveRow(number, row) for number, row in enumerate(values, start=1)]


def load_dump(kind, values, *, is_complete=True, source=Source.ARCHIVE, is_baseline=False):
    """Import one file of methods, datasets or papers; its report and how many rows became tombstones."""
    report = FileReport(Path(f"{kind.value}.json"), kind=kind)
    with importing(dump=kind.value, source=source, is_baseline=is_baseline) as session:
        loader = LOADERS[kind](session)
        loader.load(archive_rows(values), report=report)
        return report, loader.finish(is_complete=is_complete)


def load_tables(*files, is_complete=True, source=Source.ARCHIVE, is_baseline=False):
    """Import files of evaluation tables as one dump; their reports and how many rows became tombstones."""
    reports = [FileReport(Path(f"{number}.json"), kind=DumpKind.TABLES) for number, _ in enumerate(files)]
    merged = Tables()
    with importing(dump=DumpKind.TABLES.value, source=source, is_baseline=is_baseline) as session:
        shares = [
            merge(merged, read_tables(archive_rows(file), report=report), report=report)
            for file, report in zip(files, reports, strict=True)
        ]
        loader = TablesLoader(session)
        for share, report in zip(shares, reports, strict=True):
            loader.load(share, merged=merged, report=report)
        return reports, loader.finish(is_complete=is_complete)


def counted(report):
    """What a report counted: new, changed, same, repeated, rejected."""
    return report.new, report.changed, report.same, report.repeated, report.rejected


def everything(*tables):
    """All rows of tables with all their columns, save what only tells that a dump was looked at again."""
    return {table._meta.db_table: list(table._default_manager.order_by("pk").values()) for table in tables}
