"""Leased work that does not end well."""

import logging

import pytest
from django.db import OperationalError

from tests.factories.runs import make_planned_run
from workers import guard, lifecycle
from workers.evaluation.errors import CheckpointBroken
from workers.lifecycle import LostLease
from workers.states import RunState, ShardState
from workers.stopping import Stopping

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return make_planned_run()


@pytest.fixture
def lease(run):
    return lifecycle.claim_shard(run.shards.get().pk, by="one")


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
            lease = lifecycle.claim_shard(run.shards.get().pk, by=worker)
            state, code, message, _ = outcome_of(run, lease, TypeError("unexpected"))
    assert (state, code) == ("failed", "code_error")
    assert message == "The portal's own code failed (TypeError: unexpected): the worker's log has the traceback; report it."


def test_a_stop_hands_the_shard_back(run, lease):
    assert outcome_of(run, lease, Stopping()) == (RunState.SCORING, "", "", ShardState.QUEUED)


def test_a_lost_lease_changes_nothing(run, lease):
    assert outcome_of(run, lease, LostLease("gone")) == (RunState.SCORING, "", "", ShardState.RUNNING)


def test_a_lost_database_leaves_the_work_to_the_reaper(run, lease, caplog):
    with caplog.at_level(logging.CRITICAL):
        assert outcome_of(run, lease, OperationalError("gone")) == (RunState.SCORING, "", "", ShardState.RUNNING)


def test_a_public_message_names_settings_and_no_folders(settings, tmp_path):
    settings.CHECKPOINT_ROOTS = [tmp_path / "var" / "checkpoints"]
    settings.VAR_DIR = tmp_path / "var"
    settings.BENCHMARK_DATA = tmp_path / "data"
    message = f"{tmp_path}/var/checkpoints/small is missing; so is {tmp_path}/data/mmlu, and {tmp_path}/var/log."
    assert guard.public(message) == "CHECKPOINT_ROOTS/small is missing; so is BENCHMARK_DATA/mmlu, and VAR_DIR/log."
