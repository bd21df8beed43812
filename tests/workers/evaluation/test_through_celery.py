"""From the button to the board: real MMLU, the real tokenizer, a real worker process; every number is lm-eval's own."""

import hashlib
import shutil
import time

import pytest
from django.utils import timezone
from safetensors.torch import load_file, save_file

from accounts.models import User
from leaderboards.models import Measurement
from tests.factories.celery_worker import celery_worker, finished, wait_for_end
from tests.factories.runs import GIGABYTE, make_checkpoint, make_claim, make_mapping, make_protocol
from tests.workers.evaluation.comparison import assert_equal, expected
from workers import lifecycle, plan
from workers.evaluation.contract import MetricValue, Response
from workers.models import Request, Run, RunEvent, Sample, Shard

pytestmark = pytest.mark.usefixtures("mmlu", "committed_db")


@pytest.fixture
def log(tmp_path):
    return tmp_path / "worker.log"


@pytest.fixture
def worker(committed_db, bench, neox, log):
    environment = {
        "BENCHMARK_DATA": str(bench),
        "CHECKPOINT_ROOTS": str(neox.parent),
        "HF_HUB_OFFLINE": "1",
        "WORKER_DEVICE": "cpu",
    }
    with celery_worker(log, **environment) as process:
        yield process


def make_run_mapping(neox, *, task, claim=None, checkpoint=None, **protocol):
    checkpoint = checkpoint or make_checkpoint(folder=neox.name, parameter_count=6_541_056)
    return make_mapping(claim=claim, checkpoint=checkpoint, protocol=make_protocol(task=task, num_fewshot=5, **protocol))


def answers_of(run):
    rows = Request.objects.filter(run=run).order_by("ordinal").values_list("log_likelihood", "is_greedy")
    return [Response(log_likelihood, is_greedy) for log_likelihood, is_greedy in rows]


def metrics_of(run):
    return [MetricValue(**metric) for metric in run.results["metrics"]]


def test_a_click_puts_the_harness_own_number_beside_the_claim(worker, neox, log, client):
    claim = make_claim(value="33.6")
    mapping = make_run_mapping(neox, task="mmlu_abstract_algebra", claim=claim)
    client.force_login(User.objects.create(username="admin", is_staff=True))

    response = client.post("/runs/request", {"mapping": mapping.pk})
    run = finished(Run.objects.get(), process=worker, log=log)

    assert response["Location"] == f"/runs/{run.public_id}"
    wanted = expected(neox, plan.spec_of(run))
    assert len(wanted.log_likelihoods) == 400
    prompts = Request.objects.filter(run=run).order_by("ordinal").values_list("prompt__text", "continuation")
    assert list(prompts) == wanted.contexts
    assert_equal(wanted, answers_of(run), metrics_of(run))

    accuracy, stderr, items = wanted.metrics["mmlu_abstract_algebra", "acc"]
    measurement = Measurement.objects.get()
    assert (measurement.claim, measurement.run_id, measurement.items, items) == (claim, run.public_id, 100, 100)
    assert measurement.value == pytest.approx(100 * accuracy)
    assert measurement.standard_error == pytest.approx(100 * stderr)
    assert measurement.chance_level == 25.0
    assert measurement.interval_low < measurement.value < measurement.interval_high
    assert Sample.objects.filter(run=run, is_correct=True).count() == round(100 * accuracy)

    page = client.get(f"/sota/{claim.leaderboard.slug}").content.decode()
    assert "33.6" in page
    assert f"{100 * accuracy:.1f}" in page
    assert f"/runs/{run.public_id}" in page


def test_many_subjects_make_one_number_as_in_the_harness(worker, neox, log):
    mapping = make_run_mapping(neox, task="mmlu_stem")

    run = finished(lifecycle.request(mapping, by=None, items_per_task=1), process=worker, log=log)

    wanted = expected(neox, plan.spec_of(run))
    assert len(wanted.log_likelihoods) == 19 * 4
    assert_equal(wanted, answers_of(run), metrics_of(run))
    assert not Measurement.objects.exists(), "a trial measures no claim"


