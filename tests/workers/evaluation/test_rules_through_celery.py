"""Scoring rules through a real worker: MMLU of 2022, one pass of which puts several rules' numbers beside the claims."""

import numpy as np
import pytest

from leaderboards import measurements
from leaderboards.models import Measurement, Protocol, Score
from tests.factories.catalogue import make_paper
from tests.factories.celery_worker import finished, wait_for_end
from tests.factories.runs import make_claim, make_mapping
from tests.portal.reading import read
from tests.workers.evaluation.celery_runs import answers_of, make_run_mapping, metrics_of
from tests.workers.evaluation.comparison import measure
from workers import licences, lifecycle, passes, plan
from workers.models import Request, Sample

pytestmark = [pytest.mark.usefixtures("mmlu", "committed_db_of_module"), pytest.mark.long]

TASK = "mmlu_2022_global_facts"
RULES = ["letter", "full_text_per_token"]


def under_another(mapping, claim, **changes):
    """A mapping of a claim to the same weights under the same protocol but for what of the answers counts."""
    facts = {name: getattr(mapping.protocol, name) for name in ("task", "num_fewshot", "rules", "versions", "aggregation")}
    protocol = Protocol.objects.filter(**facts, **changes).first()
    protocol = protocol or Protocol.objects.create(slug=changes["metric"], name=changes["metric"], **facts, **changes)
    return make_mapping(claim=claim, checkpoint=mapping.checkpoint, protocol=protocol)


def test_one_pass_measures_each_claim_by_its_own_protocol_s_rule(worker, neox, worker_log, client):
    claim, other = make_claim(model_name="By letters"), make_claim(model_name="By whole texts")
    mapping = make_run_mapping(neox, task=TASK, claim=claim, rules=RULES, metric="acc[letter]", name="acc[letter]")
    per_token = {"scoring": "tokens", "metric": "acc[full_text_per_token]"}
    of_both = [mapping, under_another(mapping, claim, **per_token), under_another(mapping, other, **per_token)]
    of_both.append(under_another(mapping, claim, scoring="full_text", metric="acc"))

    (run,) = {lifecycle.request(passes.leader(mapping), by=None) for mapping in of_both}
    run = finished(run, process=worker, log=worker_log)

    answers, metrics = answers_of(run), {(metric.task, metric.metric): metric for metric in metrics_of(run)}
    assert (run.samples_total, run.requests_total, len(answers)) == (100, 800, 800)
    assert licences.dataset_names(run) == ["cais/mmlu"], "whose licence says who may read its items"
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

    found = {(row.claim, row.protocol.metric): row for row in Measurement.objects.select_related("claim", "protocol")}
    assert {cell: (row.value, row.items, row.run_id) for cell, row in found.items()} == {
        (mapping.claim, mapping.protocol.metric): (
            pytest.approx(100 * metrics[TASK, mapping.protocol.metric].value), 100, run.public_id,
        )
        for mapping in of_both
    }  # fmt: skip
    assert run.results["judged_by"] == run.protocol.metric != "acc"
    verdicts = Sample.objects.filter(run=run).values_list("is_correct", flat=True)
    assert np.mean(verdicts) == metrics[TASK, run.protocol.metric].value
    verdicts_go_by_their_own_protocols(client, claim, other, found)


def verdicts_go_by_their_own_protocols(client, claim, other, found):
    """Each claim is set to the number of its own rule: found again under this rule's protocol and under no other."""
    paper = make_paper(slug="p")
    letters, texts = found[claim, "acc[letter]"].value, found[other, "acc[full_text_per_token]"].value
    assert abs(letters - texts) > 1, "or one might stand for the other unnoticed"
    for row, value in ((claim, letters), (other, texts)):
        Score.objects.filter(claim=row).update(raw=f'"{value:.1f}"', value=value)
        row.paper = paper
        row.save()
    for measurement in found.values():
        measurements.publish(measurement)
    (table,) = [table for table in read(client.get("/paper/p")).tables if table[0][:3] == ["Protocol", "Measured", "Verdict"]]
    told, model = {}, ""
    for line in table[1:]:
        if len(line) == 1:
            model = line[0].split(" · ")[1]
        else:
            told[model, line[0].split()[0]] = (float(line[1].split()[0]), line[2].split(" The ")[0].split(" Too ")[0])
    assert told == {
        ("By letters", "acc[letter]"): (letters, "exact"),
        ("By letters", "acc[full_text_per_token]"): (texts, "inconclusive"),
        ("By letters", "acc"): (found[claim, "acc"].value, "inconclusive"),
        ("By whole texts", "acc[full_text_per_token]"): (texts, "exact"),
    }


def test_a_rule_that_is_unknown_ends_the_run_in_a_sentence(worker, neox, worker_log):
    mapping = make_run_mapping(neox, task=TASK, rules=["letters"])

    run = wait_for_end(lifecycle.request(mapping, by=None), process=worker, log=worker_log)

    assert (run.state, run.error_code) == ("failed", "protocol_mismatch")
    assert run.error_message.startswith("The protocol asks for the scoring rule 'letters', and there are letter, full_text, ")
    assert not Request.objects.filter(run=run).exists()
