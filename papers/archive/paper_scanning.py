"""Reading a large papers dump in a process of its own, beside the one that stores it: each takes about half of the work.

The process writes batches of rows that are made ready to its standard output, each as its length and what `marshal` makes of
it: both ends are one Python. Methods repeat, so that each is sent once and then by its number. It ends when nobody reads it
any more.
"""

import fcntl
import gc
import marshal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from papers.archive.papers_with_abstracts import MethodRecord, ProceedingRecord, parse_method, read_proceeding
from papers.archive.plain_papers import PlainPapers
from papers.archive.prepared_papers import NO_RAW, Prepared
from papers.archive.reader import read_raw
from papers.archive.rows import ArchiveFileError, RawRow, RejectedRow

BATCH = 1000
MOST_METHODS = 50_000

Scanned = Prepared | RawRow | RejectedRow

_ROOT = Path(__file__).resolve().parents[2]
_LENGTH = struct.Struct("<Q")


def scan(path: Path, *, at: Callable[[int], None]) -> Iterator[Scanned]:
    """The papers of a dump: ordinary ones ready to be stored, odd ones as their text, rows that are none with the reason.

    Raises `ArchiveFileError` as `read_raw` does. `at` is told how many bytes of the file have been read.
    """
    command = [sys.executable, "-m", "papers.archive.paper_scanning", str(path)]
    process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    _widen(process.stdout)
    try:
        yield from _received(process.stdout, at)
    finally:
        process.stdout.close()
        process.kill()
        process.wait()


def _widen(stream: IO[bytes]) -> None:
    """Let the other process be a few batches ahead, where the system can."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, 1 << 20)


def _received(stream: IO[bytes], at: Callable[[int], None]) -> Iterator[Scanned]:
    methods: list[MethodRecord] = []
    proceedings: dict[str, ProceedingRecord] = {}
    while True:
        position, has_forgotten, new, rows, error = marshal.loads(_whole(stream, _LENGTH.unpack(_whole(stream, _LENGTH.size))[0]))
        at(position)
        if has_forgotten:
            methods.clear()
        methods.extend(map(parse_method, new))
        if len(proceedings) > MOST_METHODS:
            proceedings.clear()
        for row in rows:
            yield _restored(row, methods, proceedings)
        if error is not None:
            raise ArchiveFileError(error)
        if not rows:
            return


def _whole(stream: IO[bytes], size: int) -> bytes:
    text = stream.read(size)
    if len(text) < size:
        raise ArchiveFileError("could not be read: the process that reads it ended; import it again")
    return text


def _restored(row: Any, methods: list[MethodRecord], proceedings: dict[str, ProceedingRecord]) -> Scanned:
    if len(row) == 2:
        number, said = row
        return RawRow(number, said) if isinstance(said, bytes) else RejectedRow(number, said)
    number, slug, text, name, authors, tasks, numbers = row
    proceeding = None
    if name is not None:
        proceeding = proceedings.get(name) or proceedings.setdefault(name, read_proceeding(name))
    return Prepared(
        key=slug,
        slug=slug,
        text=text,
        proceeding=proceeding,
        authors=authors,
        tasks=tasks,
        methods=[methods[place] for place in numbers],
        raw=NO_RAW,
        number=number,
    )


class _Sender:
    """Gathers rows and writes them batch by batch."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._plain = PlainPapers()
        self._numbers: dict[int, int] = {}
        self._kept: list[MethodRecord] = []  # so that no other record can come to the place of one in memory
        self._new: list[Any] = []
        self._has_forgotten = False
        self._rows: list[Any] = []
        self.position = 0

    def take(self, row: RawRow | RejectedRow) -> None:
        paper = self._plain.prepare(row.data) if isinstance(row, RawRow) else None
        if paper is not None:
            name = paper.proceeding.name if paper.proceeding else None
            numbers = list(map(self._number, paper.methods))
            self._rows.append((row.number, paper.slug, paper.text, name, paper.authors, paper.tasks, numbers))
        else:
            self._rows.append((row.number, row.data if isinstance(row, RawRow) else row.reason))
        if len(self._rows) >= BATCH:
            self.send()

    def send(self, *, error: str | None = None) -> None:
        text = marshal.dumps((self.position, self._has_forgotten, self._new, self._rows, error))
        self._stream.write(_LENGTH.pack(len(text)) + text)
        self._new, self._rows, self._has_forgotten = [], [], False
        if len(self._kept) >= MOST_METHODS:
            self._numbers.clear()
            self._kept.clear()
            self._has_forgotten = True

    def end(self, error: str | None) -> None:
        """Send what is left, and the last batch: one without rows."""
        if self._rows:
            self.send()
        self.send(error=error)
        self._stream.flush()

    def _number(self, record: MethodRecord) -> int:
        found = self._numbers.get(id(record))
        if found is None:
            found = self._numbers[id(record)] = len(self._kept)
            self._kept.append(record)
            self._new.append(record.values)
        return found


def main(path: Path, stream: IO[bytes]) -> None:
    """Read the dump at `path` and write what it holds."""
    sender = _Sender(stream)

    def at(position: int) -> None:
        sender.position = position

    error = None
    try:
        for row in read_raw(path, at=at):
            sender.take(row)
    except ArchiveFileError as fault:
        error = str(fault)
    sender.end(error)


if __name__ == "__main__":
    gc.disable()  # rows come and go, and hold no cycles
    try:
        main(Path(sys.argv[1]), sys.stdout.buffer)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away; there is nobody to tell
