"""Faults, planted for real: killed workers, exchanged and broken weights, bad input, a machine that is too small."""

import hashlib
import shutil

import pytest
from django.utils import timezone
from safetensors.torch import load_file, save_file

from tests.factories.celery_worker import celery_worker, finished, wait_for_end
from tests.factories.runs import GIGABYTE, make_checkpoint
from tests.workers.evaluation.celery_runs import answers_of, make_run_mapping, metrics_of, sha_of, until
from tests.workers.evaluation.comparison import assert_equal, expected
from workers import lifecycle, plan
from workers.models import Run, Shard

pytestmark = [pytest.mark.usefixtures("mmlu", "committed_db_of_module"), pytest.mark.long]


def test_a_worker_killed_while_it_scores_costs_nothing_but_time(request, neox, worker_environment, worker_log, tmp_path):
    mapping = make_run_mapping(neox, task="mmlu_abstract_algebra")
    run = lifecycle.request(mapping, by=None, items_per_task=20, token_budget=160)
    with celery_worker(tmp_path / "doomed.log", name="doomed", **worker_environment) as doomed:
        until(lambda: Shard.objects.filter(run=run, batches_done__gte=2).exists())
        doomed.kill()
        doomed.wait()
    kept = Shard.objects.get(run=run).batches_done
    assert 2 <= kept < 10
    before = answers_of(run)
    Shard.objects.filter(run=run).update(lease_expires_at=timezone.now())  # 90 seconds have passed
    assert lifecycle.reap() == 1

    worker = request.getfixturevalue("worker")  # only now, or it would have taken the shard
    lifecycle.reap()
    run = finished(run, process=worker, log=worker_log)

    wanted = expected(neox, plan.spec_of(run))
    assert_equal(wanted, answers_of(run), metrics_of(run))
    assert all(new == old for new, old in zip(answers_of(run), before, strict=True) if old.log_likelihood is not None)
    assert [(entry["worker"], entry["shards"]) for entry in run.provenance["scored_by"]] == [
        ("doomed@tests", [[0, 0]]),
        ("scorer@tests", [[0, kept]]),
    ]


def test_exchanged_weights_are_never_measured_under_the_old_ones(worker, neox, worker_log):
    folder = neox.parent / "exchanged"
    shutil.copytree(neox, folder, dirs_exist_ok=True)
    mapping = make_run_mapping(folder, task="mmlu_anatomy")
    first = finished(lifecycle.request(mapping, by=None, items_per_task=4), process=worker, log=worker_log)
    weights = load_file(folder / "model.safetensors")
    weights["embed_out.weight"] = -weights["embed_out.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    second = finished(lifecycle.request(mapping, by=None, items_per_task=4), process=worker, log=worker_log)

    assert_equal(expected(folder, plan.spec_of(second)), answers_of(second), metrics_of(second))
    assert answers_of(first) != answers_of(second)
    assert sha_of(first) != sha_of(second) == hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_bad_input_fails_the_run_with_one_sentence_before_the_model_is_loaded(worker, neox, worker_log):
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
        run = wait_for_end(lifecycle.request(mapping, by=None), process=worker, log=worker_log)
        assert (run.state, run.error_code) == ("failed", code), run.error_message
        assert run.error_message[-1] in ".?"
        assert "\n" not in run.error_message
        assert str(neox.parent) not in run.error_message
        assert not run.shards.exists()
        assert "INFO workers.heartbeat: Run" in run.faults.get().log_tail


def test_a_run_that_fits_no_worker_waits_and_says_why(worker, neox, worker_log, client):
    large = make_checkpoint(folder=neox.name, memory_bytes=45_220_048_896, device="gpu", parameter_count=20 * GIGABYTE)
    waits = lifecycle.request(make_run_mapping(neox, task="mmlu_anatomy", checkpoint=large), by=None)
    other = lifecycle.request(make_run_mapping(neox, task="mmlu_anatomy"), by=None, items_per_task=1)
    finished(other, process=worker, log=worker_log)

    assert Run.objects.get(pk=waits.pk).state == "requested"
    assert "Needs 45 GB of GPU memory; no worker online has it." in client.get(f"/runs/{waits.public_id}").content.decode()
