"""Reading the dumps of named things, methods and datasets: which record a row is, and which rows come last."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from papers.archive.fields import RowFault
from papers.archive.keys import bounded, joined
from papers.archive.ledger import Ledger
from papers.archive.report import FileReport
from papers.archive.rows import ArchiveRow, RejectedRow
from papers.archive.text import JsonObject
from papers.slugs import slug_of_old_url


class NamedRecord(Protocol):
    """What the records of both dumps have."""

    @property
    def key(self) -> str: ...
    @property
    def key_if_repeated(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def slug(self) -> str | None: ...
    @property
    def raw(self) -> JsonObject: ...


RecordT = TypeVar("RecordT", bound=NamedRecord)


class RecordReader(Generic[RecordT]):
    """Parses rows, for the length of one import. Rows that cannot be used are counted in the report, and so are repeats.

    A row with the name of an earlier one is another thing if its address is another, and a repeat otherwise. Records without
    an address come last: one is made for them once all that the file states are taken. What a row names that cannot be used
    is noted in the ledger; `noun` is that of the old site's addresses.
    """

    def __init__(self, parse: Callable[[JsonObject], RecordT], *, noun: str, ledger: Ledger) -> None:
        self._parse = parse
        self._noun = noun
        self._ledger = ledger
        self._addresses: dict[str, str] = {}

    def read(self, rows: Iterable[ArchiveRow | RejectedRow], *, report: FileReport) -> Iterator[tuple[str, RecordT]]:
        """Archive keys and records."""
        last = []
        for row in rows:
            record = self._record(row, report)
            if record is None:
                continue
            key = self._key(record)
            if key is None:
                report.repeated += 1
            elif record.slug:
                yield key, record
            else:
                last.append((key, record))
        yield from last

    def _record(self, row: ArchiveRow | RejectedRow, report: FileReport) -> RecordT | None:
        if isinstance(row, RejectedRow):
            report.reject(row.number, row.reason)
            return None
        try:
            return self._parse(row.values)
        except RowFault as fault:
            report.reject(row.number, str(fault))
            for key in _keys(row.values, noun=self._noun):
                self._ledger.name(key)
            return None

    def _key(self, record: RecordT) -> str | None:
        """The key of a record; None for a repeat."""
        address = record.slug or str(record.raw.get("url") or "")
        key = record.key if record.key not in self._addresses else record.key_if_repeated
        if self._addresses.get(record.key) == address or key in self._addresses:
            return None
        self._addresses[key] = address
        return key


def _keys(values: JsonObject, *, noun: str) -> list[str]:
    """The archive keys that a row can have, as far as they can be read: its name's, and what it has if that is repeated."""
    name, url = values.get("name"), values.get("url")
    if not isinstance(name, str):
        return []
    address = (slug_of_old_url(url, noun=noun) or url) if isinstance(url, str) else ""
    return [bounded(name), joined(name, address)]
