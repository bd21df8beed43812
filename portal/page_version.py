"""Which version of the catalogue the pages show: a number that every process of a host reads from shared memory.

A page that was kept is good as long as the number is what it was before the page was read. The number is announced anew by
whoever commits a change (`portal.postgres`), before the change's own answer goes out, and by `page_watch` for changes from
elsewhere. It lies in a file under VAR_DIR that all processes map.
"""

import mmap
import os
import secrets
import time
from functools import lru_cache
from pathlib import Path

from portal.var_dir import var_dir

_WORDS = 2
_SIZE = 8 * _WORDS


def current() -> int:
    """The version now; costs no more than a look at memory."""
    return _words()[0]


def announce() -> None:
    """Make all kept pages old."""
    words = _words()
    words[0] = max(words[0] + 1, time.time_ns())


def host_name() -> str:
    """The name under which this host's processes connect to the database: changes of theirs announce themselves."""
    return f"portal-{_words()[1]:016x}"


@lru_cache(maxsize=1)
def _words() -> "memoryview[int]":
    path = _file()
    with path.open("r+b") as file:
        # Eight aligned bytes are written at once: no reader sees half of a number.
        return memoryview(mmap.mmap(file.fileno(), _SIZE)).cast("Q")


def _file() -> Path:
    """The file, made whole and only then put in its place."""
    path = var_dir() / "run" / "pages.version"
    if not path.is_file() or path.stat().st_size != _SIZE:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_bytes(time.time_ns().to_bytes(8, "little") + secrets.token_bytes(8))
        try:
            os.link(draft, path)  # fails where another process was quicker: its file counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path
