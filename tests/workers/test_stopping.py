"""A worker that is told to stop in the middle of a step that cannot be asked, such as loading a model."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.factories.leases import claimed
from tests.factories.runs import make_mapping, make_planned_run
from workers import lifecycle
from workers.models import Run
from workers.states import RunState, ShardState

ROOT = Path(__file__).resolve().parents[2]
LOADS = """
import django, signal, sys, time
django.setup()
from workers import lifecycle, stopping
from workers.guard import answering
from workers.heartbeat import Pulse
signal.signal(signal.SIGTERM, lambda *_: stopping.request())
lease = {lease}
with answering(lease), Pulse(lease) as pulse:
    pulse.beat("Loading a large model.")
    print("loading", flush=True)
    time.sleep({asks_after})
    if stopping.is_requested():
        raise stopping.Stopping
    time.sleep(300)
"""


def stopped(lease, *, asks_after):
    """Begin the work in a process, tell it to stop, and give its exit status and how long that took."""
    code = LOADS.format(lease=f"lifecycle.{lease!r}", asks_after=asks_after)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        with process.stdout as said:
            assert said.readline() == "loading\n"
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            status = process.wait(timeout=60)
        return status, time.monotonic() - began
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("asks_after", [2, 100])
def test_a_shard_is_handed_back_within_seconds(committed_db, asks_after):
    run = make_planned_run(shards=2)
    lease = claimed(run.shards.get(index=0), by="one")
    lifecycle.advance(lease, batches_done=1)
    status, seconds = stopped(lease, asks_after=asks_after)
    assert (status, seconds < 9) == (0, True)
    shard = run.shards.get(index=0)
    assert (shard.state, shard.batches_done, shard.attempts, shard.lease_owner) == (ShardState.QUEUED, 1, 0, "")
    assert run.events.latest("pk").note == "The worker was told to stop; back in the queue."
    assert shard.faults.count() == 0


def test_a_plan_is_handed_back_too(committed_db):
    run = lifecycle.request(make_mapping(), by=None)
    status, seconds = stopped(lifecycle.claim_planning(run.pk, by="one"), asks_after=100)
    assert (status, seconds < 9) == (0, True)
    assert Run.objects.values_list("state", "attempts", "lease_owner").get() == (RunState.REQUESTED, 0, "")


def test_work_that_was_taken_meanwhile_is_left_alone(committed_db):
    run = make_planned_run()
    old = claimed(run.shards.get(), by="one")
    run.shards.update(state=ShardState.RUNNING, fence=2, lease_owner="two")
    status, _ = stopped(old, asks_after=100)
    assert status == 0
    assert run.shards.values_list("state", "fence", "lease_owner").get() == (ShardState.RUNNING, 2, "two")
