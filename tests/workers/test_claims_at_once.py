"""Claimants at the same time, each with a connection of its own."""

import threading

from django.db import connection

from tests.factories.runs import make_planned_run, make_worker
from workers import lifecycle
from workers.models import RunEvent


def test_claimants_at_once_get_every_shard_once(committed_db):
    run = make_planned_run(samples=60, batch_size=1, shards=60)
    workers = [make_worker() for _ in range(8)]
    got, lock = [], threading.Lock()

    def claim(worker):
        while (found := lifecycle.claim_next(worker)) is not None:
            _, lease = found
            with lock:
                got.append(lease)
            if isinstance(lease, lifecycle.ShardLease):
                lifecycle.finish_shard(lease)
        connection.close()

    threads = [threading.Thread(target=claim, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scored = [lease.shard_id for lease in got if isinstance(lease, lifecycle.ShardLease)]
    assert sorted(scored) == sorted(run.shards.values_list("pk", flat=True))
    assert set(run.shards.values_list("state", "fence", "attempts")) == {("done", 1, 1)}
    assert len(got) == 60 + 1, "whoever finishes last, or asks then, reduces, and nobody else"
    assert RunEvent.objects.filter(run=run, note__endswith=" scored.").count() == 60
