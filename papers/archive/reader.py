"""Reading a dump: one JSON array of objects, plain or gzipped, of any size, in bounded memory.

The standard library's decoder works on a window of the text that holds one row at least; the window grows only while a
row does not fit. What is wrong with one row is a `RejectedRow`; what is wrong with the file raises `ArchiveFileError`.
"""

import gzip
import io
import json
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from papers.archive.text import JsonObject, NumberAsWritten, is_deeper_than, without_unstorable

WINDOW = 1 << 20
LARGEST_ROW = 1 << 26
DEEPEST_ROW = 100

_SPACE = re.compile(r"[ \t\n\r]*")
_END_OF_SCALAR = re.compile(r"[,\]\[{}\s]")
_BRACKET_OR_QUOTE = re.compile(r'["\[\]{}]')
_QUOTE_OR_ESCAPE = re.compile(r'["\\]')


class ArchiveFileError(Exception):
    """A dump that cannot be read; the message is one sentence that ends by saying what to do where that is known."""


class _RefusedNumberError(Exception):
    """A number that is none in JSON, or none that can be stored."""


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """One object of a dump; `number` counts from 1."""

    number: int
    values: JsonObject


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that cannot be used, and why, in words that complete "row 7 ..."."""

    number: int
    reason: str


def read_rows(path: Path) -> Iterator[ArchiveRow | RejectedRow]:
    """The rows of the dump at `path`, in order.

    Raises `ArchiveFileError` as soon as the file turns out to be no whole JSON array; rows before that were yielded, so
    whoever stores them does it in one transaction.
    """
    try:
        with path.open("rb") as binary, _unzipped(binary) as plain, io.TextIOWrapper(plain, "utf-8-sig", newline="") as text:
            yield from _rows(_Window(text))
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ArchiveFileError(f"is no sound gzip file ({error}); fetch it again") from error
    except EOFError as error:
        raise ArchiveFileError("ends in the middle of its gzip data: it was cut short; fetch it again") from error
    except UnicodeDecodeError as error:
        raise ArchiveFileError(f"is not UTF-8 text ({error.reason}); save it as UTF-8") from error
    except OSError as error:
        raise ArchiveFileError(f"cannot be read: {error.strerror or error}") from error


def _unzipped(binary: io.BufferedReader) -> io.BufferedReader | gzip.GzipFile:
    """The bytes of a file, unzipped where its first ones say gzip, whatever its name says."""
    return gzip.GzipFile(fileobj=binary) if binary.peek(2)[:2] == b"\x1f\x8b" else binary


class _Window:
    """The part of the text that is held: `text` from `at` on is not yet consumed."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self.text = ""
        self.at = 0

    @property
    def held(self) -> int:
        return len(self.text) - self.at

    def more(self) -> bool:
        """Hold at least twice as much, so that a long row costs its length a few times over, not squared."""
        chunk = self._stream.read(max(WINDOW, self.held))
        self.text = self.text[self.at :] + chunk
        self.at = 0
        return bool(chunk)

    def peek(self) -> str:
        """The next character that is no white space, left in place; "" at the end of the file."""
        while True:
            self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # matches the empty string
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def find(self, pattern: re.Pattern[str]) -> str:
        """Consume up to and with the next match of a one-character pattern; that character, or "" at the end."""
        while True:
            found = pattern.search(self.text, self.at)
            if found:
                self.at = found.end()
                return found.group()
            self.at = len(self.text)
            if not self.more():
                return ""


def _rows(window: _Window) -> Iterator[ArchiveRow | RejectedRow]:
    if window.peek() != "[":
        raise ArchiveFileError("is not a JSON array of rows; give a dump of the archive")
    window.at += 1
    number = 0
    mark = "]" if window.peek() == "]" else ","
    window.at += mark == "]"
    while mark == ",":
        number += 1
        yield _row(window, number)
        mark = window.peek()
        if mark not in {",", "]"}:
            raise (
                _cut_short(number)
                if not mark
                else ArchiveFileError(f"has {mark!r} after row {number} where a comma belongs; fetch it again")
            )
        window.at += 1
    if window.peek():
        raise ArchiveFileError("goes on after the end of its array; fetch it again")


def _row(window: _Window, number: int) -> ArchiveRow | RejectedRow:
    start = window.peek()
    if start != "{":
        if start in {"", ",", "]"}:
            raise (
                _cut_short(number - 1)
                if not start
                else ArchiveFileError(f"has nothing where row {number} belongs; fetch it again")
            )
        _skip_value(window, number)
        return RejectedRow(number, "is no object")
    while True:
        try:
            values, end = _DECODER.raw_decode(window.text, window.at)
        except json.JSONDecodeError as error:
            if _end_of_object(window.text, window.at):
                raise ArchiveFileError(f"is not valid JSON in row {number} ({error.msg}); fetch it again") from error
            if window.held <= LARGEST_ROW:
                if window.more():
                    continue
                raise _cut_short(number) from error
            reason = f"is larger than {LARGEST_ROW >> 20} million characters"
        except RecursionError:
            reason = f"is nested more than {DEEPEST_ROW} levels deep"
        except _RefusedNumberError as error:
            reason = str(error)
        except ValueError:
            reason = "holds a whole number of more digits than can be read"
        else:
            return _decoded(window, number, values, end)
        _skip_value(window, number)
        return RejectedRow(number, reason)


def _decoded(window: _Window, number: int, values: JsonObject, end: int) -> ArchiveRow | RejectedRow:
    text, start = window.text, window.at
    window.at = end
    # Counting brackets is cheap; only a row with many can be deep, and only one with escapes can hold the unstorable.
    if text.count("{", start, end) + text.count("[", start, end) > DEEPEST_ROW and is_deeper_than(values, DEEPEST_ROW):
        return RejectedRow(number, f"is nested more than {DEEPEST_ROW} levels deep")
    if text.find("\\u", start, end) >= 0:
        values = without_unstorable(values)
    return ArchiveRow(number, values)


def _end_of_object(text: str, start: int) -> int | None:
    """Where the object or array that starts at `start` ends, by its brackets alone; None where the text ends before."""
    depth, at = 0, start
    while found := _BRACKET_OR_QUOTE.search(text, at):
        at = found.end()
        mark = found.group()
        if mark == '"':
            while (quote := _QUOTE_OR_ESCAPE.search(text, at)) and quote.group() == "\\":
                at = quote.end() + 1
            if not quote:
                return None
            at = quote.end()
            continue
        depth += 1 if mark in "[{" else -1
        if depth == 0:
            return at
    return None


def _skip_value(window: _Window, number: int) -> None:
    """Consume the value that starts here without holding or decoding it."""
    if window.text[window.at] not in '{["':
        if window.find(_END_OF_SCALAR):
            window.at -= 1
        return
    depth = 0
    while mark := window.find(_BRACKET_OR_QUOTE):
        if mark == '"':
            while window.find(_QUOTE_OR_ESCAPE) == "\\":
                window.at += 1 if window.held or window.more() else 0
        else:
            depth += 1 if mark in "[{" else -1
        if depth == 0:
            return
    raise _cut_short(number)


def _cut_short(number: int) -> ArchiveFileError:
    return ArchiveFileError(f"ends in or after row {number} without closing its array: it was cut short; fetch it again")


def _refuse_constant(name: str) -> float:
    raise _RefusedNumberError(f"holds {name}, which is no JSON number")


def _finite(text: str) -> NumberAsWritten:
    number = NumberAsWritten(text)
    if math.isinf(number):
        raise _RefusedNumberError(f"holds the number {text[:40]}, which is too large to store")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
