"""When waiting runs should start and end: by what was measured, and unknown where nothing was."""

import pytest

from tests.factories.runs import GIGABYTE, make_checkpoint, make_planned_run, make_worker
from workers import forecast, speed
from workers.forecast import UNKNOWN, Forecast, Job
from workers.models import Run, Shard
from workers.states import RunState, ShardState


def job(key, tokens, speeds, *, is_begun=False):
    return Job(key=key, tokens=tokens, speeds=speeds, is_begun=is_begun)


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ([job(1, 100, {"a": 10.0})], {1: (0.0, 10.0)}),
        ([job(1, 100, {"a": 10.0}), job(2, 50, {"a": 5.0})], {1: (0.0, 10.0), 2: (10.0, 20.0)}),
        ([job(1, 100, {"a": 10.0, "b": 40.0})], {1: (0.0, 2.0)}),  # both share it
        ([job(1, 100, {"a": 10.0}), job(2, 100, {"b": 10.0})], {1: (0.0, 10.0), 2: (0.0, 10.0)}),  # nobody waits for another
        ([job(1, 100, {"a": 10.0}), job(2, 200, {"a": 10.0, "b": 10.0})], {1: (0.0, 10.0), 2: (0.0, 15.0)}),  # a helps from 10 on
        ([job(1, 100, {"a": 10.0}), job(2, 50, {"a": 10.0, "b": 10.0})], {1: (0.0, 10.0), 2: (0.0, 5.0)}),  # a comes too late
        ([job(1, 100, {"a": 10.0}), job(2, 100, {"a": 10.0}, is_begun=True)], {1: (0.0, 10.0), 2: (0.0, 20.0)}),
        ([job(1, 100, {"a": None})], {1: (0.0, None)}),  # never measured
        ([job(1, None, {"a": 10.0})], {1: (0.0, None)}),  # no plan yet
        ([job(1, None, {"a": 10.0}), job(2, 100, {"a": 10.0})], {1: (0.0, None), 2: (None, None)}),  # behind the unknown
        ([job(1, 100, {})], {1: (None, None)}),  # no worker fits
        ([job(1, 0, {"a": 10.0})], {1: (0.0, 0.0)}),
        ([], {}),
    ],
)
def test_runs_are_reckoned_in_their_order(jobs, expected):
    assert forecast.reckon(jobs) == {key: Forecast(*times) for key, times in expected.items()}


def measure(run, *, tokens, seconds, worker):
    """The first shard of the run was scored by the worker."""
    Shard.objects.filter(run=run, index=0).update(
        state=ShardState.DONE, batches_done=1, device=worker.device_label, device_tokens=tokens, device_seconds=seconds
    )


@pytest.mark.django_db
def test_a_run_ends_by_the_speed_of_its_own_shards():
    worker = make_worker()
    run = make_planned_run(samples=4, batch_size=1, shards=4)
    assert forecast.of([run]) == {run.pk: Forecast(0.0, None)}
    measure(run, tokens=100, seconds=2.0, worker=worker)
    assert forecast.of([run]) == {run.pk: Forecast(0.0, 6.0)}


@pytest.mark.django_db
def test_a_run_without_a_plan_is_as_long_as_its_last_like_was():
    worker = make_worker()
    first = make_planned_run(samples=4, batch_size=1, shards=4)
    measure(first, tokens=100, seconds=2.0, worker=worker)
    Run.objects.filter(pk=first.pk).update(state=RunState.FINISHED)
    again = Run.objects.create(checkpoint=first.checkpoint, protocol=first.protocol)
    trial = Run.objects.create(checkpoint=first.checkpoint, protocol=first.protocol, items_per_task=5)
    assert forecast.of([again, trial]) == {again.pk: Forecast(0.0, 8.0), trial.pk: Forecast(8.0, None)}


@pytest.mark.django_db
def test_nothing_is_foretold_of_a_paused_run_and_of_one_that_fits_nobody():
    make_worker(memory_bytes=GIGABYTE)
    paused = make_planned_run()
    large = make_planned_run(checkpoint=make_checkpoint(memory_bytes=45 * GIGABYTE, device="gpu"))
    Run.objects.filter(pk=paused.pk).update(state=RunState.PAUSED)
    paused.refresh_from_db()
    assert forecast.of([paused, large]) == {paused.pk: UNKNOWN, large.pk: UNKNOWN}


@pytest.mark.django_db
def test_a_worker_that_is_set_aside_or_away_is_not_counted_on():
    worker = make_worker()
    run = make_planned_run(samples=4, batch_size=1, shards=4)
    measure(run, tokens=100, seconds=2.0, worker=worker)
    worker.set_aside_at = worker.last_seen_at
    worker.save()
    assert forecast.of([run]) == {run.pk: UNKNOWN}


@pytest.mark.django_db
def test_a_speed_is_measured_reckoned_from_others_or_from_arithmetic():
    worker = make_worker(device="cuda", device_count=2)
    run = make_planned_run(samples=4, batch_size=1, shards=4)
    assert speed.measured() == {}
    assert speed.expected(run.checkpoint, worker=worker) == pytest.approx(2 * 1e14 / (2 * 1_000_000))
    measure(run, tokens=300, seconds=2.0, worker=worker)
    assert speed.measured([run.checkpoint_id]) == {(run.checkpoint_id, "2 × a device"): 150.0}
    assert speed.measured([run.checkpoint_id + 1]) == {}
    assert speed.expected(run.checkpoint, worker=worker) == 150.0
    tenfold = make_checkpoint(parameter_count=10_000_000)
    assert speed.expected(tenfold, worker=worker) == pytest.approx(15.0)
    assert speed.tokens_in(60, tenfold, worker=worker) == 900
    elsewhere = make_worker(device_count=4)
    assert speed.expected(run.checkpoint, worker=elsewhere) == pytest.approx(4 * 2e10 / (2 * 1_000_000))
    assert speed.tokens_in(1, make_checkpoint(parameter_count=10**12), worker=elsewhere) == 1
