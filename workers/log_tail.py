"""The last lines that a worker logged about the work in hand, kept where the run's page can show them to the staff.

A process does one piece of work at a time. Lines stand beside the run that they are about, so that a worker that has taken up
something else tells nothing false; what a piece of work logged before it ended badly is kept with the fault.
"""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from workers.models import Worker

LINES = 40
LONGEST = 400
"""Characters of a line that are kept."""

NUL_SHOWN = "\N{SYMBOL FOR NULL}"
_NOT_ABOUT_THE_WORK = ("celery", "kombu", "amqp")


class _Tail(logging.Handler):
    """The last lines, and whether the database has them."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
        self.addFilter(lambda record: record.name.partition(".")[0] not in _NOT_ABOUT_THE_WORK)
        self._lines: deque[str] = deque(maxlen=LINES)
        self._is_told = True

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's lines; the caller holds the handler's lock."""
        try:
            lines = self.format(record).splitlines()
        except Exception:  # a message that does not fit its arguments must not end the work
            self.handleError(record)
            return
        self._lines.extend(line[:LONGEST].replace("\0", NUL_SHOWN) for line in lines)
        self._is_told = False

    def begin(self) -> None:
        """Forget what was; the database does not know yet."""
        self.acquire()
        self._lines.clear()
        self._is_told = False
        self.release()

    def news(self) -> str | None:
        """All lines where the database lacks some of them; it has them from here on."""
        self.acquire()
        try:
            if self._is_told:
                return None
            self._is_told = True
            return "\n".join(self._lines)
        finally:
            self.release()


_tail = _Tail()


@contextmanager
def kept() -> Iterator[None]:
    """Keep the last lines that this process logs inside of the block."""
    _tail.begin()
    root = logging.getLogger()
    root.addHandler(_tail)
    try:
        yield
    finally:
        root.removeHandler(_tail)


def tell(*, worker: str, run_id: int) -> None:
    """Write the lines beside the worker, as being about this run, where there are new ones."""
    text = _tail.news()
    if text is not None:
        Worker.objects.filter(name=worker).update(log_tail=text, log_run_id=run_id)
