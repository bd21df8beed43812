"""Claimants at the same time, each with a connection of its own."""

import threading

from django.db import connection

from tests.factories.runs import make_planned_run, make_worker
from workers import lifecycle
from workers.models import RunEvent, Shard
from workers.states import ShardState


def test_claimants_at_once_get_every_shard_once(committed_db):
    run = make_planned_run(samples=60, batch_size=1, shards=60)
    workers = [make_worker() for _ in range(8)]
    got, lock = [], threading.Lock()

    def claim(worker):
        while (found := lifecycle.claim_next(worker)) is not None:
            with lock:
                got.append(found[1].shard_id)
            lifecycle.finish_shard(found[1])
            if not Shard.objects.filter(state=ShardState.QUEUED).exists():
                break
        connection.close()

    threads = [threading.Thread(target=claim, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(run.shards.values_list("pk", flat=True))
    assert set(run.shards.values_list("state", "fence", "attempts")) == {("done", 1, 1)}
    assert RunEvent.objects.filter(run=run, note__endswith=" scored.").count() == 60
