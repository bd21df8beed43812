"""What becomes of work whose worker went silent: back to the queue, or after three workers to an end with that reason."""

from contextlib import suppress

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now

from workers import doorbell
from workers.faults import LOST_WORKER, MAX_ATTEMPTS
from workers.lifecycle.endings import POISON, is_poison, record_fault
from workers.lifecycle.leases import LostRace
from workers.lifecycle.moves import NO_LEASE, back_from, fail_run, tell_of
from workers.models import Run, Shard
from workers.states import RunState, ShardState

ADVICE = "look into the workers' logs for what ends them, then let the run be tried again."


def reap() -> int:
    """Return what lost its worker to the queue, fail what lost three, and ring again for everything that waits.

    Returns how many leases were taken back. Safe to run at any time, by several at once.
    """
    held = Run.objects.filter(state__in=[RunState.PLANNING, RunState.REDUCING], lease_expires_at__lt=Now())
    taken = sum(_reap_run(run) for run in held.defer("provenance", "results"))
    silent = Shard.objects.filter(state=ShardState.RUNNING, lease_expires_at__lt=Now())
    taken += sum(_reap_shard(shard) for shard in silent.defer("batches", "scored_by"))
    for run in _without_hope():
        _end(run)
    doorbell.ring_again(Run.objects.open().select_related("checkpoint").defer("provenance", "results").order_by("requested_at"))
    return taken


@transaction.atomic
def _reap_run(run: Run) -> bool:
    state = RunState(run.state)
    back = back_from(state)
    mine = Run.objects.filter(pk=run.pk, state=run.state, fence=run.fence, lease_expires_at__lt=Now())
    if not mine.update(state=back, fence=F("fence") + 1, activity="", **NO_LEASE):
        return False
    note = f"Its worker went silent while {state.label.lower()}."
    tell_of(run.pk, back, note=note, actor=run.lease_owner)
    record_fault(run.pk, shard=None, worker=run.lease_owner, code=LOST_WORKER, message=note)
    if run.attempts >= MAX_ATTEMPTS:
        _fail_lost(run.pk, message=f"The run lost its worker {MAX_ATTEMPTS} times: {ADVICE}")
    return True


@transaction.atomic
def _reap_shard(shard: Shard) -> bool:
    mine = Shard.objects.filter(pk=shard.pk, state=ShardState.RUNNING, fence=shard.fence, lease_expires_at__lt=Now())
    is_scored = Run.objects.filter(pk=shard.run_id, state=RunState.SCORING).exists()
    is_lost = is_scored and shard.attempts >= MAX_ATTEMPTS
    message = f"Shard {shard.index + 1} lost its worker {MAX_ATTEMPTS} times: {ADVICE}"
    failed = {"state": ShardState.FAILED, "error_code": LOST_WORKER, "error_message": message}
    # Of a run that was paused, cancelled or failed it is no worker's fault: it may have found out and let go.
    back = {"state": ShardState.QUEUED, "attempts": F("attempts") - (0 if is_scored else 1)}
    if not mine.update(**(failed if is_lost else back), fence=F("fence") + 1, **NO_LEASE):
        return False
    if not is_scored:
        return True
    note = f"Its worker went silent while scoring shard {shard.index + 1}."
    tell_of(shard.run_id, RunState.SCORING, note=note, actor=shard.lease_owner)
    record_fault(shard.run_id, shard=shard, worker=shard.lease_owner, code=LOST_WORKER, message=note)
    if is_lost:
        _fail_lost(shard.run_id, message=message)
    elif is_poison(shard.run_id):
        _fail_lost(shard.run_id, message=f"{POISON} {note}")
    return True


def _fail_lost(run_id: int, *, message: str) -> None:
    """Give up on a run; nothing when it has ended meanwhile."""
    with suppress(LostRace):
        fail_run(run_id, code=LOST_WORKER, message=message, actor="the reaper")


def _without_hope() -> list[Run]:
    """Runs of which nothing is left but shards that failed: one of them was tried again, and the others were not."""
    shards = Shard.objects.filter(run=OuterRef("pk"))
    going_on = shards.filter(state__in=[ShardState.QUEUED, ShardState.RUNNING])
    failed = shards.filter(state=ShardState.FAILED)
    return list(Run.objects.filter(~Exists(going_on), Exists(failed), state=RunState.SCORING).defer("provenance", "results"))


def _end(run: Run) -> None:
    shard = run.shards.filter(state=ShardState.FAILED).order_by("index").first()
    if shard is None:
        return
    with suppress(LostRace):
        fail_run(run.pk, code=shard.error_code, message=shard.error_message, actor="the reaper")
