"""One file of an export on disk: a JSON array on one line, gzipped, under its name only once it is whole."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from isal import igzip

from portal.export_names import UNFINISHED

LEVEL = 2
"""Of isal: about the size that gzip's level 2 makes, several times faster."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that is whole: its size in bytes, the digest of these bytes, and how many rows are in it."""

    name: str
    size: int
    sha256: str
    rows: int

    def described(self) -> dict[str, str | int]:
        """For the manifest."""
        return {"name": self.name, "bytes": self.size, "sha256": self.sha256, "rows": self.rows}


@contextmanager
def gone_if_broken(part: Path) -> Iterator[None]:
    """Whatever breaks off the work inside, a full disk too, takes its unfinished file along."""
    try:
        yield
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class _Hashed:
    """A file that knows the digest of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


class JsonArrayFile:
    """Writes rows of JSON; leaving the block with an exception leaves no file. The same rows make the same bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._part = path.with_name(path.name + UNFINISHED)
        self.whole: WrittenFile | None = None

    def __enter__(self) -> Self:
        with gone_if_broken(self._part):
            self._file = self._part.open("wb")
            self._hashed = _Hashed(self._file)
            self._gzip = igzip.IGzipFile(fileobj=self._hashed, mode="wb", compresslevel=LEVEL, mtime=0)
        return self

    def add(self, rows: Iterable[bytes]) -> None:
        """Append rows, each a JSON object without line breaks."""
        lines = list(rows)
        if not lines:
            return
        self._gzip.write((b", " if self.rows else b"[") + b", ".join(lines))
        self.rows += len(lines)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with gone_if_broken(self._part):
            self._close(is_whole=kind is None)
            if kind is None:
                self._part.rename(self.path)
                self.whole = WrittenFile(self.path.name, self._hashed.size, self._hashed.digest.hexdigest(), self.rows)
        if kind is not None:
            self._part.unlink(missing_ok=True)

    def _close(self, *, is_whole: bool) -> None:
        try:
            if is_whole:
                self._gzip.write(b"]" if self.rows else b"[]")
            self._gzip.close()
            if is_whole:
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()


def measure(path: Path, *, rows: int) -> WrittenFile:
    """A file that something else wrote, by reading it once."""
    return WrittenFile(path.name, path.stat().st_size, sha256_of(path), rows)


def sha256_of(path: Path) -> str:
    """The digest of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
