"""Database work in a thread of its own, in order, while the thread that parses goes on: the driver lets go of the interpreter."""

from collections.abc import Callable
from queue import Queue
from threading import Thread
from types import TracebackType

Job = Callable[[], None]

AHEAD = 1
"""Batches that may wait beside the one that is worked on; more only costs memory."""


class Pipeline:
    """Runs jobs one after the other; the first that fails ends them all, and its error is raised at the next call or the end."""

    def __init__(self) -> None:
        self._jobs: Queue[Job | None] = Queue(AHEAD)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, name="archive import", daemon=True)

    def __enter__(self) -> "Pipeline":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self._error = self._error or error  # what still waits is of no use
        self._jobs.put(None)
        self._thread.join()
        if error is None:
            self._raise()

    def submit(self, job: Job) -> None:
        """Queue a job; waits while too many are queued."""
        self._raise()
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._error is not None:
                continue
            try:
                job()
            except BaseException as error:  # handed over to the thread that asked for the work
                self._error = error

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error
