"""The only code that writes a state, a fence or a lease.

Every move is a compare-and-set that leaves a `RunEvent`; losing the race is an answer, not a crash. Work is claimed
under a lease by the database's clock: a claim raises the fence by one, and every later write names the fence it was
claimed with, so that a worker which lost its lease can write no more.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from workers import doorbell
from workers.evaluation.contract import Batch
from workers.models import Checkpoint, ClaimMapping, Run, RunEvent, Shard
from workers.states import ENDED, RunState, ShardState, sources_of

LEASE = timedelta(seconds=90)
MAX_ATTEMPTS = 3
TOKEN_BUDGETS = {Checkpoint.Device.ANY: 2048, Checkpoint.Device.GPU: 8192}
"""Tokens a batch, by what a checkpoint needs: more gains a CPU nothing, and leaves a GPU's arithmetic waiting less."""
LOST_WORKER = "lost_worker"


class LostRace(Exception):
    """Somebody else moved it first."""


class LostLease(Exception):
    """The lease is somebody else's now, or the run has ended: nothing was written."""


@dataclass(frozen=True)
class RunLease:
    """The right to plan or to reduce a run."""

    run_id: int
    fence: int
    owner: str


@dataclass(frozen=True)
class ShardLease:
    """The right to score a shard."""

    shard_id: int
    run_id: int
    fence: int
    owner: str


Lease = RunLease | ShardLease


@transaction.atomic
def request(mapping: ClaimMapping, *, by: User | None, items_per_task: int | None = None, token_budget: int | None = None) -> Run:
    """Ask for the run that tests a mapping; joins the open run that would measure the same thing.

    `items_per_task` asks for a trial over the first items of each task: such a run measures no claim.
    """
    checkpoint = Checkpoint.objects.select_for_update().get(pk=mapping.checkpoint_id)
    same = Run.objects.open().filter(checkpoint=checkpoint, protocol=mapping.protocol, items_per_task=items_per_task).first()
    if same is not None:
        return same
    run = Run.objects.create(
        checkpoint=checkpoint,
        protocol=mapping.protocol,
        requested_by=by,
        items_per_task=items_per_task,
        token_budget=token_budget or TOKEN_BUDGETS[Checkpoint.Device(checkpoint.device)],
        seeds={"python": 0, "numpy": 1234, "torch": 1234, "fewshot": 1234},
    )
    _note(run.pk, RunState.REQUESTED, note="Asked for.", actor=by.get_username() if by else "the portal")
    doorbell.ring(run)
    return run


@transaction.atomic
def cancel(run: Run, *, by: User) -> None:
    """End a run that has not ended; whoever works on it finds out at the next write.

    Raises LostRace when it has ended already.
    """
    _move(run.pk, RunState.CANCELLED, note="Cancelled.", actor=by.get_username(), values={"finished_at": Now(), "activity": ""})


def claim_planning(run_id: int, *, by: str) -> RunLease | None:
    """Claim a waiting run for planning; None when there is nothing to claim."""
    return _claim_run(run_id, RunState.PLANNING, by=by, queryset=Run.objects.filter(state=RunState.REQUESTED))


def claim_reducing(run_id: int, *, by: str) -> RunLease | None:
    """Claim a run all of whose shards are done for reducing; None when it is not that far or somebody has it."""
    undone = Shard.objects.filter(run=OuterRef("pk")).exclude(state=ShardState.DONE)
    return _claim_run(run_id, RunState.REDUCING, by=by, queryset=Run.objects.filter(~Exists(undone), state=RunState.SCORING))


@transaction.atomic
def _claim_run(run_id: int, target: RunState, *, by: str, queryset: QuerySet[Run]) -> RunLease | None:
    claimed = queryset.filter(pk=run_id).update(
        state=target,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_owner=by,
        lease_expires_at=Now() + LEASE,
        activity="",
    )
    if not claimed:
        return None
    Run.objects.filter(pk=run_id, started_at__isnull=True).update(started_at=Now())
    _note(run_id, target, note=f"{target.label}.", actor=by)
    return RunLease(run_id=run_id, fence=Run.objects.values_list("fence", flat=True).get(pk=run_id), owner=by)


