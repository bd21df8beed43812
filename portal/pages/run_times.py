"""Where a run's time went, phase by phase: waiting, planning, loading, scoring, reducing. By the database's clock alone."""

from datetime import datetime

from portal.pages import figures
from workers.models import Run
from workers.overview import Overview


def phases(run: Run, seen: Overview) -> tuple[tuple[str, str], ...]:
    """Each phase that is over, and how long it took; loading and scoring are counted for every worker that did it."""
    found = (
        ("Waited in the queue", _between(run.requested_at, run.started_at)),
        ("Planning", _between(run.started_at, run.planned_at)),
        ("Waited for its first scorer", _between(run.planned_at, seen.first_claimed_at)),
        ("Loading and making ready", _of_workers(seen.other_seconds, seen)),
        ("Scoring", _of_workers(seen.device_seconds, seen)),
        ("Reducing, with the wait for it", _between(seen.last_done_at, run.finished_at) if run.results else ""),
    )
    return tuple((phase, words) for phase, words in found if words)


def _between(begin: datetime | None, end: datetime | None) -> str:
    """How long something took; empty where it is not over, and where a clock was set back meanwhile."""
    if begin is None or end is None or end < begin:
        return ""
    return figures.duration((end - begin).total_seconds())


def _of_workers(seconds: float, seen: Overview) -> str:
    if not seen.done or not seconds:
        return ""
    over = f", over {figures.counted(seen.done, 'shard')} together" if seen.done > 1 else ""
    return figures.duration(seconds) + over
