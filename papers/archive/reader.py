"""Reading a dump: one JSON array of objects, plain or gzipped, of any size, in bounded memory; or a parquet shard.

Rows are cut out of a window of the bytes that holds one row at least; the window grows only while a row does not fit.
What is wrong with one row is a `RejectedRow`; what is wrong with the file raises `ArchiveFileError`.
"""

import gzip
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from isal import igzip, igzip_lib

from papers.archive import parquet
from papers.archive.row_decoding import decoded, utf8_fault
from papers.archive.rows import ArchiveFileError, ArchiveRow, RawRow, RejectedRow
from papers.archive.window import ByteStream, Window

__all__ = ["ArchiveFileError", "ArchiveRow", "RawRow", "RejectedRow", "read_raw", "read_rows", "size_of"]

WINDOW = 1 << 20
LARGEST_ROW = 1 << 26

_END_OF_SCALAR = re.compile(rb"[,\]\[{}\s]")
_BRACKET_OR_QUOTE = re.compile(rb'["\[\]{}]')
_QUOTE_OR_ESCAPE = re.compile(rb'["\\]')
_IsalError: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # its stub takes the class for an instance
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")


def read_rows(path: Path, *, at: Callable[[int], None] | None = None) -> Iterator[ArchiveRow | RejectedRow]:
    """The rows of the dump at `path`, in order.

    Raises `ArchiveFileError` as soon as the file turns out to be no whole JSON array; rows before that were yielded, so
    whoever stores them does it in one transaction. `at` is told now and then how many bytes of the file (compressed
    ones, where it is compressed) have been read; at the end that is its size.
    """
    if path.suffix == ".parquet":
        yield from parquet.read_rows(path, at=at)
        return
    for row in read_raw(path, at=at):
        yield decoded(row) if isinstance(row, RawRow) else row


def read_raw(path: Path, *, at: Callable[[int], None] | None = None) -> Iterator[RawRow | RejectedRow]:
    """As `read_rows` of JSON, with rows as text for `decoded` or a decoder of the caller's own.

    A row is told by its brackets and quotes: that it is valid is first known when it is decoded.
    """
    with _faults_named(), path.open("rb") as binary:
        told = at or _ignored
        yield from _rows(Window(_unzipped(binary), size=WINDOW, filled=lambda: told(binary.tell())))


def size_of(path: Path) -> int:
    """Bytes of the file as it lies there: what `at` counts up to."""
    with _faults_named():
        return path.stat().st_size


@contextmanager
def _faults_named() -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, _IsalError) as error:
        raise ArchiveFileError(f"is no sound gzip file ({error}); fetch it again") from error
    except EOFError as error:
        said = "has gzip data that break off: it was cut short, or something was added to its end; fetch it again"
        raise ArchiveFileError(said) from error
    except OSError as error:
        raise ArchiveFileError(f"cannot be read: {error.strerror or error}") from error


def _unzipped(binary: io.BufferedReader) -> ByteStream:
    """The bytes of a file, unzipped where its first ones say gzip, whatever its name says."""
    is_zipped = binary.peek(2)[:2] == b"\x1f\x8b"
    return igzip.IGzipFile(fileobj=binary) if is_zipped else binary


def _ignored(position: int) -> None:
    pass


def _rows(window: Window) -> Iterator[RawRow | RejectedRow]:
    if window.peek() != b"[":
        _refuse_other_encodings(window)
        raise ArchiveFileError("is not a JSON array of rows; give a dump of the archive")
    window.at += 1
    number = 0
    mark = b"]" if window.peek() == b"]" else b","
    window.at += mark == b"]"
    while mark == b",":
        number += 1
        yield _row(window, number)
        mark = window.peek()
        if mark not in {b",", b"]"}:
            raise _no_comma(window, number) if mark else _cut_short(number)
        window.at += 1
    if window.peek():
        raise ArchiveFileError("goes on after the end of its array; fetch it again")


def _row(window: Window, number: int) -> RawRow | RejectedRow:
    start = window.peek()
    if start != b"{":
        if start in {b",", b"]"}:
            raise ArchiveFileError(f"has nothing where row {number} belongs; fetch it again")
        if not start:
            raise _cut_short(number - 1)
        _skip_value(window, number)
        return RejectedRow(number, "is no object")
    while not (end := _end_of_sound_object(window) or _end_of_brackets(window.data, window.at)):
        if window.held > LARGEST_ROW:
            _skip_value(window, number)
            return RejectedRow(number, f"is larger than {LARGEST_ROW >> 20} million bytes")
        if not window.more():
            raise _cut_short(number)
    row = RawRow(number, window.data[window.at : end])
    window.at = end
    return row


def _reported_end(data: memoryview) -> int | None:
    """Where msgspec says that something follows a value, in its own count."""
    try:
        _SKIPPER.decode(data)
    except msgspec.DecodeError as error:
        found = _TRAILING.search(str(error))
        return int(found[1]) if found else None
    except RecursionError:
        pass
    return None


_SKIPPER = msgspec.json.Decoder(msgspec.Raw)
# Releases may count from 0 or from 1: this one is asked. One that words it otherwise leaves all to the brackets, more slowly.
_COUNTS_FROM = (_reported_end(memoryview(b"{}!")) or 2) - 2


def _end_of_sound_object(window: Window) -> int | None:
    """Where the object that starts here and the white space after it end; None where the object is cut or odd.

    msgspec skips a value 20 times as fast as brackets can be counted in Python, and names the place of what follows it.
    """
    end = _reported_end(window.view[window.at :])
    return window.at + end - _COUNTS_FROM if end is not None else None


def _end_of_brackets(data: bytes, start: int) -> int | None:
    """Where the object that starts at `start` ends, by its brackets alone; None where the data end before."""
    depth, at = 0, start
    while found := _BRACKET_OR_QUOTE.search(data, at):
        at = found.end()
        mark = found.group()
        if mark == b'"':
            while (quote := _QUOTE_OR_ESCAPE.search(data, at)) and quote.group() == b"\\":
                at = quote.end() + 1
            if not quote:
                return None
            at = quote.end()
            continue
        depth += 1 if mark in b"[{" else -1
        if depth == 0:
            return at
    return None


def _skip_value(window: Window, number: int) -> None:
    """Consume the value that starts here without holding or decoding it."""
    if window.data[window.at] not in b'{["':
        if window.find(_END_OF_SCALAR):
            window.at -= 1
        return
    depth = 0
    while mark := window.find(_BRACKET_OR_QUOTE):
        if mark == b'"':
            while window.find(_QUOTE_OR_ESCAPE) == b"\\":
                if window.held or window.more():
                    window.at += 1
        else:
            depth += 1 if mark in b"[{" else -1
        if depth == 0:
            return
    raise _cut_short(number)


def _refuse_other_encodings(window: Window) -> None:
    try:
        window.data.decode()
    except UnicodeDecodeError as error:
        if error.end < len(window.data) - 3:  # else the window may have cut a letter
            raise utf8_fault(error) from error


def _no_comma(window: Window, number: int) -> ArchiveFileError:
    mark = window.data[window.at : window.at + 4].decode(errors="replace")[0]
    return ArchiveFileError(f"has {mark!r} after row {number} where a comma belongs; fetch it again")


def _cut_short(number: int) -> ArchiveFileError:
    return ArchiveFileError(f"ends in or after row {number} without closing its array: it was cut short; fetch it again")
