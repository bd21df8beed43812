"""The same run in 1, 3 and 64 shards, on one worker and on four, undisturbed and under every fault: the same bits, once each.

`make chaos` does the same for long and at random.
"""

from contextlib import contextmanager
from random import Random

import pytest
from django.conf import settings

from tests.workers.evaluation.chaos.faults import FAULTS, Chaos
from tests.workers.evaluation.chaos.findings import complaints_of, everything_of, scorers_at_once, scorers_of
from tests.workers.evaluation.chaos.patience import until
from tests.workers.evaluation.chaos.runs import WHOLE, Asker, size_for
from tests.workers.evaluation.chaos.site import Site, environment_of, host_of
from workers import lifecycle, speed
from workers.models import Run, Worker

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("mmlu", "committed_db")]

WORKERS = ["one", "two", "three", "four"]


@pytest.mark.timeout(900)
def test_however_a_run_is_cut_and_disturbed_it_finds_the_same_bits(neox, bench, tmp_path):
    if not settings.DATABASE_IS_EMBEDDED:
        pytest.skip("needs servers of its own to kill: unset DATABASE_URL")
    asker = Asker(neox, task="mmlu_abstract_algebra")
    whole = asker.ask(shard_tokens=WHOLE)
    environment = environment_of(bench, neox)
    site = Site(tmp_path, workers=WORKERS, forking=["four"], var_dir=settings.VAR_DIR, environment=environment)
    with site.running():
        until(site.is_up, what="all workers are up")
        whole = ended(whole)
        three, many = ended(asker.ask(shard_tokens=size_for(whole, 3))), ended(asker.ask(shard_tokens=size_for(whole, 64)))
        with only("one"):
            alone = ended(asker.ask(shard_tokens=size_for(whole, 64)))
            assert Worker.objects.get(name=host_of("one")).warm_checkpoint_id == whole.checkpoint_id
        chaos = Chaos(site, Random(1), in_a_hurry=True)
        disturbed = [asker.ask(shard_tokens=size_for(whole, wanted)) for wanted in (8, 12, 64)]
        for fault in FAULTS:
            print(fault(chaos), flush=True)
        until(lambda: have_ended(chaos, disturbed), what="the disturbed runs end")

    undisturbed = [whole, three, many, alone]
    assert [run.shards.count() for run in (whole, three)] == [1, 3]
    assert min(many.shards.count(), alone.shards.count()) >= 64
    assert (scorers_at_once(many) >= 2, scorers_of(alone)) == (True, {host_of("one")})
    assert complaints_of([*undisturbed, *disturbed], wanted=everything_of(whole)) == []
    assert {checkpoint for checkpoint, _ in speed.measured([whole.checkpoint_id])} == {whole.checkpoint_id}


@contextmanager
def only(name):
    """Set all other workers aside."""
    others = Worker.objects.exclude(name=host_of(name))
    for worker in others:
        lifecycle.set_aside(worker, reason="One is to score alone.")
    yield
    for worker in others:
        lifecycle.put_back(worker)


def ended(run):
    until(lambda: has_ended(run), what=f"run {run.pk} ends")
    return Run.objects.get(pk=run.pk)


def have_ended(chaos, runs):
    chaos.tend()
    return all(has_ended(run) for run in runs)


def has_ended(run):
    lifecycle.reap()
    return Run.objects.get(pk=run.pk).has_ended
