"""File locks that the kernel lets go of when their holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.embedded.errors import EmbeddedError

POLL_SECONDS = 0.05


class Lock:
    """One open lock file. Others may hold it at the same time only when all of them hold it shared."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise EmbeddedError(
                f"The lock {path} cannot be opened ({error.strerror}): make room or make its folder writable, "
                "or set VAR_DIR to another."
            ) from None

    def try_exclusive(self) -> bool:
        """Whether the lock is now ours alone."""
        return self._try(fcntl.LOCK_EX)

    def exclusive(self, *, seconds: float) -> None:
        """Wait until the lock is ours alone."""
        self._wait(fcntl.LOCK_EX, seconds)

    def shared(self, *, seconds: float) -> None:
        """Wait until nobody holds the lock alone, then hold it with others."""
        self._wait(fcntl.LOCK_SH, seconds)

    def close(self) -> None:
        """Let go."""
        os.close(self._descriptor)

    def _try(self, mode: int) -> bool:
        try:
            fcntl.flock(self._descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait(self, mode: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._try(mode):
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Another command has held {self.path} for more than {seconds:.0f} s: "
                    "wait for it to end, or stop it, and try again."
                )
            time.sleep(POLL_SECONDS)


@contextmanager
def opened(path: Path) -> Iterator[Lock]:
    """A lock file, let go at the end."""
    lock = Lock(path)
    try:
        yield lock
    finally:
        lock.close()


def is_held(path: Path) -> bool:
    """Whether some process holds the lock."""
    with opened(path) as lock:
        return not lock.try_exclusive()
