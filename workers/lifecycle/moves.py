"""The one way in which a run's state changes: compare, set, and leave an event."""

from collections.abc import Collection

from django.db.models import F
from django.db.models.functions import Now

from workers.lifecycle.leases import LostRace
from workers.models import Run, RunEvent, Shard
from workers.states import RunState, ShardState, sources_of

NO_LEASE: dict[str, object] = {"lease_owner": "", "lease_expires_at": None}


def move(
    run_id: int, to: RunState, *, note: str, actor: str, values: dict[str, object], of: Collection[RunState] | None = None
) -> None:
    """Move a run, from one of the states `of` where they are given. Raises LostRace when it is in no state to move so."""
    sources = [state for state in sources_of(to) if of is None or state in of]
    if not Run.objects.filter(pk=run_id, state__in=sources).update(state=to, **values):
        raise LostRace(f"run {run_id} can no longer become {to.label.lower()}")
    tell_of(run_id, to, note=note, actor=actor)


def fail_run(run_id: int, *, code: str, message: str, actor: str) -> None:
    """End a run badly. Raises LostRace when it has ended or was paused."""
    values = {"error_code": code, "error_message": message, "finished_at": Now(), "activity": "", **NO_LEASE}
    move(run_id, RunState.FAILED, note=message, actor=actor, values=values)


def back_from(state: RunState) -> RunState:
    """Where a run is again when its planning or reducing was given up."""
    return RunState.REQUESTED if state == RunState.PLANNING else RunState.SCORING


def take_back_shards(run_id: int) -> None:
    """Return what is being scored to the queue: whoever has it can write no more, and it does not count as an attempt."""
    running = Shard.objects.filter(run=run_id, state=ShardState.RUNNING)
    running.update(state=ShardState.QUEUED, fence=F("fence") + 1, attempts=F("attempts") - 1, **NO_LEASE)


def tell_of(run_id: int, state: RunState, *, note: str, actor: str) -> None:
    """Leave an event."""
    RunEvent.objects.create(run_id=run_id, state=state, note=note, actor=actor)
