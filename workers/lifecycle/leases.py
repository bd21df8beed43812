"""Leases: the right to work on a run or a shard, for 90 seconds by the database's clock, renewed while the work moves."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from workers.models import Run, Shard
from workers.states import RunState, ShardState

LEASE = timedelta(seconds=90)


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


def renew(lease: Lease) -> bool:
    """Extend a lease; False when it is gone or the run has ended."""
    return bool(_held(lease).update(lease_expires_at=Now() + LEASE))


def tell(lease: Lease, activity: str) -> None:
    """Say on the run's page what is being done for it; nothing when the lease is gone."""
    held = Exists(held_shards(lease)) if isinstance(lease, ShardLease) else Q(fence=lease.fence)
    Run.objects.open().filter(held, pk=lease.run_id).update(activity=activity)


def hold(lease: Lease) -> None:
    """Lock what the lease is on until the transaction ends. Raises LostLease when it is no longer ours."""
    if not _held(lease).update(lease_owner=lease.owner):
        raise LostLease(f"the lease on run {lease.run_id} is gone")


def held_runs(lease: RunLease) -> QuerySet[Run]:
    """The run, if the lease still holds it."""
    return Run.objects.filter(pk=lease.run_id, fence=lease.fence, state__in=[RunState.PLANNING, RunState.REDUCING])


def held_shards(lease: ShardLease) -> QuerySet[Shard]:
    """The shard, if the lease still holds it."""
    scoring = Run.objects.filter(pk=OuterRef("run_id"), state=RunState.SCORING)
    return Shard.objects.filter(Exists(scoring), pk=lease.shard_id, fence=lease.fence, state=ShardState.RUNNING)


def _held(lease: Lease) -> QuerySet[Shard] | QuerySet[Run]:
    return held_shards(lease) if isinstance(lease, ShardLease) else held_runs(lease)
