"""Writing a dump as the real ones are: one line, gzipped, keys in any order, white space as it comes."""

import io
import json
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

from bench.archive_generator.randomness import pick, stream

try:
    from isal.igzip import IGzipFile as _GzipFile
except ImportError:  # slower, and other bytes
    from gzip import GzipFile as _GzipFile  # type: ignore[assignment]

JsonObject = dict[str, object]

ROWS_A_STYLE = 300
ORDERS = 8
_FLUSH_AT = 1 << 20
_ENCODERS = [
    json.JSONEncoder(ensure_ascii=ascii_only, separators=separators)
    for ascii_only, separators in ((True, (", ", ": ")), (False, (",", ":")), (False, (", ", ": ")), (True, (" ,", ":  ")))
]
_BETWEEN_ROWS = (", ", ",", " , ", ",\t", ",   ")
_FRAMES = (("[", "]"), ("[ ", " ]"), ("[", "]\n"), ("  [\t", "]  "))


class KeyOrder:
    """Puts the keys of rows of one kind in order: the documented one first, then seven others in turn."""

    def __init__(self, seed: int, keys: tuple[str, ...]) -> None:
        rng = stream(seed, "key order", *keys)
        self._orders = [keys, *(tuple(rng.permutation(keys).tolist()) for _ in range(ORDERS - 1))]
        self._turn = 0

    def __call__(self, row: JsonObject) -> JsonObject:
        """The same row in the next order; it must have all the keys and no other."""
        self._turn += 1
        return {key: row[key] for key in self._orders[self._turn // 3 % ORDERS]}


class DumpWriter:
    """Writes the rows of one file; a context manager. `rows` and `raw_bytes` count what was written."""

    def __init__(self, path: Path, *, seed: int) -> None:
        self._path = path
        self._rng = stream(seed, "white space", path.name)
        self._parts: list[str] = []
        self._held = 0
        self.rows = 0
        self.raw_bytes = 0

    def __enter__(self) -> "DumpWriter":
        self._file = self._path.open("wb")
        self._zipped = _gzipped(self._file)
        self._begin, self._end = pick(self._rng, _FRAMES)
        self._put(self._begin)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._put(self._end)
        self._flush()
        self._zipped.close()
        self._file.close()

    def write(self, row: JsonObject) -> None:
        """Add one row."""
        if self.rows % ROWS_A_STYLE == 0:
            self._encoder, self._between = pick(self._rng, _ENCODERS), pick(self._rng, _BETWEEN_ROWS)
        if self.rows:
            self._parts.append(self._between)
        self._put(self._encoder.encode(row))
        self.rows += 1

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._held += len(text)
        if self._held > _FLUSH_AT:
            self._flush()

    def _flush(self) -> None:
        encoded = "".join(self._parts).encode()
        self.raw_bytes += len(encoded)
        self._zipped.write(encoded)
        self._parts, self._held = [], 0


def _gzipped(file: BinaryIO) -> io.BufferedIOBase:
    """Without name and time, which would make other bytes of the same rows."""
    zipped = _GzipFile(filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0)
    return cast(io.BufferedIOBase, zipped)