@transaction.atomic
def planned(lease: RunLease, *, shards: Sequence[Sequence[Batch]], plan_version: int, **values: object) -> None:
    """Open a planned run for scoring: `shards` are lists of batches; `values` are the run's totals.

    Raises LostLease when the lease is gone; the caller's transaction then stores nothing of the plan.
    """
    _hold(lease)
    Shard.objects.bulk_create(
        Shard(run_id=lease.run_id, index=index, plan_version=plan_version, batches=[asdict(batch) for batch in batches])
        for index, batches in enumerate(shards)
    )
    batches = sum(len(shard) for shard in shards)
    note = f"Planned: {batches} batches in {len(shards)} shard{'' if len(shards) == 1 else 's'}."
    freed = {**values, "plan_version": plan_version, "lease_owner": "", "lease_expires_at": None, "attempts": 0, "activity": ""}
    _move(lease.run_id, RunState.SCORING, note=note, actor=lease.owner, values=freed)
    doorbell.ring(Run.objects.get(pk=lease.run_id))


@transaction.atomic
def finish(lease: RunLease, *, results: dict[str, object]) -> None:
    """End a run well, with what the harness computed. Raises LostLease when the lease is gone."""
    _hold(lease)
    values = {"results": results, "finished_at": Now(), "lease_owner": "", "lease_expires_at": None, "activity": ""}
    _move(lease.run_id, RunState.FINISHED, note="Finished.", actor=lease.owner, values=values)


@transaction.atomic
def fail(lease: Lease, *, code: str, message: str) -> None:
    """End a run badly, with one sentence that says what is wrong and what to do. Raises LostLease when the lease is gone."""
    _hold(lease)
    if isinstance(lease, ShardLease):
        Shard.objects.filter(pk=lease.shard_id).update(state=ShardState.FAILED, error_code=code, error_message=message)
    _fail_run(lease.run_id, code=code, message=message, actor=lease.owner)


@transaction.atomic
def release(lease: Lease, *, note: str) -> None:
    """Hand work back unfinished, e.g. because the worker is told to stop; it does not count as an attempt."""
    _hold(lease)
    if isinstance(lease, ShardLease):
        freed = {"state": ShardState.QUEUED, "lease_owner": "", "lease_expires_at": None, "attempts": F("attempts") - 1}
        Shard.objects.filter(pk=lease.shard_id).update(**freed)
        state = RunState.SCORING
    else:
        run = Run.objects.get(pk=lease.run_id)
        state = _back_from(RunState(run.state))
        freed = {"lease_owner": "", "lease_expires_at": None, "attempts": F("attempts") - 1, "activity": ""}
        Run.objects.filter(pk=lease.run_id).update(state=state, **freed)
    _note(lease.run_id, state, note=note, actor=lease.owner)
    doorbell.ring(Run.objects.get(pk=lease.run_id))


@transaction.atomic
def claim_shard(shard_id: int, *, by: str) -> ShardLease | None:
    """Claim a queued shard of a run that is being scored, or one whose lease ran out; None when there is nothing to claim."""
    free = Q(state=ShardState.QUEUED) | Q(state=ShardState.RUNNING, lease_expires_at__lt=Now())
    scoring = Run.objects.filter(pk=OuterRef("run_id"), state=RunState.SCORING)
    claimed = Shard.objects.filter(Exists(scoring), free, pk=shard_id, attempts__lt=MAX_ATTEMPTS).update(
        state=ShardState.RUNNING, fence=F("fence") + 1, attempts=F("attempts") + 1, lease_owner=by, lease_expires_at=Now() + LEASE
    )
    if not claimed:
        return None
    shard = Shard.objects.get(pk=shard_id)
    note = f"Shard {shard.index + 1} claimed (attempt {shard.attempts})."
    _note(shard.run_id, RunState.SCORING, note=note, actor=by)
    return ShardLease(shard_id=shard.pk, run_id=shard.run_id, fence=shard.fence, owner=by)


