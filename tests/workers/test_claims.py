"""What a worker gets to do next: what fits it, the highest priority, what it holds warm, what waited longest."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.runs import GIGABYTE, make_checkpoint, make_mapping, make_planned_run, make_worker
from workers import lifecycle
from workers.lifecycle import RunLease, ShardLease, Warmth
from workers.models import Run, RunEvent, Shard
from workers.states import Priority, RunState, ShardState

pytestmark = pytest.mark.django_db


def claimed_by(worker, *, warm=None):
    """The run, and the shard's index where it is a shard, that the worker gets; None when it gets nothing."""
    found = lifecycle.claim_next(worker, warm=Warmth(warm.pk if warm else None))
    if found is None:
        return None
    what, lease = found
    if isinstance(lease, ShardLease):
        return Run.objects.get(pk=lease.run_id), Shard.objects.get(pk=lease.shard_id).index
    return Run.objects.get(pk=lease.run_id), what


def test_a_claim_is_a_lease_with_the_next_fence_and_an_event():
    worker, run = make_worker(), make_planned_run(shards=2)
    what, lease = lifecycle.claim_next(worker)
    shard = run.shards.get(index=0)
    assert (what, lease) == (RunState.SCORING, ShardLease(shard_id=shard.pk, run_id=run.pk, fence=1, owner=worker.name))
    assert (shard.state, shard.fence, shard.attempts, shard.lease_owner) == ("running", 1, 1, worker.name)
    assert timedelta(seconds=80) < shard.lease_expires_at - timezone.now() <= lifecycle.LEASE
    event = RunEvent.objects.get(run=run)
    assert (event.note, event.actor, event.state) == ("Shard 1 claimed (attempt 1).", worker.name, "scoring")


def test_shards_come_in_their_order_and_no_more_than_there_are():
    worker, run = make_worker(), make_planned_run(samples=6, batch_size=2, shards=3)
    assert [claimed_by(worker) for _ in range(4)] == [(run, 0), (run, 1), (run, 2), None]


def test_nothing_is_claimed_that_does_not_fit():
    make_planned_run(checkpoint=make_checkpoint(memory_bytes=45 * GIGABYTE, device="gpu"))
    lifecycle.request(make_mapping(checkpoint=make_checkpoint(memory_bytes=45 * GIGABYTE, device="gpu")), by=None)
    assert claimed_by(make_worker(memory_bytes=640 * GIGABYTE)) is None
    assert claimed_by(make_worker(memory_bytes=24 * GIGABYTE, device="cuda")) is None
    assert claimed_by(make_worker(memory_bytes=80 * GIGABYTE, device="cuda")) is not None


def test_the_higher_priority_comes_first_then_what_was_asked_for_first():
    worker = make_worker()
    first, second, urgent = (make_planned_run() for _ in range(3))
    Run.objects.filter(pk=urgent.pk).update(priority=Priority.HIGH)
    Run.objects.filter(pk=second.pk).update(requested_at=timezone.now() - timedelta(hours=1))
    assert [claimed_by(worker)[0] for _ in range(3)] == [urgent, second, first]


def test_the_warm_model_comes_before_what_was_asked_for_earlier_but_not_before_a_higher_priority():
    worker = make_worker()
    cold, warm = make_planned_run(shards=2), make_planned_run(shards=2)
    assert claimed_by(worker, warm=warm.checkpoint) == (warm, 0)
    Run.objects.filter(pk=cold.pk).update(priority=Priority.HIGH)
    assert claimed_by(worker, warm=warm.checkpoint) == (cold, 0)


def test_a_cold_run_that_nobody_scores_waits_ten_minutes_at_most():
    worker, other = make_worker(), make_worker()
    cold = make_planned_run(samples=6, batch_size=2, shards=3, planned_at=timezone.now() - timedelta(minutes=9))
    warm = make_planned_run(samples=8, batch_size=1, shards=8)
    assert claimed_by(worker, warm=warm.checkpoint) == (warm, 0)
    Run.objects.filter(pk=cold.pk).update(planned_at=timezone.now() - timedelta(minutes=11))
    assert claimed_by(other, warm=warm.checkpoint) == (cold, 0)
    # Somebody is at it now, so that it starves no longer: the others stay with what they hold.
    assert claimed_by(worker, warm=warm.checkpoint) == (warm, 1)


def test_a_run_whose_shards_are_done_is_reduced_before_anything_else():
    worker, done, urgent = make_worker(), make_planned_run(), make_planned_run()
    Run.objects.filter(pk=urgent.pk).update(priority=Priority.HIGH)
    done.shards.update(state=ShardState.DONE)
    what, lease = lifecycle.claim_next(worker)
    assert (what, lease) == (RunState.REDUCING, RunLease(run_id=done.pk, fence=1, owner=worker.name))
    assert claimed_by(worker) == (urgent, 0)


def test_a_run_is_planned_when_no_shard_of_its_priority_is_left():
    worker = make_worker()
    waiting = lifecycle.request(make_mapping(), by=None)
    scored = make_planned_run(shards=2)
    assert claimed_by(worker) == (scored, 0)
    Run.objects.filter(pk=waiting.pk).update(priority=Priority.HIGH)
    assert claimed_by(worker) == (waiting, RunState.PLANNING)
    assert claimed_by(worker) == (scored, 1)


def test_a_shard_that_failed_is_left_alone_until_it_is_due():
    worker, run = make_worker(), make_planned_run()
    run.shards.update(not_before=timezone.now() + timedelta(seconds=20))
    assert claimed_by(worker) is None
    run.shards.update(not_before=timezone.now() - timedelta(seconds=1))
    assert claimed_by(worker) == (run, 0)
    assert run.shards.get().not_before is None


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.CANCELLED, RunState.FAILED, RunState.FINISHED])
def test_nothing_is_claimed_of_a_run_that_is_not_scored(state):
    run = make_planned_run()
    Run.objects.filter(pk=run.pk).update(state=state)
    assert claimed_by(make_worker()) is None


def test_a_worker_that_is_set_aside_gets_nothing():
    worker, done = make_worker(), make_planned_run()
    done.shards.update(state=ShardState.DONE)
    make_planned_run()
    lifecycle.request(make_mapping(), by=None)
    lifecycle.set_aside(worker, reason="Broken.")
    assert claimed_by(worker) is None
    assert lifecycle.put_back(worker) is True
    assert claimed_by(worker) == (done, RunState.REDUCING)


def test_a_claim_says_in_one_statement_what_there_is(django_assert_num_queries):
    worker = make_worker()
    make_planned_run(shards=2)
    with django_assert_num_queries(1):
        lifecycle.claim_next(worker)
