"""Dumps of the archive as a catalogue to judge related papers on, in memory: nothing is imported.

Evaluation tables give titles with tasks and datasets; papers with abstracts give words, tasks and methods. A paper is known by
its folded title, a task, method or dataset by its name without regard to case: sources of tables spell "named entity
recognition" both ways. A row without a date gets that of its address where that says one (arXiv, ACL Anthology).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leaderboards.archive.result_rows import ResultRecord
from leaderboards.archive.tables import read_tables
from papers.archive import papers_with_abstracts
from papers.archive.fields import RowFault
from papers.archive.keys import arxiv_id_of_url, folded_title
from papers.archive.kinds import kind_of
from papers.archive.reader import ArchiveFileError, ArchiveRow, read_rows
from papers.archive.report import DumpKind, FileReport
from papers.relating.features import Features, tags
from papers.relating.judging import Catalogue
from papers.relating.vectors import TextCounts, count_words
from papers.relating.words import text_of

_OLD_ANTHOLOGY = re.compile(r"/([A-Z])(\d\d)-\d{4}\b")
_NEW_ANTHOLOGY = re.compile(r"/(20\d\d)\.[a-z0-9-]+\.\d+")


class NothingToJudge(Exception):
    """The files hold no paper with a title and a task; the message is one sentence."""


@dataclass
class _Names:
    """Numbers of names, in the order in which they came."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        return self.numbers.setdefault(folded_title(name), len(self.numbers))


@dataclass
class _Gathered:
    papers: _Names = field(default_factory=_Names)
    tasks: _Names = field(default_factory=_Names)
    methods: _Names = field(default_factory=_Names)
    datasets: _Names = field(default_factory=_Names)
    titles: dict[int, str] = field(default_factory=dict)
    dates: dict[int, date] = field(default_factory=dict)
    task_pairs: set[tuple[int, int]] = field(default_factory=set)
    method_pairs: set[tuple[int, int]] = field(default_factory=set)
    uses: set[tuple[int, int, int]] = field(default_factory=set)

    def paper(self, title: str, dated: date | None) -> int:
        """The number of the paper of that title; its latest date counts."""
        number = self.papers.number(title)
        self.titles.setdefault(number, title)
        if dated:
            self.dates[number] = max(dated, self.dates.get(number, dated))
        return number


def read_catalogue(paths: Sequence[Path]) -> Catalogue:
    """The catalogue of these dumps, or of those in these folders.

    Raises `ArchiveFileError` for a file that is no dump, `NothingToJudge` where the dumps bring no paper.
    """
    gathered, files = _Gathered(), _files(paths)
    papers = [path for path in files if kind_of(path) == DumpKind.PAPERS]
    counts = count_words(_texts(papers, gathered))
    for path in files:
        if kind_of(path) == DumpKind.TABLES:
            _gather_tables(path, gathered)
    known = sum(chunk.shape[0] for chunk in counts.chunks)
    titles = count_words(text_of(gathered.titles[number], None) for number in range(known, len(gathered.titles)))
    return _catalogue(gathered, TextCounts([*counts.chunks, *titles.chunks]))


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NothingToJudge(f"{path} does not exist; give dumps of the archive or folders of them.")
        inside = (
            sorted(file for file in path.rglob("*") if file.name.endswith((".json", ".json.gz"))) if path.is_dir() else [path]
        )
        files.extend(inside)
    return list(dict.fromkeys(files))


def _texts(paths: Iterable[Path], gathered: _Gathered) -> Iterator[str]:
    """The words of papers with abstracts, each paper once; their tags are gathered as they go by."""
    for path in paths:
        for row in read_rows(path):
            if isinstance(row, ArchiveRow) and (text := _gather_paper(row, gathered)) is not None:
                yield text


def _gather_paper(row: ArchiveRow, gathered: _Gathered) -> str | None:
    try:
        record = papers_with_abstracts.parse(row.values)
    except RowFault:
        return None
    title, abstract, dated = (record.columns.get(name) for name in ("title", "abstract", "date"))
    if not isinstance(title, str) or folded_title(title) in gathered.papers.numbers:
        return None
    number = gathered.paper(title, dated if isinstance(dated, date) else None)
    gathered.task_pairs.update((number, gathered.tasks.number(task)) for task in record.tasks)
    gathered.method_pairs.update((number, gathered.methods.number(method.name)) for method in record.methods)
    return text_of(title, abstract if isinstance(abstract, str) else None)


def _gather_tables(path: Path, gathered: _Gathered) -> None:
    tables = read_tables(read_rows(path), report=FileReport(path))
    for board in tables.boards.values():
        task, dataset = gathered.tasks.number(board.task), gathered.datasets.number(board.dataset)
        for row in board.rows:
            if row.paper_title and row.paper_title.strip():
                paper = gathered.paper(row.paper_title, _dated(row))
                gathered.task_pairs.add((paper, task))
                gathered.uses.add((paper, dataset, task))


def _dated(row: ResultRecord) -> date | None:
    """The row's date, or the month or year that its paper's address states."""
    if row.paper_date or not row.paper_url:
        return row.paper_date
    arxiv = arxiv_id_of_url(row.paper_url)
    if arxiv and arxiv[:4].isdigit() and 1 <= int(arxiv[2:4]) <= 12:
        return date(2000 + int(arxiv[:2]), int(arxiv[2:4]), 1)
    if found := _NEW_ANTHOLOGY.search(row.paper_url):
        return date(int(found[1]), 1, 1)
    if found := _OLD_ANTHOLOGY.search(row.paper_url):
        return date(int(found[2]) + (1900 if int(found[2]) > 50 else 2000), 1, 1)
    return None


def _catalogue(gathered: _Gathered, counts: TextCounts) -> Catalogue:
    if not gathered.task_pairs:
        raise NothingToJudge("The files hold no paper with a title and a task; give evaluation tables or papers with abstracts.")
    ids = np.arange(len(gathered.titles), dtype=np.int64)
    uses = np.array(sorted(gathered.uses), np.int64).reshape(-1, 3)
    features = Features(
        ids=ids,
        text=counts.vectors(counts.frequencies()),
        tasks=tags(_pairs(gathered.task_pairs), papers=ids),
        methods=tags(_pairs(gathered.method_pairs), papers=ids),
        datasets=tags(uses[:, :2], papers=ids),
    )
    dates = np.array(
        [gathered.dates[number].toordinal() if number in gathered.dates else -1 for number in ids.tolist()], np.int64
    )
    return Catalogue(features, dates, uses)


def _pairs(pairs: set[tuple[int, int]]) -> NDArray[np.int64]:
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


__all__ = ["ArchiveFileError", "NothingToJudge", "read_catalogue"]
