"""Writing and running text from the button to the board: lm-eval's stock tasks over rows of ours, a real worker process."""

import json
import os
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from leaderboards import measurements
from leaderboards.models import Measurement
from tests.factories.celery_worker import celery_worker, finished, wait_for_end
from tests.factories.runs import make_checkpoint, make_claim, make_mapping, make_planned_run, make_protocol
from tests.workers.evaluation.celery_runs import answers_of, metrics_of, until
from tests.workers.evaluation.comparison import asked_of, assert_equal, expected
from tests.workers.evaluation.writers import lay_down, make_writer
from workers import lifecycle, plan
from workers.evaluation.local_tasks import arithmetic
from workers.models import Request, Sample, Shard

pytestmark = [pytest.mark.usefixtures("committed_db_of_module", "one_thread"), pytest.mark.long]

ITEMS = 10
SMALL = 100
"""Tokens a batch: of those that write, each has one or two texts."""
PAGES = 6


@pytest.fixture(scope="module")
def writer(bench, tmp_path_factory):
    return make_writer(tmp_path_factory.mktemp("writers") / "writer", bench=bench)


@pytest.fixture(scope="module")
def var_dir(bench, tmp_path_factory):
    """The data sets of `gsm8k` and `wikitext` by name, with rows of ours: for the worker, and for lm-eval itself here."""
    folder = tmp_path_factory.mktemp("var")
    for home in (folder / "huggingface", Path(os.environ["HF_HOME"])):
        problems = arithmetic.problems(20 + ITEMS)
        lay_down(home, path="openai/gsm8k", name="main", splits={"train": problems[:20], "test": problems[20:]})
        pages = [{"page": page} for page in passages(bench)]
        lay_down(
            home,
            path="EleutherAI/wikitext_document_level",
            name="wikitext-2-raw-v1",
            splits={"train": pages[:1], "validation": pages[:1], "test": pages},
        )
    return folder


def passages(bench):
    """Pages of one to many windows."""
    with (bench / "lambada_openai.jsonl").open() as lines:
        texts = [json.loads(line)["context"] for line, _ in zip(lines, range(60), strict=False)]
    return [" ".join(texts[8 * page : 8 * page + 1 + page * 3 % 8]) for page in range(PAGES)]


@pytest.fixture(scope="module")
def worker_environment(writer, var_dir):
    """What a worker is told that scores the writer and those that lie beside it."""
    return {
        "CHECKPOINT_ROOTS": str(writer.parent), "HF_HUB_OFFLINE": "1", "VAR_DIR": str(var_dir), "WORKER_DEVICE": "cpu",
    }  # fmt: skip


def mapping_of(writer, *, task, scale=100.0, **protocol):
    checkpoint = make_checkpoint(folder=writer.name, parameter_count=1_000_000)
    claim = make_claim(value="5.0")
    return make_mapping(claim=claim, checkpoint=checkpoint, protocol=make_protocol(task=task, **protocol), scale=scale)


