"""Files packed into a .zip while it is being sent: nothing is written to a disk, and no more than a piece is held."""

from collections.abc import Iterable, Iterator
from typing import Protocol
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

AT_ONCE = 1 << 16
LEVEL = 1
"""Of deflate: prompts repeat themselves, so that more of it would cost time and gain little."""
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The earliest time that the format knows: the same files make the same bytes."""


class Packed(Protocol):
    """A file: its name, and its chunks, which are read once, before the next file is asked for."""

    @property
    def name(self) -> str:
        """Its path within the .zip."""

    @property
    def chunks(self) -> Iterator[bytes]:
        """Its bytes."""


class _Pieces:
    """A file that cannot be sought in, and gives away what was written to it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """There is nothing to close."""

    def take(self) -> bytes:
        taken, self._pieces, self.size = b"".join(self._pieces), [], 0
        return taken


def zipped(files: Iterable[Packed], *, folder: str) -> Iterator[bytes]:
    """The bytes of a .zip that holds these files in a folder."""
    pieces = _Pieces()
    with ZipFile(pieces, "w", ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for file in files:
            with archive.open(_entry(f"{folder}/{file.name}"), "w", force_zip64=True) as opened:
                for chunk in file.chunks:
                    opened.write(chunk)
                    if pieces.size >= AT_ONCE:
                        yield pieces.take()
    yield pieces.take()


def _entry(name: str) -> ZipInfo:
    info = ZipInfo(name, date_time=_BEGINNING)
    info.compress_type = ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info
