"""What a worker writes while it has the lease: the plan, batch after batch, smaller batches, and who it is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from workers import doorbell, shards
from workers.evaluation.contract import Batch
from workers.lifecycle.leases import LEASE, LostLease, RunLease, ShardLease, held_shards, hold
from workers.lifecycle.moves import NO_LEASE, move, tell_of
from workers.models import Run, Shard
from workers.states import RunState


@transaction.atomic
def planned(lease: RunLease, *, shards: Sequence[Sequence[Batch]], plan_version: int, **values: object) -> None:
    """Open a planned run for scoring: `shards` are lists of batches; `values` are the run's totals.

    Raises LostLease when the lease is gone; the caller's transaction then stores nothing of the plan.
    """
    hold(lease)
    Shard.objects.bulk_create(
        (_shard(lease.run_id, index, batches, plan_version) for index, batches in enumerate(shards)), batch_size=500
    )
    batches = sum(len(shard) for shard in shards)
    note = f"Planned: {batches} batches in {len(shards)} shard{'' if len(shards) == 1 else 's'}."
    freed = {"plan_version": plan_version, "planned_at": Now(), "attempts": 0, "activity": "", **NO_LEASE}
    move(lease.run_id, RunState.SCORING, note=note, actor=lease.owner, values={**values, **freed}, of=[RunState.PLANNING])
    doorbell.ring(Run.objects.get(pk=lease.run_id))


def advance(lease: ShardLease, *, batches_done: int, tokens: int = 0, seconds: float = 0.0, joules: float | None = None) -> None:
    """Count a scored batch and renew the lease, in the caller's transaction that stores the batch's responses.

    `tokens` were computed for it in so many `seconds`, with so many `joules` where the device tells
    them. Holding the shard's row from here to the commit is what fences the responses. Raises LostLease.
    """
    energy = {} if joules is None else {"device_joules": Coalesce(F("device_joules"), 0.0) + joules}
    held = held_shards(lease).update(
        batches_done=batches_done,
        device_tokens=F("device_tokens") + tokens,
        device_seconds=F("device_seconds") + seconds,
        lease_expires_at=Now() + LEASE,
        **energy,
    )
    if not held:
        raise LostLease(f"shard {lease.shard_id} is no longer this worker's")


@transaction.atomic
def replan(lease: ShardLease, *, batches: Sequence[Batch], batches_done: int, token_budget: int, reason: str) -> int:
    """Put these batches in the place of what is left of a shard, under the run's next plan version, which is returned.

    The first shard that asks for a smaller budget makes the version; others that follow it join. A run of two versions no
    longer promises the same bits on every machine, and its record says so. Raises LostLease.
    """
    hold(lease)
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
        note = f"Plan version {version}: batches of {token_budget:,} tokens. {reason}"
        tell_of(run.pk, RunState.SCORING, note=note, actor=lease.owner)
    whole = [*(shards.batch_of(stored) for stored in shard.batches[:batches_done]), *batches]
    Shard.objects.filter(pk=shard.pk).update(
        batches=[asdict(batch) for batch in whole], tokens=shards.work(whole), plan_version=run.plan_version
    )
    return int(run.plan_version)


@transaction.atomic
def record_scorer(lease: ShardLease, *, facts: Mapping[str, object], from_batch: int, device: str = "") -> None:
    """Add to the shard's record who scores on from which batch: worker, device, software. Raises LostLease.

    The first scorer's facts stand for the run. Seconds and tokens count for one `device`: where it is another than before, they
    begin anew.
    """
    hold(lease)
    shard = Shard.objects.get(pk=lease.shard_id)
    timed = {} if shard.device == device else {"device": device, "device_tokens": 0, "device_seconds": 0.0}
    entry = {**facts, "from_batch": from_batch}
    Shard.objects.filter(pk=shard.pk).update(scored_by=[*shard.scored_by, entry], **timed)
    if Run.objects.filter(pk=lease.run_id, provenance__has_key="worker").exists():
        return
    run = Run.objects.select_for_update().get(pk=lease.run_id)
    Run.objects.filter(pk=run.pk).update(provenance={**facts, **run.provenance})


def _shard(run_id: int, index: int, batches: Sequence[Batch], plan_version: int) -> Shard:
    stored = [asdict(batch) for batch in batches]
    return Shard(run_id=run_id, index=index, plan_version=plan_version, batches=stored, tokens=shards.work(batches))
