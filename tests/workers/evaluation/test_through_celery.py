"""From the button to the board: real MMLU, the real tokenizer, a real worker process; every number is lm-eval's own."""

import os

import pytest

from accounts.models import User
from leaderboards.models import Measurement
from tests.factories.celery_worker import finished
from tests.factories.runs import make_claim
from tests.workers.evaluation.celery_runs import answers_of, make_run_mapping, metrics_of
from tests.workers.evaluation.comparison import assert_equal, expected
from workers import lifecycle, plan
from workers.models import Request, Run, RunEvent, Sample

pytestmark = [pytest.mark.usefixtures("mmlu", "committed_db_of_module"), pytest.mark.long]


def test_a_click_puts_the_harness_own_number_beside_the_claim(worker, neox, worker_log, client):
    claim = make_claim(value="33.6")
    mapping = make_run_mapping(neox, task="mmlu_abstract_algebra", claim=claim)
    client.force_login(User.objects.create(username="admin", is_staff=True))

    response = client.post("/runs/request", {"mapping": mapping.pk})
    run = finished(Run.objects.get(checkpoint=mapping.checkpoint), process=worker, log=worker_log)

    assert response["Location"] == f"/runs/{run.public_id}"
    wanted = expected(neox, plan.spec_of(run))
    assert len(wanted.log_likelihoods) == 400
    prompts = Request.objects.filter(run=run).order_by("ordinal").values_list("prompt__text", "continuation")
    assert list(prompts) == wanted.contexts
    assert_equal(wanted, answers_of(run), metrics_of(run))

    accuracy, stderr, items = wanted.metrics["mmlu_abstract_algebra", "acc"]
    measurement = Measurement.objects.get(claim=claim)
    assert (measurement.run_id, measurement.items, items) == (run.public_id, 100, 100)
    assert measurement.value == pytest.approx(100 * accuracy)
    assert measurement.standard_error == pytest.approx(100 * stderr)
    assert measurement.chance_level == 25.0
    assert measurement.interval_low < measurement.value < measurement.interval_high
    assert Sample.objects.filter(run=run, is_correct=True).count() == round(100 * accuracy)

    address = f"/sota/{claim.leaderboard.slug}"
    assert str(run.public_id) not in client.get(address).content.decode(), "nobody has published it yet"
    client.post(f"/measurements/{measurement.public_id}/publish")
    page = client.get(address).content.decode()
    assert "33.6" in page
    assert f"{100 * accuracy:.1f}" in page
    assert f"/runs/{run.public_id}" in page


def test_many_subjects_make_one_number_as_in_the_harness(worker, neox, worker_log):
    mapping = make_run_mapping(neox, task="mmlu_stem")

    run = finished(lifecycle.request(mapping, by=None, items_per_task=1), process=worker, log=worker_log)

    wanted = expected(neox, plan.spec_of(run))
    assert len(wanted.log_likelihoods) == 19 * 4
    assert_equal(wanted, answers_of(run), metrics_of(run))
    assert not Measurement.objects.filter(claim=mapping.claim).exists(), "a trial measures no claim"


def test_what_ran_is_on_record(worker, neox, worker_log):
    run = finished(
        lifecycle.request(make_run_mapping(neox, task="mmlu_anatomy"), by=None, items_per_task=2), process=worker, log=worker_log
    )

    record = run.provenance
    assert record["checkpoint"]["location"] == neox.name
    assert {file["name"] for file in record["checkpoint"]["files"]} >= {"model.safetensors", "config.json", "tokenizer.json"}
    assert all(len(file["sha256"]) == 64 for file in record["checkpoint"]["files"])
    assert (record["device"]["kind"], record["worker"]) == ("cpu", "scorer@tests")
    assert record["software"].keys() >= {"torch", "transformers", "lm_eval", "datasets", "python"}
    (task,) = record["tasks"]
    assert (task["name"], task["num_fewshot"], task["items"], task["chance"]) == ("mmlu_anatomy", 5, 2, 0.25)
    assert record["seeds"] == {"python": 0, "numpy": 1234, "torch": 1234, "fewshot": 1234}
    assert record["plan"] == {
        "version": 1, "token_budget": 2048, "threads": len(os.sched_getaffinity(0)), "batches": 1, "shards": 1,
        "shard_tokens": run.shard_tokens, "requests": 8, "is_bit_identical": True,
    }  # fmt: skip
    states = list(RunEvent.objects.filter(run=run).values_list("state", flat=True))
    assert states == ["requested", "planning", "scoring", "scoring", "scoring", "reducing", "finished"]