def advance(lease: ShardLease, *, batches_done: int) -> None:
    """Count a scored batch and renew the lease, in the caller's transaction that stores the batch's responses.

    Holding the shard's row from here to the commit is what fences the responses. Raises LostLease.
    """
    held = _held_shards(lease).update(batches_done=batches_done, lease_expires_at=Now() + LEASE)
    if not held:
        raise LostLease(f"shard {lease.shard_id} is no longer this worker's")


@transaction.atomic
def replan(lease: ShardLease, *, batches: Sequence[Batch], batches_done: int, token_budget: int, reason: str) -> int:
    """Put these batches in the place of what is left of a shard, under the run's next plan version, which is returned.

    The first shard that asks for a smaller budget makes the version; others that follow it join. A run of two versions no
    longer promises the same bits on every machine, and its record says so. Raises LostLease.
    """
    _hold(lease)
    run = Run.objects.select_for_update().get(pk=lease.run_id)
    shard = Shard.objects.get(pk=lease.shard_id)
    plan = run.provenance["plan"]
    if token_budget < run.token_budget:
        version = run.plan_version + 1
        change = {
            "version": version,
            "token_budget": token_budget,
            "shard": shard.index,
            "from_batch": batches_done,
            "reason": reason,
        }
        plan = {**plan, "changes": [*plan.get("changes", []), change], "is_bit_identical": False}
        run.plan_version, run.token_budget, run.provenance = version, token_budget, {**run.provenance, "plan": plan}
        run.save(update_fields=["plan_version", "token_budget", "provenance"])
        _note(
            run.pk,
            RunState.SCORING,
            note=f"Plan version {version}: batches of {token_budget:,} tokens. {reason}",
            actor=lease.owner,
        )
    kept = shard.batches[:batches_done]
    Shard.objects.filter(pk=shard.pk).update(
        batches=[*kept, *(asdict(batch) for batch in batches)], plan_version=run.plan_version
    )
    return int(run.plan_version)


@transaction.atomic
def record_scorer(lease: ShardLease, *, facts: Mapping[str, object], from_batch: int) -> None:
    """Add to the run's record who scores on from which batch: worker, device, software. Raises LostLease.

    The first scorer's facts stand for the run; `scored_by` has everyone's, so that mixed hardware does not hide.
    """
    _hold(lease)
    run = Run.objects.select_for_update().get(pk=lease.run_id)
    entry = {**facts, "shard": lease.shard_id, "from_batch": from_batch}
    scored_by = [*run.provenance.get("scored_by", []), entry]
    Run.objects.filter(pk=run.pk).update(provenance={**facts, **run.provenance, "scored_by": scored_by})


@transaction.atomic
def finish_shard(lease: ShardLease) -> None:
    """Mark a shard as done, and ring for reducing when it was the last. Raises LostLease."""
    _hold(lease)
    Shard.objects.filter(pk=lease.shard_id).update(state=ShardState.DONE, lease_owner="", lease_expires_at=None)
    index = Shard.objects.values_list("index", flat=True).get(pk=lease.shard_id)
    _note(lease.run_id, RunState.SCORING, note=f"Shard {index + 1} scored.", actor=lease.owner)
    doorbell.ring(Run.objects.get(pk=lease.run_id))


def renew(lease: Lease) -> bool:
    """Extend a lease; False when it is gone or the run has ended."""
    expires = Now() + LEASE
    if isinstance(lease, ShardLease):
        return bool(_held_shards(lease).update(lease_expires_at=expires))
    return bool(_held_runs(lease).update(lease_expires_at=expires))


def tell(lease: Lease, activity: str) -> None:
    """Say on the run's page what is being done for it; nothing when the lease is gone."""
    held = Exists(_held_shards(lease)) if isinstance(lease, ShardLease) else Q(fence=lease.fence)
    Run.objects.open().filter(held, pk=lease.run_id).update(activity=activity)