def test_what_ran_is_on_record(worker, neox, log):
    run = finished(
        lifecycle.request(make_run_mapping(neox, task="mmlu_anatomy"), by=None, items_per_task=2), process=worker, log=log
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
    assert record["plan"] == {"version": 1, "batch_size": 8, "batches": 1, "requests": 8}
    states = list(RunEvent.objects.filter(run=run).values_list("state", flat=True))
    assert states == ["requested", "planning", "scoring", "scoring", "scoring", "reducing", "finished"]


def test_bad_input_fails_the_run_with_one_sentence_before_the_model_is_loaded(worker, neox, log):
    cut = neox.parent / "cut"
    cut.mkdir(exist_ok=True)
    for file in neox.iterdir():
        content = file.read_bytes()
        (cut / file.name).write_bytes(content[: len(content) // 2] if file.suffix == ".safetensors" else content)
    good = make_checkpoint(folder=neox.name)
    cases = [
        (make_run_mapping(neox, task="mmlu_anatomy", checkpoint=make_checkpoint(folder="nowhere")), "checkpoint_missing"),
        (make_run_mapping(neox, task="mmlu_anatomy", checkpoint=make_checkpoint(folder="cut")), "checkpoint_broken"),
        (make_run_mapping(neox, task="mmlu_anatomy", checkpoint=make_checkpoint(folder="../outside")), "checkpoint_refused"),
        (make_run_mapping(neox, task="mmlu_anatomyy", checkpoint=good), "unknown_task"),
        (make_run_mapping(neox, task="humaneval", checkpoint=good), "unsafe_task"),
        (make_run_mapping(neox, task="hellaswag", checkpoint=good), "data_missing"),
        (make_run_mapping(neox, task="mmlu_anatomy", checkpoint=good, metric="accuracy"), "unknown_metric"),
        (make_run_mapping(neox, task="mmlu_anatomy", checkpoint=good, versions={"lm_eval": "0.0.1"}), "protocol_mismatch"),
        (make_run_mapping(neox, task="mmlu_stem", checkpoint=good, aggregation="macro"), "protocol_mismatch"),
    ]
    for mapping, code in cases:
        run = wait_for_end(lifecycle.request(mapping, by=None), process=worker, log=log)
        assert (run.state, run.error_code) == ("failed", code), run.error_message
        assert run.error_message[-1] in ".?"
        assert "\n" not in run.error_message
        assert str(neox.parent) not in run.error_message
        assert not run.shards.exists()


def test_a_worker_killed_while_it_scores_costs_nothing_but_time(worker, neox, bench, log, tmp_path):
    mapping = make_run_mapping(neox, task="mmlu_abstract_algebra")
    run = lifecycle.request(mapping, by=None, items_per_task=32, batch_size=2)
    until(lambda: Shard.objects.filter(run=run, batches_done__gte=2).exists())
    worker.kill()
    worker.wait()
    kept = Shard.objects.get(run=run).batches_done
    assert 2 <= kept < 16
    before = answers_of(run)
    Shard.objects.filter(run=run).update(lease_expires_at=timezone.now())  # 90 seconds have passed
    assert lifecycle.reap() == 1

    other_log = tmp_path / "other.log"
    environment = {
        "BENCHMARK_DATA": str(bench),
        "CHECKPOINT_ROOTS": str(neox.parent),
        "HF_HUB_OFFLINE": "1",
        "WORKER_DEVICE": "cpu",
    }
    with celery_worker(other_log, name="other", **environment) as other:
        lifecycle.reap()
        run = finished(run, process=other, log=other_log)

    wanted = expected(neox, plan.spec_of(run))
    assert_equal(wanted, answers_of(run), metrics_of(run))
    assert all(new == old for new, old in zip(answers_of(run), before, strict=True) if old.log_likelihood is not None)
    assert [(entry["worker"], entry["from_batch"]) for entry in run.provenance["scored_by"]] == [
        ("scorer@tests", 0),
        ("other@tests", kept),
    ]


def test_exchanged_weights_are_never_measured_under_the_old_ones(worker, neox, log):
    folder = neox.parent / "exchanged"
    shutil.copytree(neox, folder, dirs_exist_ok=True)
    mapping = make_run_mapping(folder, task="mmlu_anatomy")
    first = finished(lifecycle.request(mapping, by=None, items_per_task=4), process=worker, log=log)
    weights = load_file(folder / "model.safetensors")
    weights["embed_out.weight"] = -weights["embed_out.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    second = finished(lifecycle.request(mapping, by=None, items_per_task=4), process=worker, log=log)

    assert_equal(expected(folder, plan.spec_of(second)), answers_of(second), metrics_of(second))
    assert answers_of(first) != answers_of(second)
    assert sha_of(first) != sha_of(second) == hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def sha_of(run):
    return {file["name"]: file["sha256"] for file in run.provenance["checkpoint"]["files"]}["model.safetensors"]


def until(is_so, *, seconds=120):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.05)


def test_a_run_that_fits_no_worker_waits_and_says_why(worker, neox, log, client):
    large = make_checkpoint(folder=neox.name, memory_bytes=45_220_048_896, device="gpu", parameter_count=20 * GIGABYTE)
    waits = lifecycle.request(make_run_mapping(neox, task="mmlu_anatomy", checkpoint=large), by=None)
    other = lifecycle.request(make_run_mapping(neox, task="mmlu_anatomy"), by=None, items_per_task=1)
    finished(other, process=worker, log=log)

    assert Run.objects.get(pk=waits.pk).state == "requested"
    assert "Needs 45 GB of GPU memory; no worker online has it." in client.get(f"/runs/{waits.public_id}").content.decode()
