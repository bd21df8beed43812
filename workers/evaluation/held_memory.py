"""How much of a model is in memory while it is loaded, told while that goes on: loading itself says nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

Progress = Callable[[int, int], None]
EVERY = 0.5
_STATM = Path("/proc/self/statm")
_PAGE = 4096


@contextmanager
def telling(progress: Progress | None, *, expected: int, device: str) -> Iterator[None]:
    """Call `progress(bytes held more than at first, expected)` twice a second, from a thread, while the block runs."""
    if progress is None:
        yield
        return
    before, is_over = _held(device), threading.Event()

    def watch() -> None:
        while not is_over.wait(EVERY):
            progress(max(0, min(_held(device) - before, expected)), expected)

    watcher = threading.Thread(target=watch, name="loading", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def _held(device: str) -> int:
    """Bytes that this process has on its GPUs, or in memory."""
    if device.startswith("cuda"):
        return sum(torch.cuda.memory_allocated(number) for number in range(torch.cuda.device_count()))
    try:
        return int(_STATM.read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0
