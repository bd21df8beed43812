"""Work that ends workers, and workers that end work: three attempts, each with its kind of fault, then an end with a reason."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from tests.factories.leases import claimed
from tests.factories.runs import make_planned_run, make_worker
from workers import lifecycle
from workers.evaluation import errors
from workers.faults import FaultClass, class_of, may_pass
from workers.models import Fault, Run, Shard, Worker
from workers.states import RunState

pytestmark = pytest.mark.django_db


def die(shard, *, on="one", code="code_error", message="The portal's own code failed."):
    lease = claimed(shard, by=on)
    assert lease is not None
    lifecycle.fail(lease, code=code, message=message)


def lose(shard, *, on):
    assert claimed(shard, by=on) is not None
    Shard.objects.filter(pk=shard.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert lifecycle.reap() == 1


@pytest.mark.parametrize("code", ["out_of_memory", "code_error"])
def test_what_may_pass_is_tried_three_times_in_all(code):
    run = make_planned_run(shards=2)
    shard = run.shards.get(index=1)
    for attempt in (1, 2):
        die(shard, on=f"worker {attempt}", code=code)
        shard.refresh_from_db()
        assert (shard.state, shard.attempts, shard.lease_owner) == ("queued", attempt, "")
        assert timedelta(0) < shard.not_before - timezone.now() <= timedelta(seconds=20)
        assert Run.objects.get(pk=run.pk).state == RunState.SCORING
    die(shard, on="worker 3", code=code, message="Once too often.")
    shard.refresh_from_db()
    run.refresh_from_db()
    assert (shard.state, shard.error_code) == ("failed", code)
    assert (run.state, run.error_code, run.error_message) == ("failed", code, "Once too often.")
    faults = Fault.objects.filter(shard=shard).values_list("worker", "fault_class")
    assert list(faults) == [(f"worker {attempt}", class_of(code)) for attempt in (1, 2, 3)]
    notes = list(run.events.filter(note__contains="failed (attempt").values_list("note", flat=True))
    assert notes[0] == "Shard 2 failed (attempt 1 of 3) and is tried again. The portal's own code failed."


@pytest.mark.parametrize("code", ["data_missing", "checkpoint_missing", "checkpoint_gated", "plan_changed"])
def test_what_stays_as_it_is_fails_at_once(code):
    run = make_planned_run()
    die(run.shards.get(), code=code, message="It is not there: put it there.")
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", code)
    assert Fault.objects.get().fault_class == class_of(code)


def test_attempts_of_different_kinds_count_together():
    run = make_planned_run()
    shard = run.shards.get()
    die(shard, on="one", code="out_of_memory")
    lose(shard, on="two")
    die(shard, on="three", code="code_error")
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "code_error")
    assert list(Fault.objects.values_list("fault_class", flat=True)) == ["out_of_memory", "lost_worker", "code"]


@pytest.mark.parametrize("end", [die, lose])
def test_a_run_on_which_three_workers_died_ends_before_it_takes_the_others(end):
    for name in ("one", "two", "three", "four"):
        make_worker(name=name)
    run = make_planned_run(samples=8, batch_size=1, shards=8)
    shards = list(run.shards.order_by("index"))
    end(shards[0], on="one")
    end(shards[1], on="two")
    end(shards[2], on="two")
    assert Run.objects.get(pk=run.pk).state == RunState.SCORING
    end(shards[3], on="three")
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert run.error_message.startswith("Shards died on 3 different workers and none was scored meanwhile; this was the last. ")
    assert {worker.set_aside_at for worker in Worker.objects.all()} == {None}
    lifecycle.retry(run, by=User.objects.create(username="admin"))
    end(shards[4], on="four")  # what was before the retry does not count
    assert Run.objects.get(pk=run.pk).state == RunState.SCORING


def test_workers_that_are_lost_together_are_one_loss_and_end_no_run():
    run = make_planned_run(samples=8, batch_size=1, shards=8)
    shards = list(run.shards.order_by("index"))
    for lost in (1, 2):  # a machine with four workers fails, and once more
        for shard, worker in zip(shards[4 * (lost - 1) :], ("one", "two", "three", "four"), strict=False):
            assert claimed(shard, by=worker) is not None
        Shard.objects.filter(state="running").update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        assert lifecycle.reap() == 4
        assert Run.objects.get(pk=run.pk).state == RunState.SCORING
    lose(shards[0], on="five")
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "lost_worker")


@pytest.mark.parametrize("end", [die, lose])
def test_a_run_whose_other_shards_are_scored_is_no_poison(end):
    run = make_planned_run(samples=8, batch_size=1, shards=8)
    shards = list(run.shards.order_by("index"))
    for number, worker in enumerate(("one", "two", "three", "four")):
        end(shards[2 * number], on=worker)
        lifecycle.finish_shard(claimed(shards[2 * number + 1], by=worker))
    assert Run.objects.get(pk=run.pk).state == RunState.SCORING


def test_every_known_error_has_its_kind():
    codes = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.EvaluationError)}
    assert {code: class_of(code) for code in codes if class_of(code) != FaultClass.BAD_REQUEST} == {
        "out_of_memory": FaultClass.OUT_OF_MEMORY,
        "data_missing": FaultClass.MISSING_DATA,
        "checkpoint_missing": FaultClass.MISSING_WEIGHTS,
        "checkpoint_broken": FaultClass.MISSING_WEIGHTS,
        "checkpoint_gated": FaultClass.GATED_WEIGHTS,
        "evaluation_error": FaultClass.CODE,
        "device_missing": FaultClass.CODE,
        "training_stopped": FaultClass.CODE,
    }
    assert class_of("lost_worker") == FaultClass.LOST_WORKER
    assert {kind for kind in FaultClass if may_pass(kind)} == {FaultClass.OUT_OF_MEMORY, FaultClass.CODE, FaultClass.LOST_WORKER}


def test_a_worker_on_which_three_different_shards_died_is_set_aside():
    worker, run = make_worker(name="one"), make_planned_run(samples=8, batch_size=1, shards=8)
    shards = list(run.shards.order_by("index"))
    die(shards[0])
    die(shards[0])
    lose(shards[1], on="one")
    worker.refresh_from_db()
    assert worker.set_aside_at is None
    die(shards[2], message="It broke.")
    worker.refresh_from_db()
    assert worker.set_aside_at is not None
    assert worker.set_aside_reason == (
        "3 different shards died on it within an hour, the last of them by: the portal's code. It broke."
    )
    assert lifecycle.claim_next(worker) is None


def test_deaths_of_long_ago_and_from_before_staff_put_it_back_do_not_count():
    worker, run = make_worker(name="one"), make_planned_run(samples=8, batch_size=1, shards=8)
    shards = list(run.shards.order_by("index"))
    for shard in shards[:2]:
        Fault.objects.create(
            run=run,
            shard=shard,
            worker="one",
            fault_class="code",
            code="code_error",
            message="",
            at=timezone.now() - timedelta(hours=2),
        )
    die(shards[2])
    die(shards[3])
    worker.refresh_from_db()
    assert worker.set_aside_at is None
    die(shards[4])
    worker.refresh_from_db()
    assert worker.set_aside_at is not None
    assert lifecycle.put_back(worker) is True
    die(shards[5])
    worker.refresh_from_db()
    assert (worker.set_aside_at, worker.set_aside_reason) == (None, "")
    assert Fault.objects.filter(worker="one").count() == 6


def test_a_worker_that_registers_again_stays_aside():
    worker = make_worker(name="one")
    assert lifecycle.set_aside(worker, reason="Broken.") is True
    assert lifecycle.set_aside(worker, reason="Broken twice.") is False
    Worker.objects.update_or_create(name="one", defaults={"device_name": "another device"})
    assert Worker.objects.get(name="one").set_aside_reason == "Broken."


def test_the_site_cannot_rewrite_what_went_wrong():
    run = make_planned_run()
    die(run.shards.get())
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Fault.objects.update(message="Nothing.")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Fault.objects.all().delete()
