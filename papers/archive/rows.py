"""What reading a dump yields, and how it fails."""

from dataclasses import dataclass

from papers.archive.text import JsonObject


class ArchiveFileError(Exception):
    """A dump that cannot be read; the message is one sentence that ends by saying what to do where that is known."""


@dataclass(slots=True)
class RawRow:
    """One object of a dump as its UTF-8 text, not decoded yet and perhaps no valid JSON; `number` counts from 1."""

    number: int
    data: bytes


@dataclass(slots=True)
class ArchiveRow:
    """One object of a dump; `number` counts from 1."""

    number: int
    values: JsonObject


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that cannot be used, and why, in words that complete "row 7 ..."."""

    number: int
    reason: str