def reap() -> int:
    """Return what lost its worker to the queue, fail what lost three, and ring again for everything that waits.

    Returns how many leases were taken back. Safe to run at any time, by several at once.
    """
    taken = sum(
        _reap_run(run) for run in Run.objects.filter(state__in=[RunState.PLANNING, RunState.REDUCING], lease_expires_at__lt=Now())
    )
    taken += sum(_reap_shard(shard) for shard in Shard.objects.filter(state=ShardState.RUNNING, lease_expires_at__lt=Now()))
    doorbell.ring_again(Run.objects.open().select_related("checkpoint").defer("provenance", "results").order_by("requested_at"))
    return taken


@transaction.atomic
def _reap_run(run: Run) -> bool:
    back = _back_from(RunState(run.state))
    mine = Run.objects.filter(pk=run.pk, state=run.state, fence=run.fence, lease_expires_at__lt=Now())
    if not mine.update(state=back, fence=F("fence") + 1, lease_owner="", lease_expires_at=None, activity=""):
        return False
    note = f"Its worker went silent while {RunState(run.state).label.lower()}."
    _note(run.pk, back, note=note, actor=run.lease_owner)
    if run.attempts >= MAX_ATTEMPTS:
        _fail_lost(run.pk, what="The run")
    return True


@transaction.atomic
def _reap_shard(shard: Shard) -> bool:
    mine = Shard.objects.filter(pk=shard.pk, state=ShardState.RUNNING, fence=shard.fence, lease_expires_at__lt=Now())
    lost = shard.attempts >= MAX_ATTEMPTS
    state = ShardState.FAILED if lost else ShardState.QUEUED
    if not mine.update(state=state, fence=F("fence") + 1, lease_owner="", lease_expires_at=None):
        return False
    if Run.objects.filter(pk=shard.run_id, state__in=ENDED).exists():
        return True
    note = f"Its worker went silent while scoring shard {shard.index + 1}."
    _note(shard.run_id, RunState.SCORING, note=note, actor=shard.lease_owner)
    if lost:
        _fail_lost(shard.run_id, what=f"Shard {shard.index + 1}")
    return True


def _fail_lost(run_id: int, *, what: str) -> None:
    """Give up on a run; nothing when it has ended meanwhile."""
    advice = "look into the workers' logs for what ends them, then ask for the run again."
    message = f"{what} lost its worker {MAX_ATTEMPTS} times: {advice}"
    with suppress(LostRace):
        _fail_run(run_id, code=LOST_WORKER, message=message, actor="the reaper")


def _fail_run(run_id: int, *, code: str, message: str, actor: str) -> None:
    values = {
        "error_code": code,
        "error_message": message,
        "finished_at": Now(),
        "lease_owner": "",
        "lease_expires_at": None,
        "activity": "",
    }
    _move(run_id, RunState.FAILED, note=message, actor=actor, values=values)


def _move(run_id: int, to: RunState, *, note: str, actor: str, values: dict[str, object]) -> None:
    if not Run.objects.filter(pk=run_id, state__in=sources_of(to)).update(state=to, **values):
        raise LostRace(f"run {run_id} can no longer become {to.label.lower()}")
    _note(run_id, to, note=note, actor=actor)


def _hold(lease: Lease) -> None:
    """Lock what the lease is on until the transaction ends. Raises LostLease when it is no longer ours."""
    held = _held_shards(lease) if isinstance(lease, ShardLease) else _held_runs(lease)
    if not held.update(lease_owner=lease.owner):
        raise LostLease(f"the lease on run {lease.run_id} is gone")


def _held_runs(lease: RunLease) -> QuerySet[Run]:
    return Run.objects.filter(pk=lease.run_id, fence=lease.fence, state__in=[RunState.PLANNING, RunState.REDUCING])


def _held_shards(lease: ShardLease) -> QuerySet[Shard]:
    scoring = Run.objects.filter(pk=OuterRef("run_id"), state=RunState.SCORING)
    return Shard.objects.filter(Exists(scoring), pk=lease.shard_id, fence=lease.fence, state=ShardState.RUNNING)


def _back_from(state: RunState) -> RunState:
    return RunState.REQUESTED if state == RunState.PLANNING else RunState.SCORING


def _note(run_id: int, state: RunState, *, note: str, actor: str = "the reaper") -> None:
    RunEvent.objects.create(run_id=run_id, state=state, note=note, actor=actor)
