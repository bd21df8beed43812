"""How a piece of work ends: well, badly, or handed back unfinished; and what is made of a worker on which much ends badly."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Now

from workers import doorbell
from workers.faults import MAX_ATTEMPTS, FaultClass, class_of, may_pass
from workers.lifecycle import control
from workers.lifecycle.leases import Lease, LostLease, RunLease, ShardLease, hold
from workers.lifecycle.moves import NO_LEASE, back_from, fail_run, move, tell_of
from workers.lifecycle.prepared import Prepared
from workers.models import Fault, Run, RunEvent, Shard, Worker
from workers.states import RunState, ShardState

TOLD_TO_STOP = "The worker was told to stop; back in the queue."
POISON = f"Shards died on {MAX_ATTEMPTS} different workers and none was scored meanwhile; this was the last."
PAUSE_AFTER_FAULT = timedelta(seconds=20)
"""How long a shard that failed waits before it is tried again: others get a chance at it."""
DEATHS = 3
"""Different shards that may die on a worker within DEATHS_WITHIN before it gets no more work."""
DEATHS_WITHIN = timedelta(hours=1)

_FINISH = Prepared(
    "finish_shard",
    types=("bigint", "bigint", "text"),  # the shard's key, the fence, the worker's name
    statement="""
WITH done AS (
    UPDATE workers_shard shard
    SET state = 'done', lease_owner = '', lease_expires_at = NULL, done_at = statement_timestamp()
    FROM workers_run run
    WHERE shard.id = $1 AND shard.fence = $2 AND shard.state = 'running'
    AND run.id = shard.run_id AND run.state = 'scoring'
    RETURNING shard.id, shard.run_id, shard.index
), told AS (
    INSERT INTO workers_runevent (run_id, at, state, note, actor)
    SELECT run_id, statement_timestamp(), 'scoring', format('Shard %s scored.', index + 1), $3 FROM done
)
SELECT (
    SELECT other.id FROM workers_shard other
    WHERE other.run_id = done.run_id AND other.state <> 'done' AND other.id <> done.id ORDER BY other.state, other.index LIMIT 1
) FROM done
""",
)


def finish_shard(lease: ShardLease) -> None:
    """Mark a shard as done, and ring for reducing when it was the last. Raises LostLease."""
    row = _FINISH.row(lease.shard_id, lease.fence, lease.owner)
    if row is None:
        raise LostLease(f"shard {lease.shard_id} is no longer this worker's")
    (other,) = row
    if other is None:
        doorbell.ring(Run.objects.get(pk=lease.run_id))


@transaction.atomic
def finish(lease: RunLease, *, results: dict[str, object]) -> None:
    """End a run well, with what the harness computed. Raises LostLease when the lease is gone.

    The record gets everyone who scored, so that mixed hardware does not hide: such a run promises no bits.
    """
    hold(lease)
    run = Run.objects.get(pk=lease.run_id)
    scored_by = _scored_by(run)
    plan = run.provenance.get("plan", {})
    if len({_setup(facts) for facts in scored_by}) > 1:
        plan = {**plan, "is_bit_identical": False}
    provenance = {**run.provenance, "scored_by": scored_by, **({"plan": plan} if plan else {})}
    values = {"results": results, "provenance": provenance, "finished_at": Now(), "activity": "", **NO_LEASE}
    move(lease.run_id, RunState.FINISHED, note="Finished.", actor=lease.owner, values=values)


@transaction.atomic
def fail(lease: Lease, *, code: str, message: str) -> None:
    """End work badly, with one sentence that says what is wrong and what to do. Raises LostLease when the lease is gone.

    A shard is tried again, three times in all, where that could help; anything else ends the run.
    """
    hold(lease)
    shard = Shard.objects.get(pk=lease.shard_id) if isinstance(lease, ShardLease) else None
    record_fault(lease.run_id, shard=shard, worker=lease.owner, code=code, message=message)
    if shard is not None:
        if may_pass(class_of(code)) and shard.attempts < MAX_ATTEMPTS:
            if not is_poison(lease.run_id):
                _try_again(shard, message=message, actor=lease.owner)
                return
            message = f"{POISON} {message}"
        Shard.objects.filter(pk=shard.pk).update(state=ShardState.FAILED, error_code=code, error_message=message, **NO_LEASE)
    fail_run(lease.run_id, code=code, message=message, actor=lease.owner)


@transaction.atomic
def release(lease: Lease, *, note: str, pause: timedelta | None = None) -> None:
    """Hand work back unfinished, e.g. because the worker is told to stop; it does not count as an attempt.

    A shard can be claimed again when the `pause` is over.
    """
    hold(lease)
    freed = {"attempts": F("attempts") - 1, **NO_LEASE}
    if isinstance(lease, ShardLease):
        not_before = None if pause is None else Now() + pause
        Shard.objects.filter(pk=lease.shard_id).update(state=ShardState.QUEUED, not_before=not_before, **freed)
        state = RunState.SCORING
    else:
        state = back_from(RunState(Run.objects.values_list("state", flat=True).get(pk=lease.run_id)))
        Run.objects.filter(pk=lease.run_id).update(state=state, activity="", **freed)
    tell_of(lease.run_id, state, note=note, actor=lease.owner)
    doorbell.ring(Run.objects.get(pk=lease.run_id))


def record_fault(run_id: int, *, shard: Shard | None, worker: str, code: str, message: str) -> None:
    """Keep what went wrong; a worker on which three different shards died within an hour gets no more work."""
    claimed_at = None if shard is None else shard.claimed_at
    found = Worker.objects.filter(name=worker).first()
    Fault.objects.create(
        run_id=run_id, shard=shard, worker=worker, fault_class=class_of(code), code=code, message=message, claimed_at=claimed_at,
        log_tail=found.log_tail if found is not None and found.log_run_id == run_id else "",
    )  # fmt: skip
    if found is None or found.set_aside_at is not None or shard is None:
        return
    deaths = Fault.objects.filter(worker=worker, shard__isnull=False, at__gt=Now() - DEATHS_WITHIN)
    if found.trusted_since is not None:
        deaths = deaths.filter(at__gt=found.trusted_since)
    if deaths.values("shard").distinct().count() >= DEATHS:
        label = FaultClass(class_of(code)).label.lower()
        reason = f"{DEATHS} different shards died on it within an hour, the last of them by: {label}. {message}"
        control.set_aside(found, reason=reason)


def is_poison(run_id: int) -> bool:
    """Whether shards of the run died on three different workers while none was scored: it would take worker after worker.

    Workers that went silent together, as when a machine or the network fails, count as one: those that had claimed their shards
    before the first of them was known to be lost.
    """
    faults = Fault.objects.filter(run=run_id, shard__isnull=False)
    last_done = Shard.objects.filter(run=run_id, state=ShardState.DONE).aggregate(at=Max("done_at"))["at"]
    last_end = RunEvent.objects.filter(run=run_id, state=RunState.FAILED).aggregate(at=Max("at"))["at"]
    for moment in (last_done, last_end):
        if moment is not None:
            faults = faults.filter(at__gt=moment)
    workers: set[str] = set()
    known_at: datetime | None = None
    is_counted = False
    for fault in faults.order_by("at", "pk"):
        if fault.fault_class == FaultClass.LOST_WORKER:
            if known_at is None or fault.claimed_at is None or fault.claimed_at > known_at:
                known_at, is_counted = fault.at, False
            if is_counted or fault.worker in workers:
                continue
            is_counted = True
        workers.add(fault.worker)
    return len(workers) >= MAX_ATTEMPTS


def _try_again(shard: Shard, *, message: str, actor: str) -> None:
    freed = {"state": ShardState.QUEUED, "not_before": Now() + PAUSE_AFTER_FAULT, **NO_LEASE}
    Shard.objects.filter(pk=shard.pk).update(**freed)
    note = f"Shard {shard.index + 1} failed (attempt {shard.attempts} of {MAX_ATTEMPTS}) and is tried again. {message}"
    tell_of(shard.run_id, RunState.SCORING, note=note, actor=actor)


def _setup(facts: Mapping[str, Any]) -> str:
    """What decides the bits of a scorer's numbers: the kind of device, the packages, the way of computing."""
    device = facts.get("device") or {}
    return json.dumps([device.get("kind"), device.get("name"), facts.get("software"), facts.get("way")], sort_keys=True)


def _scored_by(run: Run) -> list[dict[str, object]]:
    """Everyone who scored, each with `shards`: the index of each shard, and the batch from which on it was theirs."""
    found: dict[str, dict[str, object]] = {}
    places: dict[str, list[tuple[int, int]]] = {}
    for index, entries in Shard.objects.filter(run=run).order_by("index").values_list("index", "scored_by"):
        for entry in entries:
            facts = {name: fact for name, fact in entry.items() if name != "from_batch"}
            key = json.dumps(facts, sort_keys=True)
            found.setdefault(key, facts)
            places.setdefault(key, []).append((index, entry["from_batch"]))
    return [{**facts, "shards": places[key]} for key, facts in found.items()]
