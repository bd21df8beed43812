"""Items are judged by the metric that is asked for, where it says of each whether it is right: their share is the number itself."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from lm_eval.evaluator import evaluate

from workers.evaluation import harness, local_tasks, outcomes, ties
from workers.evaluation.contract import ProtocolSpec, Response
from workers.evaluation.rules.registry import RULES

pytestmark = pytest.mark.usefixtures("mmlu")

ITEMS = 40


def answers(plan, *, seed=0):
    """Log-likelihoods as of a model that knows nothing: about as long as its texts are."""
    source = np.random.default_rng(seed)
    return [
        Response(
            -float(source.normal(1.2, 0.25)) * (len(request.continuation) + 1), False, tokens=1 + len(request.continuation) // 4
        )
        for request in plan.requests
    ]


def number(reduction, metric, *, task):
    return next(found.value for found in reduction.metrics if (found.task, found.metric) == (task, metric))


def share_of_right(reduction):
    return sum(outcome.is_correct for outcome in reduction.outcomes) / len(reduction.outcomes)


@pytest.fixture(scope="module")
def challenge(bench, tmp_path_factory):
    folder = local_tasks.prepare(bench, tmp_path_factory.mktemp("tasks"), tasks=["pwc2_arc_challenge"])
    return ProtocolSpec("pwc2_arc_challenge", 0, limit=ITEMS, include_path=str(folder))


@pytest.mark.parametrize("metric", ["acc", "acc_norm", "acc_mutual_info"])
def test_the_share_of_right_items_is_the_harness_own_number(challenge, metric):
    plan = harness.build_plan(challenge)
    reduction = harness.reduce(challenge, plan, answers(plan), metric=metric)

    assert reduction.judged_by == metric
    assert share_of_right(reduction) == number(reduction, metric, task=challenge.task)
    others = [harness.reduce(challenge, plan, answers(plan), metric=other) for other in ("acc", "acc_norm", "acc_mutual_info")]
    assert len({tuple(outcome.prediction for outcome in other.outcomes) for other in others}) == 3


def test_what_is_picked_by_length_has_the_greatest_likelihood_a_character(challenge):
    plan = harness.build_plan(challenge)
    responses = answers(plan)
    outcomes = harness.reduce(challenge, plan, responses, metric="acc_norm").outcomes
    for sample, outcome in zip(plan.samples, outcomes, strict=True):
        own = [request for request in plan.requests if request.sample == sample.index][: len(sample.choices)]
        lengths = [len(choice) for choice in sample.choices]
        values = [responses[request.ordinal].log_likelihood / length for request, length in zip(own, lengths, strict=True)]
        first, second = sorted(range(len(values)), key=lambda place: -values[place])[:2]
        assert outcome.prediction == sample.choices[first]
        # as far as each of the two has to move for them to be alike, twice
        step = outcome.margin / 2
        assert values[first] - step / lengths[first] == pytest.approx(values[second] + step / lengths[second])


@pytest.mark.parametrize("rule", RULES)
def test_by_a_rule_of_ours_too_and_near_ties_are_the_rules_own(rule):
    spec = ProtocolSpec("mmlu_world_religions", 0, limit=ITEMS, rules=tuple(RULES))
    plan = harness.build_plan(spec)
    metric = f"acc[{rule}]"
    # so wide a rounding that several items are near
    reduction = harness.reduce(spec, plan, answers(plan), dtype="bfloat16", metric=metric)

    assert reduction.judged_by == metric
    assert share_of_right(reduction) == number(reduction, metric, task=spec.task)
    near = sum(ties.is_near(outcome.margin, dtype="bfloat16") for outcome in reduction.outcomes)
    assert near == number(reduction, f"near_ties[{rule}]", task=spec.task)


def test_near_ties_are_found_under_a_rule_that_divides():
    spec = ProtocolSpec("mmlu_world_religions", 0, limit=ITEMS, rules=("full_text_per_character",))
    plan = harness.build_plan(spec)
    alike = [
        replace(one, log_likelihood=-1.0 * len(request.continuation.strip()))
        for one, request in zip(answers(plan), plan.requests, strict=True)
    ]
    reduction = harness.reduce(spec, plan, alike, metric="acc[full_text_per_character]")

    assert number(reduction, "near_ties[full_text_per_character]", task=spec.task) == ITEMS
    assert {outcome.margin for outcome in reduction.outcomes} == {0.0}
    assert {outcome.prediction for outcome in reduction.outcomes} == {plan.samples[0].choices[0]}


@pytest.mark.parametrize("filter_name", ["strict-match", "flexible-extract"])
def test_what_is_written_is_read_by_the_filter_that_the_metric_names(bench, tmp_path, filter_name):
    spec = ProtocolSpec(
        "pwc2_arithmetic", 0, limit=12, include_path=str(local_tasks.prepare(bench, tmp_path, tasks=["pwc2_arithmetic"]))
    )
    plan = harness.build_plan(spec)
    said = [("#### {}", "It is {}", "No {} idea: 7")[number % 3] for number in range(12)]
    numbers = [sample.target.rpartition("#### ")[2] for sample in plan.samples]
    responses = [Response(text=text.format(number)) for text, number in zip(said, numbers, strict=True)]
    metric = f"exact_match,{filter_name}"
    reduction = harness.reduce(spec, plan, responses, metric=metric)

    assert share_of_right(reduction) == number(reduction, metric, task=spec.task)
    assert [outcome.prediction for outcome in reduction.outcomes][:3] == {
        "strict-match": [numbers[0], "[invalid]", "[invalid]"],
        "flexible-extract": [numbers[0], numbers[1], "7"],
    }[filter_name]


@pytest.mark.parametrize("metric", ["word_perplexity", "acc_bytes", "acc[letter]"])
def test_where_the_metric_judges_no_item_they_are_judged_as_the_likeliest(challenge, metric):
    plan = harness.build_plan(challenge)
    reduction = harness.reduce(challenge, plan, answers(plan), metric=metric)

    assert reduction.judged_by == "acc"
    assert reduction.outcomes == harness.reduce(challenge, plan, answers(plan)).outcomes


_YES_OR_NO = """
task: {task}
dataset_path: json
dataset_kwargs: {{data_files: {{items: {items}}}}}
test_split: items
output_type: multiple_choice
doc_to_text: "{{{{query}}}}"
doc_to_choice: choices
doc_to_target: gold
metric_list: [{metrics}]
"""


def yes_or_no(folder, **tasks):
    """Tasks over the same forty items, each with these metrics, in a group that says nothing of its own."""
    rows = [{"query": f"Is {number} even?", "choices": ["yes", "not at all"], "gold": number % 2} for number in range(40)]
    (folder / "items.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for task, metrics in tasks.items():
        listed = ", ".join(f"{{metric: {metric}, aggregation: {how}}}" for metric, how in metrics.items())
        text = _YES_OR_NO.format(task=task, items=json.dumps(str(folder / "items.jsonl")), metrics=listed)
        (folder / f"{task}.yaml").write_text(text)
    (folder / "both.yaml").write_text(f"group: both\ntask: [{', '.join(tasks)}]\n")
    return ProtocolSpec("both", 0, include_path=str(folder))


@pytest.mark.parametrize(("metric", "aggregation"), [("f1", "f1"), ("mcc", "matthews_corrcoef")])
def test_a_metric_of_all_items_together_calls_none_of_them_right(tmp_path, metric, aggregation):
    spec = yes_or_no(tmp_path, one={metric: aggregation})
    plan = harness.build_plan(spec)
    (judge, outcomes) = judged(spec, plan, metric)

    assert judge == "acc"
    assert [outcome.is_correct for outcome in outcomes] == [outcome.prediction == outcome.target for outcome in outcomes]
    assert {outcome.is_correct for outcome in outcomes} == {True, False}


def judged(spec, plan, metric):
    """Through the module alone: lm-eval's numbers of all items together are not asked for."""
    tasks = harness._tasks(spec)
    repeater = harness._Repeater(plan, answers(plan), tasks)
    samples = evaluate(lm=repeater, task_dict=tasks, fewshot_as_multiturn=True, log_samples=True, bootstrap_iters=0)["samples"]
    judge = outcomes.judge_by(metric, samples, tasks)
    found = sorted(outcomes.of_items(samples, plan, tasks, judge), key=lambda outcome: outcome.index)
    return judge.metric or "acc", found


@pytest.mark.parametrize("metric", ["acc_norm", "exact_match"])
def test_all_items_of_a_group_are_judged_by_one_metric(tmp_path, metric):
    spec = yes_or_no(tmp_path, one={"acc": "mean", metric: "mean"}, other={"acc": "mean"})
    plan = harness.build_plan(spec)

    judge, found = judged(spec, plan, metric)

    assert (judge, found) == judged(spec, plan, "acc")


def test_a_margin_that_is_no_number_is_none(challenge):
    plan = harness.build_plan(challenge)
    lost = [
        replace(one, log_likelihood=-math.inf) if request.choice else one
        for one, request in zip(answers(plan), plan.requests, strict=True)
    ]
    outcomes = harness.reduce(challenge, plan, lost).outcomes
    assert {outcome.margin for outcome in outcomes} == {None}
