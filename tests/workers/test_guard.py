"""Leased work that does not end well."""

import logging
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from tests.factories.leases import claimed
from tests.factories.runs import make_planned_run
from workers import guard, heartbeat, lifecycle, log_tail, score
from workers.evaluation.errors import CheckpointBroken
from workers.lifecycle import LostLease
from workers.models import Fault, Worker
from workers.states import RunState, ShardState
from workers.stopping import Stopping


@pytest.fixture
def run(db):
    return make_planned_run()


@pytest.fixture
def lease(run):
    return claimed(run.shards.get(), by="one")


def outcome_of(run, lease, error):
    with guard.answering(lease):
        raise error
    run.refresh_from_db()
    return run.state, run.error_code, run.error_message, run.shards.get().state


def test_a_known_error_fails_the_run_with_its_sentence(run, lease):
    error = CheckpointBroken("The file is cut short: fetch it again.")
    assert outcome_of(run, lease, error) == ("failed", "checkpoint_broken", "The file is cut short: fetch it again.", "failed")


def test_a_fault_of_ours_is_tried_again_then_fails_the_run_and_says_that_it_is_ours(run, lease, caplog):
    with caplog.at_level(logging.CRITICAL):
        assert outcome_of(run, lease, TypeError("unexpected")) == (RunState.SCORING, "", "", ShardState.QUEUED)
        for worker in ("two", "three"):
            lease = claimed(run.shards.get(), by=worker)
            state, code, message, _ = outcome_of(run, lease, TypeError("unexpected"))
    assert (state, code) == ("failed", "code_error")
    assert message == "The portal's own code failed (TypeError: unexpected): the worker's log has the traceback; report it."


def test_what_was_logged_stands_beside_the_worker_and_with_the_fault_and_ends_with_the_work(run, lease):
    Worker.objects.update(log_tail="Of another run.")
    worker = Worker.objects.get(name="one")
    logging.getLogger("celery.app").warning("A ring.")
    with guard.answering(lease):
        logging.getLogger("a_package").warning("Building %s\0 requests.", 4)
        logging.getLogger("celery.app").warning("Another ring.")
        log_tail.tell(worker="one", run_id=run.pk)
        worker.refresh_from_db()
        assert (worker.log_run, worker.log_tail[8:]) == (run, " WARNING a_package: Building 4␀ requests.")
        for number in range(60):
            logging.getLogger("workers.score").warning("%s%s", number, "x" * 1000)
        raise CheckpointBroken("It is cut short: fetch it again.")
    (fault,) = Fault.objects.all()
    lines = fault.log_tail.splitlines()
    assert (len(lines), len(lines[0]), lines[0][8:40]) == (40, 400, " WARNING workers.score: 20xxxxxx")
    logging.getLogger("workers.score").warning("Nothing of this work.")
    log_tail.tell(worker="one", run_id=run.pk)
    worker.refresh_from_db()
    assert "Nothing of this work." not in worker.log_tail


def test_the_log_of_a_fault_of_ours_ends_with_its_traceback(run, lease):
    outcome_of(run, lease, TypeError("unexpected"))
    assert Fault.objects.get().log_tail.splitlines()[-1] == "TypeError: unexpected"


def test_a_worker_that_is_lost_leaves_the_lines_of_this_run_and_of_no_other(run, lease):
    for about, kept in ((run, "Loading."), (make_planned_run(), "")):
        Worker.objects.update(log_tail="Loading.", log_run=about)
        run.shards.update(state="running", lease_owner="one", lease_expires_at=timezone.now() - timedelta(seconds=1))
        assert lifecycle.reap() == 1
        assert Fault.objects.latest("pk").log_tail == kept


def test_a_stop_hands_the_shard_back(run, lease):
    assert outcome_of(run, lease, Stopping()) == (RunState.SCORING, "", "", ShardState.QUEUED)


def test_a_lost_lease_changes_nothing(run, lease):
    assert outcome_of(run, lease, LostLease("gone")) == (RunState.SCORING, "", "", ShardState.RUNNING)


def test_a_lost_database_costs_neither_the_shard_nor_the_worker_an_attempt(committed_db, caplog):
    shard = make_planned_run().shards.get()
    lease = claimed(shard, by="one")
    with caplog.at_level(logging.CRITICAL), guard.answering(lease), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    shard.refresh_from_db()
    assert (shard.state, shard.attempts, shard.lease_owner, Fault.objects.count()) == (ShardState.QUEUED, 0, "", 0)
    assert timedelta(0) < shard.not_before - timezone.now() <= guard.PAUSE_AFTER_DATABASE
    assert shard.run.events.latest("pk").note == guard.DATABASE_AWAY


def test_a_public_message_names_settings_and_no_folders(settings, tmp_path):
    settings.CHECKPOINT_ROOTS = [tmp_path / "var" / "checkpoints"]
    settings.VAR_DIR = tmp_path / "var"
    settings.BENCHMARK_DATA = tmp_path / "data"
    message = f"{tmp_path}/var/checkpoints/small is missing; so is {tmp_path}/data/mmlu, and {tmp_path}/var/log."
    assert guard.public(message) == "CHECKPOINT_ROOTS/small is missing; so is BENCHMARK_DATA/mmlu, and VAR_DIR/log."


def test_a_batch_that_is_written_for_a_run_that_nobody_wants_any_more_ends_in_its_middle(committed_db, monkeypatch):
    monkeypatch.setattr(heartbeat, "INTERVAL", 0.0)
    run = make_planned_run()
    lease = claimed(run.shards.get(), by="one")
    with heartbeat.Pulse(lease) as pulse:
        score._move(lease, pulse)
        lifecycle.cancel(run, by=User.objects.create(username="admin", is_staff=True))
        deadline = time.monotonic() + 20
        with pytest.raises(LostLease, match="was cancelled or taken while a batch of it was written"):
            while time.monotonic() < deadline:
                score._move(lease, pulse)
                time.sleep(0.05)
