"""Storing the evaluation tables."""

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property

from leaderboards.archive import columns
from leaderboards.archive.board_datasets import DatasetDesk
from leaderboards.archive.board_loading import BoardKey, BoardStore
from leaderboards.archive.metric_loading import MetricStore
from leaderboards.archive.result_rows import ResultRecord
from leaderboards.archive.score_loading import ScoreStage
from leaderboards.archive.settling import BoardTable, Tables
from leaderboards.archive.tables import Share
from leaderboards.archive.task_loading import TaskStore
from leaderboards.models import Claim
from papers.archive.copy_text import json_text
from papers.archive.keys import joined
from papers.archive.natural_keys import NaturalKeys
from papers.archive.paper_finder import PaperFinder
from papers.archive.report import FileReport
from papers.archive.session import Session
from papers.archive.upsert import Upsert, batches

BATCH = 5000

_COLUMNS = (
    "leaderboard_id", "model_name", "paper_key", "occurrence", "paper_id", "paper_title", "paper_url", "paper_date",
    "uses_additional_data", "code_links", "model_links", "position", "archive_raw", "archive_absent", "archive_extra",
)  # fmt: skip

_NATURAL = ("leaderboard_id", "model_name", "paper_key", "occurrence")

Result = tuple[BoardTable, ResultRecord]


