"""Why a run is not being worked on: there is always a reason, and it can be said in a sentence."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from typing import Self

from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils import timezone

from workers.models import Checkpoint, Run, Shard, Worker
from workers.states import RunState, ShardState

SILENT = "Its worker went silent; the run goes back to the queue within seconds."
PAUSED = "Paused by the staff, who can let it go on."
RESTS = "What is left of it failed on a worker and is tried again within seconds."


def why(run: Run) -> str:
    """What the run waits for, e.g. "Needs 45 GB of GPU memory; no worker online has it."; "" when it does not wait."""
    return reasons([run])[run.pk]


def reasons(runs: Collection[Run]) -> Mapping[int, str]:
    """What each run waits for, by its key; three queries for however many, none for none that can wait."""
    scoring = [run.pk for run in runs if run.state == RunState.SCORING]
    found = _Scoring.of(scoring) if scoring else _Scoring()
    now = timezone.now()
    silent = found.silent | {
        run.pk for run in runs if run.lease_expires_at is not None and run.lease_expires_at < now and not run.has_ended
    }
    waiting = {run.pk for run in runs if run.state == RunState.REQUESTED} | (set(scoring) - found.busy - silent)
    online = list(Worker.objects.online()) if waiting else []

    def reason(run: Run) -> str:
        if run.state == RunState.PAUSED:
            return PAUSED
        if run.pk in silent:
            return SILENT
        if run.pk not in waiting:
            return ""
        return found.pauses.get(run.pk) or _reason(run.checkpoint, online=online)

    return {run.pk: reason(run) for run in runs}


@dataclass(frozen=True)
class _Scoring:
    """Of runs that are being scored: those with a worker at it, those all of whose workers went silent, and why others rest."""

    busy: Set[int] = frozenset()
    silent: Set[int] = frozenset()
    pauses: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, scoring: Collection[int]) -> Self:
        """Two queries."""
        leased = Shard.objects.filter(run__in=scoring, state=ShardState.RUNNING)
        rows = list(leased.annotate(is_live=Q(lease_expires_at__gte=Now())).values_list("run", "is_live"))
        busy = {run for run, is_live in rows if is_live}
        queued = Shard.objects.filter(run__in=set(scoring) - busy, state=ShardState.QUEUED).order_by()
        counts = queued.values("run").annotate(
            due=Count("pk", filter=Q(not_before=None) | Q(not_before__lte=Now())),
            rest=Count("pk", filter=Q(not_before__gt=Now())),
        )
        resting = {run: RESTS for run, due, rest in counts.values_list("run", "due", "rest") if rest and not due}
        return cls(busy=busy, silent={run for run, _ in rows} - busy, pauses=resting)


def need_of(checkpoint: Checkpoint) -> str:
    """What a worker must have for the checkpoint, e.g. "45 GB of GPU memory"."""
    kind = "GPU memory" if checkpoint.needs_gpu else "memory"
    return f"{gigabytes(checkpoint.memory_bytes)} of {kind}"


def gigabytes(size: int) -> str:
    """Bytes as people say them: 45_220_000_000 is "45 GB" (1 GB is 10^9 bytes)."""
    billions = size / 1e9
    return f"{billions:.0f} GB" if billions >= 10 else f"{billions:.1f} GB"


def _reason(checkpoint: Checkpoint, *, online: Collection[Worker]) -> str:
    fitting = [worker for worker in online if worker.fits(checkpoint)]
    if any(worker.set_aside_at is None for worker in fitting):
        return "Waits for a worker to be free."
    if fitting:
        return "The workers that have what it needs are set aside after faults: the staff look into them and put them back."
    if not online:
        return f"No worker is online. It needs one with {need_of(checkpoint)}."
    return f"Needs {need_of(checkpoint)}; no worker online has it."
