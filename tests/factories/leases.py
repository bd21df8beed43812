"""Leases on a certain shard, by the product's own claim."""

from datetime import timedelta

from django.utils import timezone

from tests.factories.runs import GIGABYTE, make_worker
from workers import lifecycle
from workers.lifecycle import ShardLease
from workers.models import Shard, Worker
from workers.states import ShardState

A_DAY = timedelta(days=1)


def claimed(shard, *, by="one"):
    """The lease of the worker with this name on this very shard; None when it is not to be had.

    Workers take what is best for them: all other shards are put off for that moment. A worker that is not there yet is made,
    fit for everything and long silent, so that nobody rings for it.
    """
    worker = Worker.objects.filter(name=by).first() or make_worker(
        name=by, device="cuda", memory_bytes=1000 * GIGABYTE, seen_at=timezone.now() - A_DAY
    )
    others = Shard.objects.filter(state=ShardState.QUEUED).exclude(pk=shard.pk)
    put_off = dict(others.filter(not_before__isnull=False).values_list("pk", "not_before"))
    others.update(not_before=timezone.now() + A_DAY)
    Shard.objects.filter(pk=shard.pk).update(not_before=None)
    found = lifecycle.claim_next(worker)
    others.update(not_before=None)
    for pk, not_before in put_off.items():
        others.filter(pk=pk).update(not_before=not_before)
    if found is None:
        return None
    _, lease = found
    assert isinstance(lease, ShardLease) and lease.shard_id == shard.pk, f"the worker preferred {lease}"
    return lease
