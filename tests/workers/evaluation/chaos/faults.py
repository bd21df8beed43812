"""The faults, done for real to processes that are busy scoring; each says in a line what it did to whom."""

import os
import resource
import shutil
import signal
import subprocess
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random

import psutil
import pytest
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from accounts.models import User
from tests.workers.evaluation.chaos.patience import patiently, until
from tests.workers.evaluation.chaos.site import SCHEDULER, Site, host_of
from workers import doorbell, lifecycle, plan, score, shards
from workers.evaluation.contract import Response
from workers.faults import LOST_WORKER
from workers.lifecycle import LostLease, ShardLease
from workers.models import Run, Shard, Worker
from workers.states import RunState, ShardState

CLOCKS = [-2 * 86400, -5400, 95, 86400, 30 * 86400]
"""Seconds by which clocks are wrong."""


class NothingLeft(Exception):
    """All runs have ended: there is nothing to disturb any more."""


@dataclass
class Chaos:
    """What the faults act on. `in_a_hurry`: the 90 seconds of a lost lease are said to be over rather than waited for."""

    site: Site
    random: Random
    in_a_hurry: bool = False
    staff_did: Counter[str] = field(default_factory=Counter)
    frozen: dict[str, tuple[list[psutil.Process], Shard]] = field(default_factory=dict)
    """Workers that will wake as zombies, with the shard that each believes to have."""

    def busy(self, *, among=None):
        """A worker that is scoring at this moment, as two looks tell, and the shard that it has."""
        names = sorted(among or self.site.workers)
        self.random.shuffle(names)
        seen = {}
        return until(lambda: self._found(names, seen), what=f"one of {names} scores", seconds=600)

    def _found(self, names, seen):
        self.tend()
        if not Run.objects.open().exists():
            raise NothingLeft
        for name in names:
            for shard in _held_by(name):
                place = shard.pk, shard.fence, shard.batches_done
                is_alive = name not in self.frozen and self.site.has_been_up_since(name, shard.claimed_at)
                if is_alive and seen.setdefault(name, place) != place:
                    return name, shard
        return None

    def is_possible(self, fault):
        """Whether there is somebody to do it to: who is frozen is not, and waiting for them would let the others finish."""
        victims = self.site.forking if fault is kill_child else set(self.site.workers) - set(self.site.forking)
        return not victims <= self.frozen.keys()

    def lose(self, name):
        """Let the lease of a worker that is gone run out, where there is no time to wait for it."""
        if self.in_a_hurry:
            held = Shard.objects.filter(lease_owner=host_of(name), state=ShardState.RUNNING)
            patiently(lambda: held.update(lease_expires_at=timezone.now()))
            patiently(lifecycle.reap)

    def tend(self):
        """Wake zombies whose shard was given to another, and play staff."""
        for name, (family, shard) in list(self.frozen.items()):
            if Shard.objects.filter(pk=shard.pk, fence__gt=shard.fence).exists():
                self.thaw(name, family)
        self.be_staff()

    def thaw(self, name, family):
        """Let a frozen worker go on."""
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.resume()
        del self.frozen[name]

    def be_staff(self):
        """Give workers work again that were set aside, and let runs go on that failed because their workers were lost."""
        for worker in Worker.objects.filter(set_aside_at__isnull=False):
            self.staff_did["workers put back"] += lifecycle.put_back(worker)
        for run in Run.objects.filter(state=RunState.FAILED, error_code=LOST_WORKER):
            staff, _ = User.objects.get_or_create(username="staff", defaults={"is_staff": True})
            lifecycle.retry(run, by=staff)
            self.staff_did["runs let go on"] += 1


def kill_worker(chaos):
    name, shard = chaos.busy(among=set(chaos.site.workers) - set(chaos.site.forking))
    chaos.site.signal(name, signal.SIGKILL)
    chaos.lose(name)
    return f"kill -9 of worker {name}, at {_place(shard)}"


def kill_child(chaos):
    name, shard = chaos.busy(among=chaos.site.forking)
    until(lambda: chaos.site.signal_child(name, signal.SIGKILL), what=f"{name} has a child")
    chaos.lose(name)
    return f"kill -9 of the child of worker {name}, at {_place(shard)}"


def stop_worker(chaos):
    name, shard = chaos.busy(among=set(chaos.site.workers) - set(chaos.site.forking))
    chaos.site.signal(name, signal.SIGTERM)
    if chaos.in_a_hurry:
        until(lambda: not _has_still(name, shard), what=f"{name} has let go of its shard")
        assert not patiently(shard.faults.filter(worker=host_of(name), claimed_at=shard.claimed_at).exists), "it was lost"
    return f"SIGTERM of worker {name}, at {_place(shard)}"


def wrong_clock(chaos):
    name, shard = chaos.busy(among=set(chaos.site.workers) - set(chaos.site.forking))
    wrong_by = chaos.random.choice(CLOCKS)
    chaos.site.set_clock(name, wrong_by=wrong_by)
    chaos.lose(name)
    return f"worker {name} killed at {_place(shard)}, and started again with its clock wrong by {wrong_by:+,} s"


def zombie(chaos):
    """Freeze a worker until its shard has been taken from it, then let it go on: it still believes that it has it."""
    name, shard = chaos.busy()
    process = psutil.Process(chaos.site.pid(name))
    family = [process, *process.children()]
    _freeze(family, even_in_a_write=not chaos.in_a_hurry)
    chaos.frozen[name] = family, shard
    if chaos.in_a_hurry:
        chaos.lose(name)
        until(lambda: chaos.tend() or name not in chaos.frozen, what=f"{_place(shard)} is taken from the frozen {name}")
    return f"worker {name} frozen at {_place(shard)}, to go on as a zombie once that was taken from it"


