"""A run that waits says why."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.leases import claimed
from tests.factories.runs import GIGABYTE, make_checkpoint, make_mapping, make_planned_run, make_worker
from workers import lifecycle, waiting
from workers.models import Checkpoint, Run

pytestmark = pytest.mark.django_db

NEOX = {"parameter_count": 20_554_567_680, "memory_bytes": 45_220_048_896, "device": Checkpoint.Device.GPU}


@pytest.fixture
def large_run():
    return lifecycle.request(make_mapping(checkpoint=make_checkpoint(**NEOX)), by=None)


def test_no_worker_with_the_memory_is_the_reason(large_run):
    make_worker(memory_bytes=640 * GIGABYTE)
    make_worker(memory_bytes=24 * GIGABYTE, device="cuda")
    assert waiting.why(large_run) == "Needs 45 GB of GPU memory; no worker online has it."


def test_no_worker_at_all_is_the_reason(large_run):
    make_worker(memory_bytes=80 * GIGABYTE, device="cuda", seen_at=timezone.now() - timedelta(minutes=5))
    assert waiting.why(large_run) == "No worker is online. It needs one with 45 GB of GPU memory."


def test_a_busy_worker_is_the_reason(large_run):
    make_worker(memory_bytes=80 * GIGABYTE, device="cuda")
    assert waiting.why(large_run) == "Waits for a worker to be free."


def test_a_worker_that_went_silent_is_the_reason():
    run = make_planned_run()
    claimed(run.shards.get(), by="one")
    run.shards.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert waiting.why(run) == "Its worker went silent; the run goes back to the queue within seconds."
    planning = lifecycle.request(make_mapping(), by=None)
    lifecycle.claim_planning(planning.pk, by="one")
    Run.objects.filter(pk=planning.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert waiting.why(Run.objects.get(pk=planning.pk)) == waiting.SILENT


def test_a_run_that_is_worked_on_waits_for_nothing():
    run = make_planned_run()
    claimed(run.shards.get(), by="one")
    assert waiting.why(run) == ""
    Run.objects.filter(pk=run.pk).update(state="finished")
    assert waiting.why(Run.objects.get(pk=run.pk)) == ""


def test_a_pause_is_the_reason():
    run = make_planned_run()
    Run.objects.filter(pk=run.pk).update(state="paused")
    assert waiting.why(Run.objects.get(pk=run.pk)) == "Paused by the staff, who can let it go on."


def test_a_fault_after_which_a_shard_rests_is_the_reason_while_nothing_else_is_left():
    make_worker()
    run = make_planned_run(shards=2)
    run.shards.filter(index=0).update(not_before=timezone.now() + timedelta(seconds=20))
    assert waiting.why(run) == "Waits for a worker to be free."
    run.shards.filter(index=1).update(state="done")
    assert waiting.why(run) == "What is left of it failed on a worker and is tried again within seconds."


def test_workers_that_are_set_aside_are_the_reason(large_run):
    make_worker(memory_bytes=64 * GIGABYTE)
    able = make_worker(memory_bytes=80 * GIGABYTE, device="cuda")
    lifecycle.set_aside(able, reason="Broken.")
    assert waiting.why(large_run) == (
        "The workers that have what it needs are set aside after faults: the staff look into them and put them back."
    )


def test_sizes_are_said_as_people_say_them():
    assert [waiting.gigabytes(size) for size in (45_220_048_896, 2 * 1024**3, 700_000_000)] == ["45 GB", "2.1 GB", "0.7 GB"]