class TablesLoader:
    """Stores the evaluation tables of one dump, which may come in several files.

    Texts and columns come from the merged tables of all files: so the order of files changes nothing, and a repeated import
    neither. The caller holds the transaction and the import's lock, and calls `finish` after the last file.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tasks = TaskStore(session)
        self._datasets = DatasetDesk(session)
        self._boards = BoardStore(session)
        self._metrics = MetricStore(session)
        self._results = _ResultStore(session)
        self._finder: PaperFinder | None = None

    def stated_before(self) -> tuple[int, int]:
        """How many results of the dump before this one it states still, and how many no file of it stated."""
        return self._results.rows.ledger.stated_before()

    def load(self, share: Share, *, merged: Tables, report: FileReport) -> None:
        """Store what one file brought, and count its results: one of which a cell changed is a changed one."""
        if merged.unread:
            ledgers = {"tasks": self._tasks.ledger, "boards": self._boards.ledger, "results": self._results.rows.ledger}
            merged.unread.keep(self._session, **ledgers)
        task_ids = self._tasks.store(share.tasks, merged=merged)
        keys = list(share.rows)
        named = dict.fromkeys([*share.datasets, *(merged.boards[key].dataset for key in keys)])
        dataset_ids = self._datasets.ids({name: merged.datasets.get(name) for name in named})
        boards = self._boards.store(keys, merged=merged, task_ids=task_ids, dataset_ids=dataset_ids)
        metrics = self._metrics.store({boards[key]: merged.boards[key].metrics for key in keys if key in boards})
        results = ((merged.boards[key], row) for key, rows in share.rows.items() for row in rows)
        stated = _StatedResults(merged)
        for batch in batches(_placed(results, boards, report), size=BATCH):
            keyed = self._results.keyed(batch, boards=boards, stated=stated, report=report)
            self._results.store(keyed, boards=boards, metrics=metrics, finder=self._papers(merged), report=report)
        report.notes.append(f"tasks {len(share.tasks):,}, boards {len(boards):,}")

    def finish(self, *, is_complete: bool) -> int:
        """After the last file: what a complete dump no longer states goes, and columns are judged as they stand.

        How many tombstones: results, boards, and tasks and datasets that nothing states any more.
        """
        self._datasets.note_uses()
        gone = self._remove_unstated() if is_complete else 0
        with self._session.timed("columns"):
            columns.judge(self._session)
        return gone

    def _remove_unstated(self) -> int:
        self._metrics.settle()
        # In this order: a board with results stays, and so do the task and the dataset of a board.
        results, boards = self._results.rows.tombstone_unseen(), self._boards.remove_unstated()
        return results + boards + self._tasks.remove_unstated() + self._datasets.remove_unstated()

    def _papers(self, merged: Tables) -> PaperFinder:
        """The papers that the results of all files name: finding them reads all papers, once."""
        if self._finder is None:
            self._finder = PaperFinder(self._session, _namings(merged))
        return self._finder


def _namings(merged: Tables) -> Iterator[tuple[str, str | None]]:
    return ((row.paper_key, row.paper_title) for board in merged.boards.values() for row in board.rows)


def _placed(results: Iterator[Result], boards: Mapping[BoardKey, int], report: FileReport) -> Iterator[Result]:
    """The results whose board could be stored; the others are counted."""
    for board, row in results:
        if (board.task, board.name) in boards:
            yield board, row
        else:
            report.refuse(_called(board, row), "is on a board in whose place a person put another of the dump")


def _called(board: BoardTable, row: ResultRecord) -> str:
    return f"{board.task[:60]} on {board.name[:60]}: result {row.model_name[:60]!r}"


def _key(board: BoardTable, row: ResultRecord) -> str:
    return joined(board.task, board.name, row.model_name, row.paper_key, str(row.occurrence))


class _StatedResults:
    """The archive keys of all results of a dump; few imports ask for them, so that they are made when one does."""

    def __init__(self, merged: Tables) -> None:
        self._merged = merged

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(_key(board, row) for board in self._merged.boards.values() for row in board.rows)


class _ResultStore:
    """Finds or makes claims, with their cells, for the length of one import."""

    def __init__(self, session: Session) -> None:
        self._naturals = NaturalKeys(session, Claim, _NATURAL)
        self.rows = Upsert(session, Claim, _COLUMNS)
        self._scores = ScoreStage(session)

    def keyed(
        self, batch: Sequence[Result], *, boards: Mapping[BoardKey, int], stated: Container[str], report: FileReport
    ) -> dict[str, Result]:
        """The results by archive key, without those in whose place a person put another of the dump's: those are counted."""
        keyed = {_key(board, row): (board, row) for board, row in batch}
        wanted = {
            key: (boards[board.task, board.name], row.model_name, row.paper_key, row.occurrence)
            for key, (board, row) in keyed.items()
        }
        refused = self._naturals.settle(self.rows, wanted, stated=stated)
        for key in refused:
            report.refuse(_called(*keyed[key]), "has the place that a person gave to another result of the dump")
            del keyed[key]
        return keyed

    def store(
        self,
        keyed: Mapping[str, Result],
        *,
        boards: Mapping[BoardKey, int],
        metrics: Mapping[tuple[int, str], int],
        finder: PaperFinder,
        report: FileReport,
    ) -> None:
        """Store one batch of results with their cells, and count them."""
        new = 0
        for key, (board, row) in keyed.items():
            board_id = boards[board.task, board.name]
            paper = finder.paper_id(row.paper_key, title=row.paper_title)
            put = self.rows.put(key, _values(board_id, paper, row), beside=_said(row))
            new += put.is_new
            if put.is_other:
                ids = {cell.metric: metrics[board_id, cell.metric] for cell in row.cells}
                self._scores.add(put.id, row.cells, metrics=ids, is_new=put.is_new)
        changed = len(self.rows.flush().changed | self._scores.flush())
        report.count(new=new, changed=changed, same=len(keyed) - new - changed)


def _values(board_id: int, paper_id: int | None, row: ResultRecord) -> tuple[object, ...]:
    identity = (board_id, row.model_name, row.paper_key, row.occurrence)
    paper = (paper_id, row.paper_title, row.paper_url, row.paper_date)
    links = (row.uses_additional_data, json_text(row.code_links), json_text(row.model_links), row.position)
    return (*identity, *paper, *links, json_text(row.raw), row.absent, json_text(row.extra))


def _said(row: ResultRecord) -> str:
    """The cells of a row, in an order that does not depend on the dump's."""
    return "".join(f"{cell.metric}\t{cell.raw}\n" for cell in sorted(row.cells, key=lambda cell: cell.metric))
