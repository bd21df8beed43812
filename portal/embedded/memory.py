"""How much memory this machine, or the container around us, lets us have."""

from pathlib import Path

import psutil

MEGABYTE = 2**20
LEAST_BUFFERS, MOST_BUFFERS = 128, 1024
SHARE = 16
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def shared_buffers(memory: int | None = None) -> str:
    """What Postgres may keep of its tables: a sixteenth of the memory (bytes), between its own default and 1 GB.

    The rest of the machine is for models; the operating system keeps the tables' files as well. It is taken as it is used.
    """
    available = usable_memory() if memory is None else memory
    return f"{min(max(available // SHARE // MEGABYTE, LEAST_BUFFERS), MOST_BUFFERS)}MB"


def usable_memory(limits: tuple[Path, ...] = _LIMITS) -> int:
    """Bytes of memory: the machine's, or what a container is limited to (cgroup versions 2 and 1)."""
    return min([psutil.virtual_memory().total, *(limit for path in limits if (limit := _limit(path)))])


def _limit(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0  # no such file, or "max": no limit
