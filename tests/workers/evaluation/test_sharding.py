"""The same run in 1, 3 or 64 shards, by one worker or three, of which one is killed and one is told to stop: the same bits."""

import time

import pytest
from django.utils import timezone

from tests.factories.celery_worker import celery_worker, finished
from tests.workers.evaluation.celery_runs import answers_of, make_run_mapping, metrics_of, until
from workers import lifecycle, shards, speed
from workers.models import Request, Worker
from workers.states import ShardState

pytestmark = [pytest.mark.usefixtures("mmlu", "committed_db"), pytest.mark.long]

WHOLE = 10**9


def size_for(run, wanted):
    """Tokens a shard that cut the run into so many shards, or a few more."""
    batches = [shards.batch_of(stored) for shard in run.shards.order_by("index") for stored in shard.batches]
    return next(size for size in range(shards.work(batches), 0, -20) if len(shards.cut(batches, tokens=size)) >= wanted)


def requests_of(run):
    return list(Request.objects.filter(run=run).order_by("ordinal").values_list("ordinal", "prompt__digest", "continuation"))


def samples_of(run):
    columns = ("index", "task", "document_id", "target", "prediction", "is_correct", "margin")
    return list(run.samples.order_by("index").values_list(*columns))


def everything_of(run):
    """All that a run found, to the last bit."""
    tasks = [(task["name"], task["prompt_sha256"]) for task in run.provenance["tasks"]]
    return answers_of(run), metrics_of(run), samples_of(run), [(o, bytes(d), c) for o, d, c in requests_of(run)], tasks


@pytest.mark.timeout(600)
def test_however_a_run_is_cut_and_disturbed_it_finds_the_same_bits(worker, neox, bench, log, tmp_path):
    mapping = make_run_mapping(neox, task="mmlu_social_sciences")
    environment = {
        "BENCHMARK_DATA": str(bench),
        "CHECKPOINT_ROOTS": str(neox.parent),
        "HF_HUB_OFFLINE": "1",
        "WORKER_DEVICE": "cpu",
    }

    def ask(size):
        return lifecycle.request(mapping, by=None, items_per_task=6, token_budget=60, shard_tokens=size)

    whole = finished(ask(WHOLE), process=worker, log=log)
    three = finished(ask(size_for(whole, 3)), process=worker, log=log)
    assert [whole.shards.count(), three.shards.count()] == [1, 3]
    assert everything_of(three) == everything_of(whole)
    size = size_for(whole, 64)
    with celery_worker(tmp_path / "second.log", name="second", **environment) as second:
        many = finished(ask(size), process=worker, log=log)
        assert many.shards.count() >= 64
        assert everything_of(many) == everything_of(whole)
        disturbed = ask(size)
        _kill(worker, disturbed)
        _stop(second, disturbed)
    with celery_worker(tmp_path / "third.log", name="third", **environment) as third:
        lifecycle.reap()
        disturbed = finished(disturbed, process=third, log=tmp_path / "third.log")

    assert everything_of(disturbed) == everything_of(whole)
    assert disturbed.provenance["plan"]["is_bit_identical"] is True
    assert {facts["worker"] for facts in disturbed.provenance["scored_by"]} == {"scorer@tests", "second@tests", "third@tests"}
    last = Worker.objects.get(name="third@tests")
    assert last.warm_checkpoint == whole.checkpoint
    assert speed.measured([whole.checkpoint_id]).keys() == {(whole.checkpoint_id, last.device_label)}


def _kill(worker, run):
    """End the worker while it has a shard of the run, as a machine ends."""
    until(lambda: _has_begun(run, "scorer@tests"))
    worker.kill()
    worker.wait()
    run.shards.filter(lease_owner="scorer@tests").update(lease_expires_at=timezone.now())  # 90 seconds have passed


def _stop(worker, run):
    """Tell the worker to stop while it scores the run: within seconds all that it had is back."""
    until(lambda: _has_begun(run, "second@tests"))
    assert run.shards.exclude(state=ShardState.DONE).count() > 5, "there is enough left to disturb"
    worker.terminate()
    began = time.monotonic()
    worker.wait(timeout=30)
    assert time.monotonic() - began < 10
    assert not run.shards.filter(lease_owner="second@tests").exists()


def _has_begun(run, name):
    """Whether the worker has done three shards and holds another."""
    mine = [
        entry for scored_by in run.shards.values_list("scored_by", flat=True) for entry in scored_by if entry["worker"] == name
    ]
    return len(mine) > 3 and run.shards.filter(lease_owner=name, state=ShardState.RUNNING).exists()
