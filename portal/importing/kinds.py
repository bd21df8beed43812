"""How the files of each kind of dump are loaded: one class a kind, all with the same shape."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from leaderboards.archive.loading import TablesLoader
from leaderboards.archive.settling import Tables
from leaderboards.archive.tables import Share, merge, read_tables
from papers.archive.bulk_mode import without_indexes
from papers.archive.dataset_loading import DatasetLoader
from papers.archive.link_loading import LinkLoader
from papers.archive.link_survey import Survey
from papers.archive.method_dump_loading import MethodDumpLoader
from papers.archive.paper_loading import PaperLoader
from papers.archive.report import DumpKind, FileReport
from papers.archive.session import Session
from portal.importing.harvest import Harvest
from portal.importing.sources import Progress, paper_rows, raw_rows, rows

BULK_BYTES = 32 << 20
"""Compressed. A first import of less is done sooner than indexes are taken away and built again."""

_BULK_TABLES = {
    DumpKind.PAPERS: (
        "papers_paper", "papers_paperauthor", "papers_papertask", "papers_papermethod", "papers_author",
    ),
    DumpKind.LINKS: ("papers_paperrepository", "papers_repository"),
}  # fmt: skip


class Loader(Protocol):
    """What stores the files of one dump."""

    def stated_before(self) -> tuple[int, int]:
        """How many rows the dump stated before this import: those that it states still, and those that it does not."""
        ...

    def finish(self, *, is_complete: bool) -> int:
        """After the last file: make tombstones of what a complete dump no longer states; how many."""
        ...


def bulk(session: Session, kind: DumpKind, files: Sequence[FileReport]) -> AbstractContextManager[None]:
    """Without indexes for a first import that is large."""
    is_large = sum(file.path.stat().st_size for file in files) >= BULK_BYTES
    tables = _BULK_TABLES.get(kind)
    return without_indexes(session, tables) if session.is_baseline and is_large and tables else nullcontext()


class KindImport:
    """Loads files of one kind; `_merged` and `_survey` hold what has to be known of all files before the first is stored."""

    def __init__(self, kind: DumpKind, session: Session, *, harvest: Harvest, progress: Progress) -> None:
        self.kind = kind
        self._session = session
        self._harvest = harvest
        self._progress = progress
        self._merged = Tables()
        self._shares: dict[int, Share] = {}
        self._survey = Survey()
        self._numbers: dict[int, int] = {}
        self.loader = self._loader()

    def read_ahead(self, file: FileReport) -> None:
        """Several files are one dump: tasks and boards are merged by name, and rows of one link, before any is stored."""
        if self.kind == DumpKind.TABLES:
            tables = read_tables(rows(file, progress=self._progress), report=file)
            self._shares[id(file)] = merge(self._merged, tables, report=file)
        elif self.kind == DumpKind.LINKS:
            self._numbers[id(file)] = self._survey.add(raw_rows(file, progress=self._progress))

    def load(self, file: FileReport) -> None:
        """Store one file and count its rows."""
        loader = self.loader
        if isinstance(loader, PaperLoader):
            loader.load(paper_rows(file, progress=self._progress), report=file)
        elif isinstance(loader, LinkLoader):
            links = raw_rows(file, progress=self._progress)
            loader.load(links, survey=self._survey, number=self._numbers[id(file)], report=file)
        elif isinstance(loader, TablesLoader):
            loader.load(self._shares.pop(id(file)), merged=self._merged, report=file)
        else:
            loader.load(rows(file, progress=self._progress), report=file)

    def begin_anew(self) -> None:
        """After a file of which nothing was stored: what was remembered of its rows is not so."""
        self._session.doubt_defaults()
        self.loader = self._loader()

    def _loader(self) -> PaperLoader | LinkLoader | TablesLoader | MethodDumpLoader | DatasetLoader:
        if self.kind == DumpKind.PAPERS:
            return PaperLoader(self._session, task_addresses=self._harvest.tasks, harvested=self._harvest.papers)
        if self.kind == DumpKind.LINKS:
            return LinkLoader(self._session, harvested=self._harvest.papers)
        if self.kind == DumpKind.TABLES:
            return TablesLoader(self._session)
        return (
            MethodDumpLoader(self._session)
            if self.kind == DumpKind.METHODS
            else DatasetLoader(self._session, self._harvest.tasks)
        )
