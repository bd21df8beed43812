"""Whether this worker process has been told to stop; long work asks between its steps."""

import threading

_stop = threading.Event()


class Stopping(Exception):
    """The process is to stop: what was begun is handed back."""


def request() -> None:
    """Note that the process is to stop."""
    _stop.set()


def wait(seconds: float) -> bool:
    """Wait for so long, or until the process is to stop; says whether it is."""
    return _stop.wait(seconds)


def is_requested() -> bool:
    """Whether the process is to stop."""
    return _stop.is_set()