def test_what_a_model_writes_is_read_by_the_harness_and_survives_a_killed_worker(
    request, writer, worker_environment, worker_log, tmp_path
):
    mapping = mapping_of(writer, task="gsm8k", scoring="written", metric="exact_match,flexible-extract")
    run = lifecycle.request(mapping, by=None, token_budget=SMALL)
    with celery_worker(tmp_path / "doomed.log", name="doomed", **worker_environment) as doomed:
        until(lambda: Shard.objects.filter(run=run, batches_done__gte=2).exists())
        doomed.kill()
        doomed.wait()
    kept = Shard.objects.get(run=run)
    before = answers_of(run)
    assert 2 <= kept.batches_done < len(kept.batches)
    Shard.objects.filter(run=run).update(lease_expires_at=timezone.now())  # 90 seconds have passed
    assert lifecycle.reap() == 1
    worker = request.getfixturevalue("worker")  # only now, or it would have taken the shard
    lifecycle.reap()
    run = finished(run, process=worker, log=worker_log)

    wanted = expected(writer, plan.spec_of(run), batch_size=1)
    assert asked_of(plan.stored_plan(run)) == wanted.contexts
    assert wanted.contexts[0][1]["until"] == ["Question:", "</s>", "<|im_end|>"]
    assert_equal(wanted, answers_of(run), metrics_of(run))
    assert all(new == old for new, old in zip(answers_of(run), before, strict=True) if old.text is not None)
    assert len({response.text for response in answers_of(run)}) > ITEMS / 2

    share, stderr, items = wanted.metrics["gsm8k", "exact_match,flexible-extract"]
    measurement = Measurement.objects.get(run_id=run.public_id)
    assert (measurement.value, measurement.items, items) == (pytest.approx(100 * share), ITEMS, ITEMS)
    assert measurement.standard_error == pytest.approx(100 * stderr)
    assert measurement.chance_level is None
    assert measurement.interval_low <= measurement.value <= measurement.interval_high
    samples = Sample.objects.filter(run=run).order_by("index")
    assert {sample.margin for sample in samples} == {None}
    strict = wanted.metrics["gsm8k", "exact_match,strict-match"][0]
    assert [sample.is_correct for sample in samples].count(True) == round(strict * ITEMS)


def test_running_text_becomes_perplexities_as_in_the_harness(worker, writer, worker_log, client):
    mapping = mapping_of(writer, task="wikitext", scoring="running_text", metric="bits_per_byte", num_fewshot=0, scale=1.0)
    run = finished(lifecycle.request(mapping, by=None, token_budget=2000), process=worker, log=worker_log)

    wanted = expected(writer, plan.spec_of(run))
    assert asked_of(plan.stored_plan(run)) == wanted.contexts
    assert_equal(wanted, answers_of(run), metrics_of(run))
    measurement = Measurement.objects.get(run_id=run.public_id)
    value, _, items = wanted.metrics["wikitext", "bits_per_byte"]
    assert (measurement.value, measurement.items, items) == (pytest.approx(value, rel=1e-6), PAGES, PAGES)
    assert (measurement.chance_level, measurement.standard_error, measurement.interval_low) == (None, None, None)
    assert set(Sample.objects.filter(run=run).values_list("is_correct", "margin")) == {(None, None)}
    measurements.publish(measurement)
    page = client.get(f"/runs/{run.public_id}").content.decode()
    assert "Log-likelihood of whole texts" in page
    assert "bits_per_byte" in page


def test_a_checkpoint_that_writes_in_its_own_way_ends_the_run_before_its_weights_are_read(worker, writer, bench, worker_log):
    folder = make_writer(writer.parent / "penalised", bench=bench)
    settings = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps({**settings, "repetition_penalty": 1.3}))
    mapping = mapping_of(folder, task="gsm8k", scoring="written", metric="exact_match,strict-match")
    run = wait_for_end(lifecycle.request(mapping, by=None), process=worker, log=worker_log)

    assert (run.state, run.error_code) == ("failed", "checkpoint_broken")
    assert run.error_message.endswith(
        "sets repetition_penalty=1.3 in its generation_config.json, and only plain greedy writing is done here: register one without that."
    )
    assert not Shard.objects.filter(run=run).exists()


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("loglikelihood", {"response_text": "No."}),
        ("loglikelihood_rolling", {"log_likelihood": -1.0, "is_greedy": True}),
        ("generate_until", {"response_text": "No.", "log_likelihood": -1.0}),
        ("a poem", {}),
    ],
)
def test_the_database_holds_no_answer_of_another_kind(kind, answer):
    request = make_planned_run(samples=1).requests.first()

    with pytest.raises(IntegrityError, match="request_answered_by_kind"), transaction.atomic():
        Request.objects.filter(pk=request.pk).update(kind=kind, **answer)
