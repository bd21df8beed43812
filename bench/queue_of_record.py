"""How many claims and finishes a second the queue of record sustains: `python -m bench.queue_of_record [--claimants 64]`.

It starts a PostgreSQL of its own, fills it with runs of queued shards, and lets claimants, each with a connection of its own,
claim what is best for them and finish it at once, as workers do, by the portal's own code. Claimants are threads of a few
processes, so that they share the cores with the database as little as they can. Printed for one run and for several:
claims and finishes a second, how long one takes, and that no shard was lost or done twice.
"""

import argparse
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ASKED = 2000
GIGABYTE = 10**9

FILL = """
INSERT INTO workers_shard (run_id, index, plan_version, batches, batches_done, tokens, state, fence, attempts, lease_owner,
    scored_by, device, device_tokens, device_seconds, error_code, error_message)
SELECT %s, number, 1, '[{"samples": [0, 1, 2, 3], "cuts": [300], "tokens": 1000, "kept": 300}]', 0, 1000, 'queued', 0, 0, '',
    '[]', '', 0, 0, '', ''
FROM generate_series(0, %s) AS number
"""


@dataclass
class Took:
    """What claimants did: milliseconds of each claim and of each finish."""

    claims: list[float] = field(default_factory=list)
    finishes: list[float] = field(default_factory=list)


def main() -> None:
    """Start, fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--claimants", type=int, default=64)
    parser.add_argument("--processes", type=int, default=2, help="that the claimants are threads of")
    parser.add_argument("--seconds", type=float, default=6.0, help="that each measurement lasts")
    parser.add_argument("--shards", type=int, default=40_000, help="queued in all at the start of each")
    options = parser.parse_args()
    with _database():
        print(f"{options.claimants} claimants, {os.cpu_count()} cores; asked: {ASKED:,} claims and finishes a second", flush=True)
        for runs in (1, 8):
            _measure(options, runs=runs)


def _measure(options: argparse.Namespace, *, runs: int) -> None:
    workers = _fill(runs, shards=options.shards, claimants=options.claimants)
    share = -(-len(workers) // options.processes)
    parts = [workers[start : start + share] for start in range(0, len(workers), share)]
    start = time.time() + 4.0  # every process has come up by then
    with ProcessPoolExecutor(len(parts), mp_context=multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(_claimants, parts, [start] * len(parts), [options.seconds] * len(parts)))
    claims = [each for part in found for each in part.claims]
    finishes = [each for part in found for each in part.finishes]
    rate = (len(claims) + len(finishes)) / options.seconds
    print(f"{runs} run{'s' if runs > 1 else ''}: {rate:,.0f} claims and finishes a second", flush=True)
    for name, times in (("claim", claims), ("finish", finishes)):
        cuts = statistics.quantiles(times, n=100)
        print(f"    {name:<8} {cuts[49]:6.1f} ms at the median, {cuts[98]:6.1f} ms at the 99th percentile", flush=True)
    _check(finished=len(finishes))


def _claimants(workers: Sequence[int], start: float, seconds: float) -> Took:
    """Let these workers claim and finish from `start` on, each in a thread of its own."""
    import django

    django.setup()
    took = [Took() for _ in workers]
    threads = [
        threading.Thread(target=_claim, args=(worker, start, seconds, each)) for worker, each in zip(workers, took, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Took([ms for each in took for ms in each.claims], [ms for each in took for ms in each.finishes])


def _claim(key: int, start: float, seconds: float, took: Took) -> None:
    from django.db import connection

    from workers import lifecycle
    from workers.lifecycle import ShardLease
    from workers.models import Worker

    worker = Worker.objects.get(pk=key)
    time.sleep(max(0.0, start - time.time()))
    while time.time() < start + seconds:
        began = time.perf_counter()
        claimed = lifecycle.claim_next(worker)
        between = time.perf_counter()
        if claimed is None:
            raise RuntimeError("the shards ran out: fill in more with --shards")
        if not isinstance(claimed[1], ShardLease):
            continue  # a run is done: it stays in this claimant's hands, to be reduced
        lifecycle.finish_shard(claimed[1])
        took.claims.append(1000 * (between - began))
        took.finishes.append(1000 * (time.perf_counter() - between))
    connection.close()


def _fill(runs: int, *, shards: int, claimants: int) -> list[int]:
    """Empty the queue and fill it; the keys of the claimants' workers."""
    from django.db import connections
    from django.utils import timezone

    from leaderboards.models import Model, Protocol
    from workers.models import Checkpoint, Fault, Run, RunEvent, Shard, Worker
    from workers.states import RunState

    for table in (RunEvent, Fault, Shard, Run, Worker, Checkpoint, Protocol, Model):
        table.objects.using("owner").all().delete()
    protocol = Protocol.objects.create(
        slug="bench", name="Bench", task="bench", num_fewshot=0, scoring="letter", aggregation="micro", metric="acc"
    )
    with connections["owner"].cursor() as cursor:
        for number in range(runs):
            model = Model.objects.create(name=f"Model {number}", slug=f"model-{number}", source="form")
            checkpoint = Checkpoint.objects.create(
                slug=f"bench-{number}", name=f"Bench {number}", model=model, folder=f"bench-{number}", dtype="float16",
                parameter_count=GIGABYTE, memory_bytes=GIGABYTE,
            )  # fmt: skip
            run = Run.objects.create(checkpoint=checkpoint, protocol=protocol, state=RunState.SCORING, plan_version=1)
            cursor.execute(FILL, [run.pk, shards // runs - 1])
        cursor.execute("ANALYZE workers_shard, workers_run, workers_checkpoint, workers_worker")
    now = timezone.now()
    workers = Worker.objects.bulk_create(
        Worker(
            name=f"scorer{number}@bench", device="cuda", device_name="a device", memory_bytes=80 * GIGABYTE, registered_at=now,
            last_seen_at=now,
        )
        for number in range(claimants)
    )  # fmt: skip
    return [worker.pk for worker in workers]


def _check(*, finished: int) -> None:
    from workers.models import RunEvent, Shard

    done = Shard.objects.filter(state="done")
    counts = (done.count(), done.filter(attempts=1, fence=1).count(), RunEvent.objects.filter(note__endswith=" scored.").count())
    if counts != (finished, finished, finished):
        raise SystemExit(f"Not every shard was done once: {finished} finishes, but {counts} in the database.")
    print(f"    each of {finished:,} shards was claimed once and done once", flush=True)


@contextmanager
def _database() -> Iterator[None]:
    """A database of its own, migrated, that the settings of this process and its children name."""
    import django

    from portal import embedded

    folder = Path(tempfile.mkdtemp(prefix="bench-queue-"))
    folder.chmod(0o711)  # the server's account passes through
    (folder / "static").mkdir()
    os.environ.update(VAR_DIR=str(folder), SELFTEST="0", DJANGO_SETTINGS_MODULE="portal.settings")
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ.pop(name, None)
    try:
        with embedded.running(folder, servers=["postgres"]):
            django.setup()
            from django.core.management import call_command
            from django.db import connections

            call_command("migrate", verbosity=0)
            yield
            connections.close_all()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
