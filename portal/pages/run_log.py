"""What workers logged last about a run, for its staff: those that are at it, and those on which it ended badly.

Lines may name hosts and folders, so that nobody else sees them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from workers.models import Fault, Run, Worker

WORKERS_SHOWN = 5
FAULTS_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Log:
    """The last lines of one worker; `failed_at` says when the work ended badly, of one that is at it there is none."""

    worker: str
    failed_at: datetime | None
    lines: str


def read(run: Run) -> tuple[Log, ...]:
    """The logs of those at work, then of the newest faults: at most two queries."""
    return (*_at_work(run), *_of_faults(run))


def _at_work(run: Run) -> Iterator[Log]:
    if run.has_ended:
        return
    found = Worker.objects.online().filter(log_run=run).exclude(log_tail="")
    for name, lines in found.values_list("name", "log_tail")[:WORKERS_SHOWN]:
        yield Log(worker=name, failed_at=None, lines=lines)


def _of_faults(run: Run) -> Iterator[Log]:
    found = Fault.objects.filter(run=run).exclude(log_tail="").order_by("-at", "-pk")
    for name, at, lines in found.values_list("worker", "at", "log_tail")[:FAULTS_SHOWN]:
        yield Log(worker=name, failed_at=at, lines=lines)
