"""A moving window over the bytes of a file."""

import re
from collections.abc import Callable
from typing import Protocol

_SPACE = b" \t\n\r"
_MAYBE_SPACE = re.compile(rb"[ \t\n\r]*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ByteStream(Protocol):
    """What a window reads from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class Window:
    """The bytes that are held: `data` from `at` on is not yet consumed; `view` is `data` for slices that copy nothing.

    A mark at the start of the file that says UTF-8 is left out. `filled` is called after each read.
    """

    def __init__(self, stream: ByteStream, *, size: int, filled: Callable[[], None]) -> None:
        self._stream = stream
        self._size = size
        self._filled = filled
        self.data = b""
        self.at = 0
        while len(self.data) < len(_BYTE_ORDER_MARK) and self.more():
            pass
        if self.data.startswith(_BYTE_ORDER_MARK):
            self.at = len(_BYTE_ORDER_MARK)
        self.view = memoryview(self.data)

    @property
    def held(self) -> int:
        return len(self.data) - self.at

    def more(self) -> bool:
        """Hold at least twice as much, so that a long row costs its length a few times over, not squared."""
        chunk = self._stream.read(max(self._size, self.held))
        self.data = self.data[self.at :] + chunk
        self.view = memoryview(self.data)
        self.at = 0
        self._filled()
        return bool(chunk)

    def peek(self) -> bytes:
        """The next byte that is no white space, left in place; b"" at the end of the file."""
        while True:
            byte = self.data[self.at : self.at + 1]
            if byte not in _SPACE:  # b"" counts as in it
                return byte
            self.at = _MAYBE_SPACE.match(self.data, self.at).end()  # type: ignore[union-attr]  # matches the empty text
            if self.at == len(self.data) and not self.more():
                return b""

    def find(self, pattern: re.Pattern[bytes]) -> bytes:
        """Consume up to and with the next match of a one-byte pattern; that byte, or b"" at the end."""
        while True:
            found = pattern.search(self.data, self.at)
            if found:
                self.at = found.end()
                return found.group()
            self.at = len(self.data)
            if not self.more():
                return b""
