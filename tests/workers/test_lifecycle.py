"""The machine of runs: who may move what, and what a lost race, lease or worker leaves behind."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from tests.factories.leases import claimed
from tests.factories.runs import make_mapping, make_planned_run
from workers import lifecycle
from workers.evaluation.contract import Batch
from workers.models import Run, RunEvent, Shard
from workers.states import ENDED, MOVES, RunState, ShardState

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return User.objects.create(username="admin", is_staff=True)


def expire(rows):
    rows.update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def states_of(run):
    return list(RunEvent.objects.filter(run=run).values_list("state", flat=True))


def test_a_request_makes_a_waiting_run_and_says_who_asked(admin):
    run = lifecycle.request(make_mapping(), by=admin)
    assert (run.state, run.requested_by) == (RunState.REQUESTED, admin)
    event = RunEvent.objects.get(run=run)
    assert (event.state, event.actor, event.note) == ("requested", "admin", "Asked for.")


def test_a_second_request_joins_the_open_run(admin):
    mapping = make_mapping()
    first = lifecycle.request(mapping, by=admin)
    assert lifecycle.request(mapping, by=None) == first
    assert Run.objects.count() == 1


def test_a_request_after_the_end_and_a_trial_are_runs_of_their_own(admin):
    mapping = make_mapping()
    first = lifecycle.request(mapping, by=admin)
    trial = lifecycle.request(mapping, by=admin, items_per_task=3)
    lifecycle.cancel(first, by=admin)
    second = lifecycle.request(mapping, by=admin)
    assert len({first.pk, trial.pk, second.pk}) == 3


def test_only_one_of_two_workers_gets_to_plan(admin):
    run = lifecycle.request(make_mapping(), by=admin)
    assert lifecycle.claim_planning(run.pk, by="one").fence == 1
    assert lifecycle.claim_planning(run.pk, by="two") is None
    run.refresh_from_db()
    assert (run.state, run.lease_owner) == (RunState.PLANNING, "one")


def test_a_planned_run_is_cut_into_shards_and_waits_for_scoring(admin):
    run = lifecycle.request(make_mapping(), by=admin)
    lease = lifecycle.claim_planning(run.pk, by="one")
    lifecycle.planned(
        lease, shards=[[Batch((0, 1), (40,), 9), Batch((2,), (), 7)], [Batch((3,), (40,), 5, 40)]], plan_version=1, samples_total=4,
        requests_total=16,
    )  # fmt: skip
    run.refresh_from_db()
    assert (run.state, run.samples_total, run.requests_total, run.lease_owner) == (RunState.SCORING, 4, 16, "")
    assert list(run.shards.order_by("index").values_list("batches", "tokens")) == [
        ([{"samples": [0, 1], "cuts": [40], "tokens": 9, "kept": 0}, {"samples": [2], "cuts": [], "tokens": 7, "kept": 0}], 56),
        ([{"samples": [3], "cuts": [40], "tokens": 5, "kept": 40}], 45),
    ]
    assert states_of(run) == ["requested", "planning", "scoring"]


def test_what_is_left_of_a_shard_is_cut_anew_under_the_next_plan_version_and_others_join_it():
    run = make_planned_run(samples=8, batch_size=2, shards=2)
    Run.objects.filter(pk=run.pk).update(token_budget=1000, provenance={"plan": {"version": 1, "is_bit_identical": True}})
    first, second = run.shards.order_by("index")
    lease = claimed(first, by="one")
    lifecycle.advance(lease, batches_done=1)
    smaller = [Batch((2,)), Batch((3,))]
    assert lifecycle.replan(lease, batches=smaller, batches_done=1, token_budget=500, reason="Memory ran out.") == 2
    other = claimed(second, by="two")
    assert lifecycle.replan(other, batches=[Batch((n,)) for n in range(4, 8)], batches_done=0, token_budget=500, reason="") == 2
    run.refresh_from_db()
    first.refresh_from_db()
    assert (run.plan_version, run.token_budget) == (2, 500)
    assert [batch["samples"] for batch in first.batches] == [[0, 1], [2], [3]]
    assert set(run.shards.values_list("plan_version", flat=True)) == {2}
    assert run.provenance["plan"] == {
        "version": 1, "is_bit_identical": False,
        "changes": [{"version": 2, "token_budget": 500, "shard": 0, "from_batch": 1, "reason": "Memory ran out."}],
    }  # fmt: skip
    notes = RunEvent.objects.filter(run=run, note__startswith="Plan version").values_list("note", flat=True)
    assert list(notes) == ["Plan version 2: batches of 500 tokens. Memory ran out."]


def test_a_shard_that_is_lost_is_not_cut_anew():
    run = make_planned_run()
    lease = claimed(run.shards.get(), by="one")
    expire(Shard.objects.filter(run=run))
    lifecycle.reap()
    with pytest.raises(lifecycle.LostLease), transaction.atomic():
        lifecycle.replan(lease, batches=[Batch((0,))], batches_done=0, token_budget=10, reason="")
    run.refresh_from_db()
    assert run.plan_version == 1


def test_a_cancelled_run_takes_no_plan(admin):
    run = lifecycle.request(make_mapping(), by=admin)
    lease = lifecycle.claim_planning(run.pk, by="one")
    lifecycle.cancel(run, by=admin)
    with pytest.raises(lifecycle.LostLease), transaction.atomic():
        lifecycle.planned(lease, shards=[[Batch((0,))]], plan_version=1)
    assert not Shard.objects.filter(run=run).exists()
    assert lifecycle.renew(lease) is False


def test_cancel_keeps_a_finished_run(admin):
    run = make_planned_run()
    Run.objects.filter(pk=run.pk).update(state=RunState.FINISHED)
    with pytest.raises(lifecycle.LostRace):
        lifecycle.cancel(run, by=admin)
    run.refresh_from_db()
    assert run.state == RunState.FINISHED


def test_a_shard_is_claimed_once_and_its_fence_grows():
    shard = make_planned_run().shards.get()
    lease = claimed(shard, by="one")
    assert lease.fence == 1
    assert claimed(shard, by="two") is None


def test_a_worker_whose_lease_ran_out_cannot_write_any_more():
    shard = make_planned_run().shards.get()
    zombie = claimed(shard, by="one")
    expire(Shard.objects.filter(pk=shard.pk))
    assert claimed(shard, by="two") is None
    lifecycle.reap()
    heir = claimed(shard, by="two")
    assert heir.fence == zombie.fence + 2
    for write in (
        lambda: lifecycle.advance(zombie, batches_done=1),
        lambda: lifecycle.finish_shard(zombie),
        lambda: lifecycle.release(zombie, note="late"),
        lambda: lifecycle.fail(zombie, code="late", message="Late."),
        lambda: lifecycle.record_scorer(zombie, facts={"worker": "one"}, from_batch=0),
    ):
        with pytest.raises(lifecycle.LostLease), transaction.atomic():
            write()
    assert lifecycle.renew(zombie) is False
    shard.refresh_from_db()
    assert (shard.state, shard.batches_done, shard.lease_owner) == (ShardState.RUNNING, 0, "two")


def test_a_shard_handed_back_keeps_its_batches_and_its_attempts():
    shard = make_planned_run().shards.get()
    lease = claimed(shard, by="one")
    lifecycle.advance(lease, batches_done=1)
    lifecycle.release(lease, note="The worker was told to stop.")
    shard.refresh_from_db()
    assert (shard.state, shard.batches_done, shard.attempts, shard.lease_owner) == (ShardState.QUEUED, 1, 0, "")


def test_reducing_waits_for_the_last_shard():
    run = make_planned_run(samples=4, batch_size=1, shards=2)
    first, second = (claimed(shard, by="one") for shard in run.shards.order_by("index"))
    lifecycle.finish_shard(first)
    assert lifecycle.claim_reducing(run.pk, by="one") is None
    lifecycle.finish_shard(second)
    lease = lifecycle.claim_reducing(run.pk, by="one")
    assert lifecycle.claim_reducing(run.pk, by="two") is None
    lifecycle.finish(lease, results={"metrics": []})
    run.refresh_from_db()
    assert (run.state, run.results, run.has_ended) == (RunState.FINISHED, {"metrics": []}, True)
    assert run.finished_at is not None


def test_the_reaper_returns_a_silent_planner_to_the_queue(admin):
    run = lifecycle.request(make_mapping(), by=admin)
    zombie = lifecycle.claim_planning(run.pk, by="one")
    assert lifecycle.reap() == 0
    expire(Run.objects.filter(pk=run.pk))
    assert lifecycle.reap() == 1
    run.refresh_from_db()
    assert (run.state, run.lease_owner) == (RunState.REQUESTED, "")
    with pytest.raises(lifecycle.LostLease), transaction.atomic():
        lifecycle.planned(zombie, shards=[[Batch((0,))]], plan_version=1)


def test_the_reaper_returns_a_silent_reducer_to_scoring():
    run = make_planned_run()
    lifecycle.finish_shard(claimed(run.shards.get(), by="one"))
    zombie = lifecycle.claim_reducing(run.pk, by="one")
    expire(Run.objects.filter(pk=run.pk))
    assert lifecycle.reap() == 1
    heir = lifecycle.claim_reducing(run.pk, by="two")
    with pytest.raises(lifecycle.LostLease), transaction.atomic():
        lifecycle.finish(zombie, results={})
    lifecycle.finish(heir, results={"metrics": []})


def test_a_shard_that_lost_three_workers_fails_its_run_with_the_reason():
    run = make_planned_run()
    shard = run.shards.get()
    for worker in ("one", "two", "three"):
        assert claimed(shard, by=worker) is not None
        expire(Shard.objects.filter(pk=shard.pk))
        assert lifecycle.reap() == 1
    assert claimed(shard, by="four") is None
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, "lost_worker")
    assert run.error_message == (
        "Shard 1 lost its worker 3 times: look into the workers' logs for what ends them, then let the run be tried again."
    )


def test_everybody_who_scored_is_on_record_and_the_first_stands_for_the_run():
    run = make_planned_run()
    shard = run.shards.get()
    first = claimed(shard, by="one")
    lifecycle.record_scorer(first, facts={"worker": "one", "device": {"kind": "cpu"}}, from_batch=0)
    lifecycle.release(first, note="Stopped.")
    second = claimed(shard, by="two")
    lifecycle.record_scorer(second, facts={"worker": "two", "device": {"kind": "cuda"}}, from_batch=1)
    lifecycle.finish_shard(second)
    lifecycle.finish(lifecycle.claim_reducing(run.pk, by="two"), results={})
    run.refresh_from_db()
    assert (run.provenance["worker"], run.provenance["device"]) == ("one", {"kind": "cpu"})
    assert run.provenance["scored_by"] == [
        {"worker": "one", "device": {"kind": "cpu"}, "shards": [[0, 0]]},
        {"worker": "two", "device": {"kind": "cuda"}, "shards": [[0, 1]]},
    ]


def test_no_event_of_the_reaper_names_a_worker_in_public():
    run = make_planned_run()
    claimed(run.shards.get(), by="scorer@secret-host")
    expire(Shard.objects.filter(run=run))
    lifecycle.reap()
    event = RunEvent.objects.filter(run=run).latest("pk")
    assert (event.note, event.actor) == ("Its worker went silent while scoring shard 1.", "scorer@secret-host")


def test_a_failed_shard_fails_its_run_with_its_sentence():
    run = make_planned_run()
    lease = claimed(run.shards.get(), by="one")
    lifecycle.fail(lease, code="data_missing", message="The questions are not there: put them there.")
    run.refresh_from_db()
    assert (run.state, run.error_code, run.error_message) == (
        "failed", "data_missing", "The questions are not there: put them there.",
    )  # fmt: skip
    assert run.shards.get().state == ShardState.FAILED


def test_only_a_failed_run_has_a_way_on_after_its_end():
    assert {RunState.FINISHED, RunState.FAILED, RunState.CANCELLED} == ENDED
    assert {state for state in ENDED if MOVES[state]} == {RunState.FAILED}
    assert MOVES[RunState.FAILED] == {RunState.REQUESTED, RunState.SCORING}
    assert set(MOVES) == set(RunState)


def test_the_site_cannot_rewrite_the_history_of_a_run(admin):
    run = lifecycle.request(make_mapping(), by=admin)
    events = RunEvent.objects.filter(run=run)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        events.update(note="Never asked for.")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        events.delete()
    assert events.get().note == "Asked for."
