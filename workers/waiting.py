"""Why a run is not being worked on: there is always a reason, and it can be said in a sentence."""

from collections.abc import Collection, Mapping

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from workers.models import Checkpoint, Run, Shard, Worker
from workers.states import RunState, ShardState

SILENT = "Its worker went silent; the run goes back to the queue within seconds."


def why(run: Run) -> str:
    """What the run waits for, e.g. "Needs 45 GB of GPU memory; no worker online has it."; "" when it does not wait."""
    return reasons([run])[run.pk]


def reasons(runs: Collection[Run]) -> Mapping[int, str]:
    """What each run waits for, by its key; two queries for however many, none for none that can wait."""
    scoring = [run.pk for run in runs if run.state == RunState.SCORING]
    busy, silent = _scorers(scoring) if scoring else (set(), set())
    now = timezone.now()
    silent |= {run.pk for run in runs if run.lease_expires_at is not None and run.lease_expires_at < now and not run.has_ended}
    waiting = {run.pk for run in runs if run.state == RunState.REQUESTED} | (set(scoring) - busy - silent)
    online = list(Worker.objects.online()) if waiting else []
    return {
        run.pk: SILENT if run.pk in silent else _reason(run.checkpoint, online=online) if run.pk in waiting else ""
        for run in runs
    }


def _scorers(scoring: Collection[int]) -> tuple[set[int], set[int]]:
    """Of the runs that are being scored: those with a worker at it, and those all of whose workers went silent."""
    leased = Shard.objects.filter(run__in=scoring, state=ShardState.RUNNING)
    rows = list(leased.annotate(is_live=Q(lease_expires_at__gte=Now())).values_list("run", "is_live"))
    busy = {run for run, is_live in rows if is_live}
    return busy, {run for run, _ in rows} - busy


def need_of(checkpoint: Checkpoint) -> str:
    """What a worker must have for the checkpoint, e.g. "45 GB of GPU memory"."""
    kind = "GPU memory" if checkpoint.needs_gpu else "memory"
    return f"{gigabytes(checkpoint.memory_bytes)} of {kind}"


def gigabytes(size: int) -> str:
    """Bytes as people say them: 45_220_000_000 is "45 GB" (1 GB is 10^9 bytes)."""
    billions = size / 1e9
    return f"{billions:.0f} GB" if billions >= 10 else f"{billions:.1f} GB"


def _reason(checkpoint: Checkpoint, *, online: Collection[Worker]) -> str:
    if any(worker.fits(checkpoint) for worker in online):
        return "Waits for a worker to be free."
    if not online:
        return f"No worker is online. It needs one with {need_of(checkpoint)}."
    return f"Needs {need_of(checkpoint)}; no worker online has it."
