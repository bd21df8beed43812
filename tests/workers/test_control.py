"""What staff do to runs: pause, resume, retry, priority; and that whoever worked on them meanwhile can write no more."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from tests.factories.leases import claimed
from tests.factories.runs import make_mapping, make_planned_run, make_worker
from workers import lifecycle
from workers.models import Run, RunEvent
from workers.states import Priority, RunState, ShardState

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return User.objects.create(username="admin", is_staff=True)


def state_of(run):
    return Run.objects.get(pk=run.pk).state


def notes_of(run):
    return list(RunEvent.objects.filter(run=run).values_list("note", flat=True))


def failed(run, *, index=0, code="data_missing"):
    """Fail one shard of a run for good."""
    lease = claimed(run.shards.get(index=index), by="one")
    lifecycle.fail(lease, code=code, message="It is not there: put it there.")


def test_a_paused_run_gives_its_shards_back_and_keeps_what_is_stored(admin):
    run = make_planned_run(shards=2)
    zombie = claimed(run.shards.get(index=0), by="one")
    lifecycle.advance(zombie, batches_done=1)
    lifecycle.pause(run, by=admin)
    assert state_of(run) == RunState.PAUSED
    shard = run.shards.get(index=0)
    assert (shard.state, shard.batches_done, shard.attempts, shard.lease_owner) == (ShardState.QUEUED, 1, 0, "")
    with pytest.raises(lifecycle.LostLease), transaction.atomic():
        lifecycle.advance(zombie, batches_done=2)
    assert lifecycle.renew(zombie) is False
    lifecycle.resume(run, by=admin)
    assert state_of(run) == RunState.SCORING
    with pytest.raises(lifecycle.LostLease), transaction.atomic():
        lifecycle.advance(zombie, batches_done=2)
    assert notes_of(run) == ["Shard 1 claimed (attempt 1).", "Paused.", "Resumed."]


def test_a_run_that_is_planned_is_paused_too_and_planned_anew(admin):
    run = lifecycle.request(make_mapping(), by=admin)
    zombie = lifecycle.claim_planning(run.pk, by="one")
    lifecycle.pause(run, by=admin)
    with pytest.raises(lifecycle.LostLease), transaction.atomic():
        lifecycle.planned(zombie, shards=[], plan_version=1)
    lifecycle.resume(run, by=admin)
    assert state_of(run) == RunState.REQUESTED
    assert lifecycle.claim_planning(run.pk, by="two").fence == 2


def test_a_run_that_is_reduced_is_paused_too_and_reduced_anew(admin):
    run = make_planned_run()
    run.shards.update(state=ShardState.DONE)
    zombie = lifecycle.claim_reducing(run.pk, by="one")
    lifecycle.pause(run, by=admin)
    with pytest.raises(lifecycle.LostLease), transaction.atomic():
        lifecycle.finish(zombie, results={})
    lifecycle.resume(run, by=admin)
    assert lifecycle.claim_reducing(run.pk, by="two") is not None


def test_a_shard_claimed_in_the_moment_of_the_pause_is_no_fault_of_its_worker(admin):
    worker, run = make_worker(), make_planned_run()
    lifecycle.pause(run, by=admin)
    run.shards.update(
        state=ShardState.RUNNING,
        fence=1,
        attempts=1,
        lease_owner=worker.name,
        lease_expires_at=timezone.now() - timedelta(seconds=1),
    )
    assert lifecycle.reap() == 1
    shard = run.shards.get()
    assert (shard.state, shard.attempts, shard.faults.count(), state_of(run)) == ("queued", 0, 0, RunState.PAUSED)


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.CANCELLED, RunState.FAILED, RunState.PAUSED])
def test_only_a_run_that_goes_on_can_be_paused(admin, state):
    run = make_planned_run()
    Run.objects.filter(pk=run.pk).update(state=state)
    with pytest.raises(lifecycle.LostRace), transaction.atomic():
        lifecycle.pause(run, by=admin)
    assert state_of(run) == state


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.PLANNING, RunState.SCORING, RunState.FINISHED])
def test_only_a_paused_run_can_be_resumed(admin, state):
    run = make_planned_run()
    Run.objects.filter(pk=run.pk).update(state=state)
    with pytest.raises(lifecycle.LostRace), transaction.atomic():
        lifecycle.resume(run, by=admin)
    assert state_of(run) == state


def test_a_paused_run_can_be_cancelled_and_is_joined_by_the_same_request(admin):
    mapping = make_mapping()
    run = lifecycle.request(mapping, by=admin)
    lifecycle.pause(run, by=admin)
    assert lifecycle.request(mapping, by=None) == run
    lifecycle.cancel(run, by=admin)
    assert state_of(run) == RunState.CANCELLED


def test_a_failed_run_goes_on_where_it_stood(admin):
    run = make_planned_run(samples=6, batch_size=1, shards=3)
    lifecycle.finish_shard(claimed(run.shards.get(index=0), by="one"))
    other = claimed(run.shards.get(index=1), by="two")
    lifecycle.advance(other, batches_done=1)
    failed(run, index=2)
    assert state_of(run) == RunState.FAILED
    assert lifecycle.retry(run, by=admin) == run
    run.refresh_from_db()
    assert (run.state, run.error_code, run.error_message, run.finished_at) == (RunState.SCORING, "", "", None)
    rows = run.shards.order_by("index").values_list("state", "batches_done", "attempts", "error_code", "error_message")
    assert list(rows) == [("done", 0, 1, "", ""), ("queued", 1, 0, "", ""), ("queued", 0, 0, "", "")]
    with pytest.raises(lifecycle.LostLease), transaction.atomic():
        lifecycle.advance(other, batches_done=2)
    assert notes_of(run)[-1] == "Tried again."


def test_one_shard_is_tried_alone_and_what_was_left_fails_the_run_again(admin):
    run = make_planned_run(samples=4, batch_size=1, shards=2)
    failed(run, index=0)
    run.shards.filter(index=1).update(state=ShardState.FAILED, error_code="data_missing", error_message="Nor is this.")
    lifecycle.retry(run, by=admin, shard=0)
    assert list(run.shards.order_by("index").values_list("state", flat=True)) == ["queued", "failed"]
    lifecycle.reap()
    assert state_of(run) == RunState.SCORING
    lifecycle.finish_shard(claimed(run.shards.get(index=0), by="one"))
    lifecycle.reap()
    run.refresh_from_db()
    assert (run.state, run.error_code, run.error_message) == (RunState.FAILED, "data_missing", "Nor is this.")


def test_a_shard_that_did_not_fail_is_not_tried_again(admin):
    run = make_planned_run(samples=4, batch_size=1, shards=2)
    failed(run, index=0)
    with pytest.raises(lifecycle.LostRace), transaction.atomic():
        lifecycle.retry(run, by=admin, shard=1)
    assert state_of(run) == RunState.FAILED
    assert run.shards.get(index=0).state == ShardState.FAILED


def test_a_run_that_failed_in_reducing_is_reduced_again_and_nothing_else(admin):
    run = make_planned_run()
    run.shards.update(state=ShardState.DONE)
    lifecycle.fail(lifecycle.claim_reducing(run.pk, by="one"), code="plan_changed", message="Other requests now.")
    lifecycle.retry(run, by=admin)
    assert state_of(run) == RunState.SCORING
    assert set(run.shards.values_list("state", flat=True)) == {"done"}
    assert lifecycle.claim_reducing(run.pk, by="two") is not None


def test_a_run_that_failed_in_planning_is_planned_again(admin):
    run = lifecycle.request(make_mapping(), by=admin)
    lifecycle.fail(lifecycle.claim_planning(run.pk, by="one"), code="checkpoint_missing", message="Not there.")
    lifecycle.retry(run, by=admin)
    assert state_of(run) == RunState.REQUESTED
    assert lifecycle.claim_planning(run.pk, by="one") is not None


def test_a_retry_joins_the_identical_run_that_was_asked_for_since(admin):
    mapping = make_mapping()
    first = lifecycle.request(mapping, by=admin)
    lifecycle.fail(lifecycle.claim_planning(first.pk, by="one"), code="checkpoint_missing", message="Not there.")
    second = lifecycle.request(mapping, by=admin)
    assert lifecycle.retry(first, by=admin) == second
    assert state_of(first) == RunState.FAILED


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.CANCELLED, RunState.SCORING, RunState.PAUSED])
def test_only_a_failed_run_can_be_tried_again(admin, state):
    run = make_planned_run()
    Run.objects.filter(pk=run.pk).update(state=state)
    with pytest.raises(lifecycle.LostRace), transaction.atomic():
        lifecycle.retry(run, by=admin)
    assert state_of(run) == state


def test_priority_is_set_while_a_run_is_open(admin):
    run = make_planned_run()
    lifecycle.set_priority(run, priority=Priority.HIGH, by=admin)
    run.refresh_from_db()
    assert (run.priority, notes_of(run)) == (Priority.HIGH, ["High priority."])
    lifecycle.cancel(run, by=admin)
    with pytest.raises(lifecycle.LostRace), transaction.atomic():
        lifecycle.set_priority(run, priority=Priority.LOW, by=admin)
    run.refresh_from_db()
    assert run.priority == Priority.HIGH
