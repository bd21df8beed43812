"""A worker whose memory runs out while it scores: what is left is cut into smaller batches, and the run says so."""

import resource
from pathlib import Path

import pytest

from tests.factories.celery_worker import finished
from tests.workers.evaluation.celery_runs import answers_of, make_run_mapping, metrics_of, until
from tests.workers.evaluation.comparison import assert_equal, expected
from workers import lifecycle, plan
from workers.models import Run
from workers.states import RunState

pytestmark = [pytest.mark.usefixtures("mmlu", "committed_db_of_module"), pytest.mark.long]

ROOM = 80 * 2**20


def size_of(process):
    """Bytes of address space that the process has."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmSize:")[1].split()[0]) * 1024


def test_a_run_that_does_not_fit_goes_on_in_smaller_batches(worker, neox, worker_log):
    small = make_run_mapping(neox, task="mmlu_anatomy")
    finished(lifecycle.request(small, by=None, items_per_task=1), process=worker, log=worker_log)  # the model is loaded and warm
    size = size_of(worker)

    # Prompts of 2,048 tokens that share nothing, all in one batch.
    mapping = make_run_mapping(neox, task="mmlu_high_school_european_history")
    run = lifecycle.request(mapping, by=None, items_per_task=20, token_budget=100_000)
    until(lambda: Run.objects.filter(pk=run.pk, state=RunState.SCORING).exists())  # planning may take what it needs
    resource.prlimit(worker.pid, resource.RLIMIT_AS, (size + ROOM, resource.RLIM_INFINITY))
    run = finished(run, process=worker, log=worker_log)

    record = run.provenance["plan"]
    changes = record["changes"]
    assert record["is_bit_identical"] is False
    assert [change["version"] for change in changes] == list(range(2, 2 + len(changes)))
    assert [change["token_budget"] for change in changes] == [100_000 // 2**n for n in range(1, 1 + len(changes))]
    assert (run.plan_version, run.token_budget) == (changes[-1]["version"], changes[-1]["token_budget"])
    assert "ran out of memory on cpu" in changes[0]["reason"]
    notes = " ".join(run.events.values_list("note", flat=True))
    assert "Plan version 2: batches of 50,000 tokens. Scoring GPTNeoXForCausalLM ran out of memory" in notes
    assert_equal(expected(neox, plan.spec_of(run), batch_size=1), answers_of(run), metrics_of(run))
