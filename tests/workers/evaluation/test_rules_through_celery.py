"""A protocol with scoring rules through a real worker: MMLU of 2022, from which a rule's number is put on the board."""

import numpy as np
import pytest

from leaderboards.models import Measurement
from tests.factories.celery_worker import finished, wait_for_end
from tests.factories.runs import make_claim
from tests.workers.evaluation.celery_runs import answers_of, make_run_mapping, metrics_of
from tests.workers.evaluation.comparison import measure
from workers import lifecycle, plan
from workers.models import Request, Sample

pytestmark = [pytest.mark.usefixtures("mmlu", "committed_db_of_module"), pytest.mark.long]

TASK = "mmlu_2022_global_facts"
RULES = ["letter", "full_text_per_token"]


def test_a_rule_s_number_is_measured_beside_the_harness_own(worker, neox, worker_log):
    claim = make_claim(value="33.6")
    mapping = make_run_mapping(neox, task=TASK, claim=claim, rules=RULES, metric="acc[letter]")

    run = finished(lifecycle.request(mapping, by=None), process=worker, log=worker_log)

    answers, metrics = answers_of(run), {(metric.task, metric.metric): metric for metric in metrics_of(run)}
    assert (run.samples_total, run.requests_total, len(answers)) == (100, 800, 800)
    planned, responses, reduction = measure(neox, plan.spec_of(run))  # here, without Celery and the database
    assert plan.stored_plan(run) == planned
    assert [answer.log_likelihood for answer in answers] == pytest.approx(
        [response.log_likelihood for response in responses], abs=1e-4
    )
    assert list(metrics.values()) == list(reduction.metrics)
    right = [sample.document["answer"] for sample in Sample.objects.filter(run=run).order_by("index")]
    values = np.array([answer.log_likelihood for answer in answers[400:]]).reshape(100, 4)
    assert set(Request.objects.filter(run=run, ordinal__gte=400).values_list("continuation", flat=True)) == {
        " A",
        " B",
        " C",
        " D",
    }
    assert metrics[TASK, "acc[letter]"].value == np.mean(values.argmax(axis=1) == right)
    tokens = list(Request.objects.filter(run=run, ordinal__lt=400).order_by("ordinal").values_list("tokens", flat=True))
    by_token = np.array([answer.log_likelihood for answer in answers[:400]]) / tokens
    assert max(tokens) > 3
    assert metrics[TASK, "acc[full_text_per_token]"].value == np.mean(by_token.reshape(100, 4).argmax(axis=1) == right)
    assert {name for _, name in metrics} == {
        "acc", "acc_norm",
        *(f"{what}[{rule}]" for rule in RULES for what in ("acc", "ties", "near_ties")),
    }  # fmt: skip
    measurement = Measurement.objects.get(claim=claim)
    assert (measurement.value, measurement.items) == (pytest.approx(100 * metrics[TASK, "acc[letter]"].value), 100)


def test_a_rule_that_is_unknown_ends_the_run_in_a_sentence(worker, neox, worker_log):
    mapping = make_run_mapping(neox, task=TASK, rules=["letters"])

    run = wait_for_end(lifecycle.request(mapping, by=None), process=worker, log=worker_log)

    assert (run.state, run.error_code) == ("failed", "protocol_mismatch")
    assert run.error_message.startswith("The protocol asks for the scoring rule 'letters', and there are letter, full_text, ")
    assert not Request.objects.filter(run=run).exists()
