"""Whether an export gives back the dumps that were imported: what is the same, what a rule changed, and what is neither.

Works at the size of the whole archive: rows are compared by digests (some 100 bytes a row), and only the evaluation tables,
whose tasks and boards the import merges by name, are read whole, one side after the other.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec

from leaderboards.archive.result_rows import Cell, ResultRecord
from leaderboards.archive.settling import Tables
from leaderboards.archive.tables import merge, read_tables
from papers.archive import datasets, links, methods, papers_with_abstracts
from papers.archive.export.selection import Dump
from papers.archive.fields import RowFault
from papers.archive.kinds import kind_of
from papers.archive.reader import ArchiveRow, RejectedRow, read_rows
from papers.archive.report import FileReport
from papers.archive.text import JsonObject, NumberAsWritten

Key = Callable[[JsonObject], str]

SAMPLES = 10

MERGED_PLACES = "a task that stands at several places is merged by name, and each place tells all of it"
REPEATED_ROW = "of several rows about one thing, one counts"
REPEATED_RESULT = "a row of a board that says the same again at another place of its task counts once"

_KEPT_ROWS = 1000
_HUB_NAME_OF_LINKS = "links-between-paper"


@dataclass
class FileTrip:
    """One dump and what came back of it; `rows` are those of the dump, `same` came back as they were."""

    name: str
    rows: int = 0
    same: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    unexplained: int = 0
    samples: list[str] = field(default_factory=list)

    def fault(self, sample: str) -> None:
        """Count a difference that no rule explains; the first few are kept in words."""
        self.unexplained += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(sample[:400])

    def lines(self) -> list[str]:
        """What a person reads about this dump."""
        head = f"{self.name}: rows {self.rows:,}, the same {self.same:,}, unexplained {self.unexplained:,}"
        rules = [f"  {count:,} by rule: {rule}" for rule, count in self.by_rule.most_common()]
        return [head, *rules, *(f"  unexplained: {sample}" for sample in self.samples)]


@dataclass
class RoundTrip:
    """All dumps that were compared."""

    files: list[FileTrip]

    @property
    def is_true(self) -> bool:
        """Whether everything came back, but for what a rule changed."""
        return not any(file.unexplained for file in self.files)

    @property
    def verdict(self) -> str:
        """In a word: "exact", "exact but for what rules changed", or "not exact"."""
        if not self.is_true:
            return "not exact"
        return "exact but for what rules changed" if any(file.by_rule for file in self.files) else "exact"

    def lines(self) -> list[str]:
        """What a person reads."""
        return [*(line for file in self.files for line in file.lines()), f"round trip: {self.verdict}"]


def compare(dumps: Iterable[Path], exported: Path) -> RoundTrip:
    """Compare dumps (files) with the export in a folder; raises `ArchiveFileError` for a file that cannot be read."""
    by_kind: dict[Dump, list[Path]] = {}
    for path in dumps:
        by_kind.setdefault(_kind(path), []).append(path)
    trips = []
    for dump in Dump:
        if dump in by_kind:
            back = [exported / f"{dump.value}.json.gz"]
            trips.append(_tables(by_kind[dump], back) if dump == Dump.TABLES else _rows(dump, by_kind[dump], back))
    return RoundTrip(trips)


def _kind(path: Path) -> Dump:
    for name in (path.name, path.parent.name):
        if name.startswith(_HUB_NAME_OF_LINKS):
            return Dump.LINKS
        if found := next((dump for dump in Dump if name.startswith(dump.value)), None):
            return found
    return Dump(kind_of(path).value)


def _rows(dump: Dump, paths: Sequence[Path], back: Sequence[Path]) -> FileTrip:
    """Rows stand for themselves: compare them as a bag of digests, then look closer at those that found no twin."""
    trip = FileTrip(dump.value)
    lost: Counter[int] = Counter()
    for row in _read(paths):
        trip.rows += 1
        if isinstance(row, RejectedRow):
            trip.by_rule[_rejected(row.reason)] += 1
        else:
            lost[_digest(row.values)] += 1
    gained = Counter[int]()
    for row in _read(back):
        if isinstance(row, ArchiveRow):
            number = _digest(row.values)
            if lost[number] > 0:
                lost[number] -= 1
                trip.same += 1
            else:
                gained[number] += 1
    lost, gained = +lost, +gained
    if lost or gained:
        _explain(trip, paths, back, lost=lost, gained=gained, key=_KEYS[dump])
    return trip


def _explain(
    trip: FileTrip, paths: Sequence[Path], back: Sequence[Path], *, lost: Counter[int], gained: Counter[int], key: Key
) -> None:
    """Name the rule for each row that did not come back; a row that came back changed is one difference, not two."""
    came_back, changed = _arrivals(back, gained, key)
    for row in _read(paths):
        if isinstance(row, RejectedRow) or not _take(lost, _digest(row.values)):
            continue
        try:
            name = key(row.values)
        except RowFault as fault:
            trip.by_rule[_rejected(str(fault))] += 1
            continue
        number = _digest_of(name.encode())
        if number in changed:
            trip.fault(f"{name[:100]}: {_difference(row.values, changed.pop(number))}")
        elif number in came_back:
            trip.by_rule[REPEATED_ROW] += 1
        else:
            trip.fault(f"{name[:100]}: did not come back")
    for number, values in changed.items():
        trip.fault(f"{key(values)[:100] if values else hex(number)}: stands in the export alone")


def _arrivals(back: Sequence[Path], gained: Counter[int], key: Key) -> tuple[set[int], dict[int, JsonObject | None]]:
    """Digests of the keys of rows that came back as they were, and those of the others with the first few rows themselves."""
    came_back: set[int] = set()
    changed: dict[int, JsonObject | None] = {}
    for row in _read(back):
        if isinstance(row, ArchiveRow):
            name = _digest_of(key(row.values).encode())
            if _take(gained, _digest(row.values)):
                changed[name] = row.values if len(changed) < _KEPT_ROWS else None
            else:
                came_back.add(name)
    return came_back, changed


def _difference(dumped: JsonObject, back: JsonObject | None) -> str:
    if back is None:
        return "came back changed"
    keys = [key for key in {**dumped, **back} if key not in back or key not in dumped or _bytes(dumped[key]) != _bytes(back[key])]
    shown = [f"{key} was {_shown(dumped, key)} and is {_shown(back, key)}" for key in keys]
    return "; ".join(shown)


def _shown(values: JsonObject, key: str) -> str:
    return _bytes(values[key]).decode()[:80] if key in values else "missing"


def _tables(paths: Sequence[Path], back: Sequence[Path]) -> FileTrip:
    """Trees first as they are; where some differ, task by task and board by board, as the import merges them."""
    trip = FileTrip(Dump.TABLES.value)
    lost: Counter[int] = Counter()
    for row in _read(paths):
        trip.rows += 1
        if isinstance(row, ArchiveRow):
            lost[_digest(row.values, to_the_letter=True)] += 1
    gained = 0
    for row in _read(back):
        if isinstance(row, ArchiveRow) and _take(lost, _digest(row.values, to_the_letter=True)):
            trip.same += 1
        else:
            gained += 1
    if sum(lost.values()) or gained:
        _explain_tables(trip, paths, back, trees=sum(lost.values()))
    return trip


def _explain_tables(trip: FileTrip, paths: Sequence[Path], back: Sequence[Path], *, trees: int) -> None:
    reports = [FileReport(path) for path in paths]
    dumped = _facts(_merged(paths, reports))
    returned = _facts(_merged(back, [FileReport(path) for path in back]))
    for report in reports:
        # The rejected samples of a report are the first few: their number is what counts here.
        if report.rejected:
            trip.by_rule[_rejected(report.samples[0])] += report.rejected
        if report.repeated:
            trip.by_rule[REPEATED_RESULT] += report.repeated
    if trees:
        trip.by_rule[MERGED_PLACES] += trees
    for name in {**dumped, **returned}:
        if name not in returned:
            trip.fault(f"{' on '.join(name)}: did not come back")
        elif name not in dumped:
            trip.fault(f"{' on '.join(name)}: stands in the export alone")
        elif parts := [part for part, number in dumped[name].items() if returned[name][part] != number]:
            trip.fault(f"{' on '.join(name)}: came back with another {', '.join(parts)}")


def _merged(paths: Sequence[Path], reports: Sequence[FileReport]) -> Tables:
    merged = Tables()
    for path, report in zip(paths, reports, strict=True):
        merge(merged, read_tables(read_rows(path), report=report), report=report)
    return merged


def _facts(tables: Tables) -> dict[tuple[str, ...], dict[str, int]]:
    """Digests of what the import makes of each task and each board."""
    facts: dict[tuple[str, ...], dict[str, int]] = {}
    for name, task in tables.tasks.items():
        said: dict[str, object] = {key: getattr(task, key) for key in ("is_top", "description", "synonyms", "children", "extra")}
        said |= {"areas": sorted(task.areas), "absent": sorted(task.absent)}
        said["raw"] = {key: value for key, value in task.raw.items() if key != "categories"}
        facts[name,] = {key: _digest_of(_bytes(value)) for key, value in said.items()}
    for place, board in tables.boards.items():
        said = {key: getattr(board, key) for key in ("description", "position", "metrics", "raw", "extra")}
        said |= {"absent": sorted(board.absent), "rows": sorted(_row_bytes(row) for row in board.rows)}
        facts[place] = {key: _digest_of(_bytes(value)) for key, value in said.items()}
    return facts


def _row_bytes(row: ResultRecord) -> str:
    return _bytes([_plain(part) for part in (*row.content, row.raw, sorted(row.absent))]).decode()


def _plain(part: object) -> object:
    if isinstance(part, tuple):
        return [[cell.metric, cell.raw] if isinstance(cell, Cell) else cell for cell in part]
    return part.isoformat() if isinstance(part, date) else part


def _read(paths: Iterable[Path]) -> Iterator[ArchiveRow | RejectedRow]:
    for path in paths:
        yield from read_rows(path)


def _take(counts: Counter[int], number: int) -> bool:
    """Take one away where there is one."""
    if counts[number] <= 0:
        del counts[number]
        return False
    counts[number] -= 1
    return True


def _rejected(reason: str) -> str:
    return f"rejected, as the import's report says: {reason[:100]}"


def _digest(values: JsonObject, *, to_the_letter: bool = False) -> int:
    return _digest_of(_bytes(values, to_the_letter=to_the_letter))


def _digest_of(text: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def _bytes(value: object, *, to_the_letter: bool = False) -> bytes:
    """JSON with keys in order; 33.60 is 33.6 unless letters count."""
    return (_LETTERS if to_the_letter else _VALUES).encode(value)


def _letters(number: NumberAsWritten) -> msgspec.Raw:
    return msgspec.Raw(number.text.encode())


_LETTERS = msgspec.json.Encoder(order="deterministic", enc_hook=_letters)
_VALUES = msgspec.json.Encoder(order="deterministic", enc_hook=float)


def _paper_key(values: JsonObject) -> str:
    return papers_with_abstracts.parse(values).key


def _link_key(values: JsonObject) -> str:
    return links.parse(values).key


def _method_key(values: JsonObject) -> str:
    return methods.parse(values).key_if_repeated


def _dataset_key(values: JsonObject) -> str:
    return datasets.parse(values).key_if_repeated


_KEYS: dict[Dump, Key] = {
    Dump.PAPERS: _paper_key,
    Dump.LINKS: _link_key,
    Dump.METHODS: _method_key,
    Dump.DATASETS: _dataset_key,
}