def old_fence(chaos):
    """Write wrong answers by a fence that is over, as a zombie would."""
    name, shard = chaos.busy()
    old = ShardLease(shard_id=shard.pk, run_id=shard.run_id, fence=shard.fence - 1, owner="zombie@chaos")
    patiently(lambda: _refused(old))
    return f"wrong answers written to {_place(shard)} of worker {name} by fence {old.fence} instead of {shard.fence}: refused"


def kill_scheduler(chaos):
    chaos.site.signal(SCHEDULER, signal.SIGKILL)
    return "kill -9 of the scheduler"


def kill_redis(chaos):
    chaos.busy()
    _kill(chaos.site.redis_pid())
    return "kill -9 of Redis, with its data"


def kill_redis_and_its_data(chaos):
    chaos.busy()
    pid = chaos.site.redis_pid()
    psutil.Process(pid).suspend()  # it writes nothing any more
    shutil.rmtree(chaos.site.redis_data() / "appendonlydir", ignore_errors=True)
    _kill(pid)
    return "kill -9 of Redis, its data deleted"


def kill_backend(chaos):
    """Kill the process of Postgres that serves a worker: Postgres ends all the others and recovers."""
    name, shard = chaos.busy()
    chosen = chaos.random.choice(until(_other_backends, what="workers are connected"))
    _kill(chosen)
    return f"kill -9 of a backend of Postgres, while {name} was at {_place(shard)}"


def kill_postgres(chaos):
    name, shard = chaos.busy()
    _kill(chaos.site.postgres_pid())
    return f"kill -9 of Postgres itself, while {name} was at {_place(shard)}"


def fill_disk(chaos):
    """Let what serves the workers write no further byte: the next result finds the disk full."""
    name, shard = chaos.busy()
    found = until(_other_backends, what="workers are connected")
    for pid in found:
        _limit_files(pid)
    return f"no byte more to disk for {len(found)} backends of Postgres, while {name} was at {_place(shard)}"


def ring_often(chaos):
    """Deliver one message twenty times."""
    name, shard = chaos.busy()
    ring = str(uuid.uuid4())
    for _ in range(20):
        until(lambda: _is_rung(ring), what="the broker takes a ring")
    return f"one ring delivered twenty times, while {name} was at {_place(shard)}"


Fault = Callable[[Chaos], str]
FAULTS: list[Fault] = [
    kill_worker, kill_child, stop_worker, fill_disk, wrong_clock, zombie, old_fence, kill_scheduler, kill_redis, kill_backend,
    kill_redis_and_its_data, kill_postgres, ring_often,
]  # fmt: skip


def _freeze(family, *, even_in_a_write):
    """Stop processes where they are. In the middle of a write they hold rows, until the database ends their transaction."""
    for _ in range(200):
        for member in family:
            member.suspend()
        if even_in_a_write or not _open_transactions():
            return
        for member in family:
            member.resume()
    raise AssertionError("the worker writes all the time")


def _open_transactions():
    """Others that began a transaction and say nothing more, when asked twice."""
    found = [set(patiently(lambda: _others("state = 'idle in transaction'"))) for _ in range(2)]
    return found[0] & found[1]


def _held_by(name):
    scoring = Shard.objects.filter(lease_owner=host_of(name), state=ShardState.RUNNING, run__state=RunState.SCORING)
    return scoring.exclude(scored_by=[]).select_related("run")  # its model is loaded: it scores


def _is_rung(ring):
    try:
        current_app.send_task(doorbell.TASK, queue=doorbell.CPU_QUEUE, task_id=ring, retry=False)
    except (OperationalError, RedisError):
        return False  # it was killed a moment ago
    return True


def _has_still(name, shard):
    return Shard.objects.filter(pk=shard.pk, fence=shard.fence, lease_owner=host_of(name)).exists()


def _place(shard):
    return f"run {shard.run_id}, shard {shard.index + 1}, batch {shard.batches_done + 1} of {len(shard.batches)}"


def _refused(lease):
    run = Run.objects.get(pk=lease.run_id)
    batch = shards.batch_of(Shard.objects.get(pk=lease.shard_id).batches[0])
    requests = list(plan.planned_requests(run, samples=batch.samples))
    wrong = [Response(-12345.0, True) for _ in requests]
    with pytest.raises(LostLease):
        score._store(run, requests, wrong, lease=lease, done=score.Done(len(batch.samples) + 99, tokens=1, seconds=1.0))
    with pytest.raises(LostLease):
        lifecycle.finish_shard(lease)
    with pytest.raises(LostLease), transaction.atomic():
        lifecycle.release(lease, note="Never mine.")
    assert lifecycle.renew(lease) is False


def _other_backends():
    """Processes of Postgres that serve others than this process."""
    return _others("true")


def _others(which):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename = current_user"
            f" AND pid <> pg_backend_pid() AND {which} ORDER BY pid"
        )
        return [pid for (pid,) in cursor.fetchall()]


def _limit_files(pid):
    """Let files of a process grow no further. Only its own account may: a child of ours becomes that."""
    try:
        process = psutil.Process(pid)
        account = {"user": process.uids().real, "group": process.gids().real, "extra_groups": []} if os.geteuid() == 0 else {}
        _, most = resource.prlimit(os.getpid(), resource.RLIMIT_FSIZE)
        limit = partial(resource.prlimit, pid, resource.RLIMIT_FSIZE, (0, most))
        subprocess.run(["/bin/true"], preexec_fn=limit, check=True, cwd="/", **account)
    except (psutil.NoSuchProcess, subprocess.SubprocessError):
        assert not psutil.pid_exists(pid), "its files could not be limited"


def _kill(pid):
    try:
        psutil.Process(pid).kill()
    except psutil.NoSuchProcess:
        return
