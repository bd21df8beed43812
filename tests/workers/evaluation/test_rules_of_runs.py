"""Rules on real items: where lm-eval computes the same accuracy, it is the same number; elsewhere one worked out apart."""

import json
from dataclasses import replace

import numpy as np
import pytest
from transformers import AutoTokenizer

from tests.workers.evaluation.comparison import assert_equal, encoder_of, expected, measure
from workers.evaluation import batching, harness, local_tasks
from workers.evaluation.checkpoints import CheckpointSource
from workers.evaluation.contract import FURTHER, ProtocolSpec, Response
from workers.evaluation.errors import PlanChanged, ProtocolMismatch, UnknownMetric
from workers.evaluation.loading import load
from workers.evaluation.rules.registry import RULES

pytestmark = pytest.mark.usefixtures("mmlu")

ITEMS = 24
LETTERS = ProtocolSpec("mmlu_world_religions", 0, limit=ITEMS, rules=tuple(RULES))
ONE_FOR_ANOTHER = {
    "acc[full_text]": "acc",
    "acc[full_text_per_character]": "acc_norm",
    "acc[full_text_per_byte]": "acc_bytes",
    "acc[full_text_unconditional]": "acc_mutual_info",
}
"""What lm-eval calls the rules' accuracies where a task's choices are texts."""

_TEXTS_BEHIND_THE_STOCK_PROMPT = """
task: texts_behind_the_stock_prompt
dataset_path: cais/mmlu
dataset_name: world_religions
test_split: test
fewshot_split: dev
description: "The following are multiple choice questions (with answers) about world religions.\\n\\n"
output_type: multiple_choice
doc_to_text: "{{question.strip()}}\\nA. {{choices[0]}}\\nB. {{choices[1]}}\\nC. {{choices[2]}}\\nD. {{choices[3]}}\\nAnswer:"
doc_to_choice: choices
doc_to_target: answer
metric_list: [{metric: acc}, {metric: acc_norm}, {metric: acc_bytes}, {metric: acc_mutual_info}]
"""


@pytest.fixture(scope="module")
def measured(mmlu, neox):
    return measure(neox, LETTERS)


@pytest.fixture(scope="module")
def texts(mmlu, neox, tmp_path_factory):
    """lm-eval's own model and numbers for the texts of the choices behind the stock task's prompts."""
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "texts.yaml").write_text(_TEXTS_BEHIND_THE_STOCK_PROMPT)
    return expected(neox, ProtocolSpec("texts_behind_the_stock_prompt", 0, limit=ITEMS, include_path=str(folder)))


def value_of(reduction, metric, task=LETTERS.task):
    (found,) = [found for found in reduction.metrics if (found.task, found.metric) == (task, metric)]
    return found


def test_the_harness_own_requests_and_numbers_are_the_same_with_rules_and_without(neox, measured):
    plan, responses, reduction = measured
    without = replace(LETTERS, rules=())

    assert harness.build_plan(without).requests == plan.requests[: 4 * ITEMS]
    assert harness.build_plan(without).tasks == plan.tasks
    assert_equal(expected(neox, without), responses[: 4 * ITEMS], [m for m in reduction.metrics if "[" not in m.metric])
    assert harness.reduce(without, harness.build_plan(without), responses[: 4 * ITEMS]).outcomes == reduction.outcomes


def test_each_rule_is_the_harness_own_accuracy_where_it_has_one(measured, texts):
    plan, responses, reduction = measured

    assert [request.context for request in plan.requests[4 * ITEMS :][:4]] == [plan.requests[0].context] * 4
    known = dict(zip(texts.contexts, texts.log_likelihoods, strict=True))
    shared = [
        (response.log_likelihood, known[request.context, request.continuation])
        for request, response in zip(plan.requests, responses, strict=True)
        if (request.context, request.continuation) in known
    ]
    assert len(shared) == len(texts.contexts) == 8 * ITEMS
    assert max(abs(ours - theirs) for ours, theirs in shared) < 1e-4  # sums over an answer's tokens
    wanted = {rule: texts.metrics["texts_behind_the_stock_prompt", own] for rule, own in ONE_FOR_ANOTHER.items()}
    found = {rule: value_of(reduction, rule) for rule in wanted}
    assert {rule: (metric.value, metric.items) for rule, metric in found.items()} == {
        rule: (value, items) for rule, (value, _, items) in wanted.items()
    }
    assert [metric.stderr for metric in found.values()] == pytest.approx([stderr for _, stderr, _ in wanted.values()])
    assert value_of(reduction, "acc[letter]").value == value_of(reduction, "acc").value
    assert value_of(reduction, "acc[letter]").stderr == pytest.approx(value_of(reduction, "acc").stderr)
    # or one might stand for another unnoticed
    assert len({value for value, _, _ in wanted.values()} | {value_of(reduction, "acc").value}) >= 4


@pytest.mark.parametrize("rule", ["full_text_per_token", "full_text_less_last_line"])
def test_the_other_rules_come_out_as_worked_out_apart(neox, measured, rule):
    plan, responses, reduction = measured
    tokenizer = AutoTokenizer.from_pretrained(neox)
    said = {}
    for request, response in zip(plan.requests, responses, strict=True):
        said[request.sample, request.context, request.continuation] = response.log_likelihood

    right = []
    for number, sample in enumerate(plan.samples):
        context = plan.requests[4 * number].context
        answers = [f" {text}" for text in sample.document["choices"]]
        values = np.array([said[number, context, answer] for answer in answers])
        if rule == "full_text_per_token":
            values = values / [
                len(tokenizer(context + answer)["input_ids"]) - len(tokenizer(context)["input_ids"]) for answer in answers
            ]
        else:
            values = values - [said[number, "Answer:", answer] for answer in answers]
        right.append(int(np.argmax(values)) == sample.document["answer"])

    assert value_of(reduction, f"acc[{rule}]").value == np.mean(right)
    assert value_of(reduction, f"acc[{rule}]").stderr == pytest.approx(np.std(right, ddof=1) / np.sqrt(ITEMS))


def test_a_task_that_asks_for_mutual_information_itself_has_it_twice(bench, neox, tmp_path):
    folder = local_tasks.prepare(bench, tmp_path, tasks=["pwc2_arc_challenge"])
    spec = ProtocolSpec("pwc2_arc_challenge", 2, limit=8, include_path=str(folder), rules=tuple(RULES)[1:6])

    plan, responses, reduction = measure(neox, spec)

    assert max(request.choice for request in plan.requests) < FURTHER  # all that the rules need is asked already
    for rule, own in {
        "full_text": "acc",
        "full_text_per_character": "acc_norm",
        "full_text_unconditional": "acc_mutual_info",
    }.items():
        one, other = value_of(reduction, f"acc[{rule}]", spec.task), value_of(reduction, own, spec.task)
        assert (one.value, one.stderr, one.items) == (other.value, pytest.approx(other.stderr), other.items)
    assert_equal(expected(neox, spec), responses, [m for m in reduction.metrics if "[" not in m.metric], tolerance=1e-4)


def test_a_group_has_the_harness_own_mean_and_the_mean_over_its_subjects(mmlu):
    spec = ProtocolSpec("mmlu_social_sciences", 0, limit=5, rules=("letter",))
    plan = harness.build_plan(spec)
    source = np.random.default_rng(7)
    reduction = harness.reduce(spec, plan, [Response(float(value), False) for value in -source.random(len(plan.requests))])

    own, micro = value_of(reduction, "acc", spec.task), value_of(reduction, "acc[letter]", spec.task)
    macro = value_of(reduction, "acc[letter],macro", spec.task)
    subjects = [m for m in reduction.metrics if m.metric == "acc" and m.task != spec.task]

    assert len(subjects) == 12
    assert (micro.value, micro.stderr, micro.items, micro.chance) == (
        pytest.approx(own.value),
        pytest.approx(own.stderr),
        60,
        0.25,
    )
    assert macro.value == pytest.approx(np.mean([m.value for m in subjects]))
    assert macro.stderr == pytest.approx(np.sqrt(np.sum(np.square([m.stderr for m in subjects]))) / 12)
    for subject in subjects:
        assert value_of(reduction, "acc[letter]", subject.task).value == subject.value


def test_what_stands_alone_keeps_no_prompt_from_sharing_its_shots(neox):
    loaded = load(CheckpointSource(str(neox), True, None, "float32"), device="cpu")
    spec = ProtocolSpec("mmlu_world_religions", 5, limit=12)
    plan = harness.build_plan(replace(spec, rules=("full_text", "full_text_unconditional", "full_text_less_last_line")))

    batches = batching.plan_batches(plan, encoder_of(loaded), token_budget=512)

    alone = batching.stand_alone(plan.requests)
    assert {request.context for request, is_alone in zip(plan.requests, alone, strict=True) if is_alone} == {"", "Answer:"}
    assert sum(alone) == 12 * 8
    assert sorted(index for batch in batches for index in batch.samples) == list(range(12))
    assert len(batches) > 1
    assert all(batch.cuts and batch.cuts[0] > 200 for batch in batches)  # the shots, computed once


def test_rules_with_shots_give_the_same_log_likelihoods_in_batches_of_any_budget(neox):
    spec = ProtocolSpec("mmlu_world_religions", 5, limit=4, rules=tuple(RULES))

    _, small, _ = measure(neox, spec, token_budget=256)
    _, large, _ = measure(neox, spec, token_budget=100_000)

    assert len(small) == 4 * 16
    assert [r.tokens for r in small] == [r.tokens for r in large]
    assert [r.log_likelihood for r in small] == pytest.approx([r.log_likelihood for r in large], rel=2e-6, abs=2e-5)


def test_a_plan_of_other_rules_is_refused(measured):
    plan, responses, _ = measured

    for rules in ((), ("letter",), ("full_text",)):
        with pytest.raises(PlanChanged) as refused:
            harness.reduce(replace(LETTERS, rules=rules), plan, responses)
        assert str(refused.value) == "The protocol's scoring rules need other requests than this plan has: start a new run."


def test_a_request_of_a_rule_that_changed_is_refused(measured):
    plan, responses, _ = measured
    changed = replace(plan.requests[-1], continuation=f"{plan.requests[-1].continuation}s")

    with pytest.raises(PlanChanged):
        harness.reduce(LETTERS, replace(plan, requests=(*plan.requests[:-1], changed)), responses)


def test_answers_in_another_order_are_noticed(measured):
    """A planted fault: the texts' answers turned by one choice give other numbers."""
    plan, responses, reduction = measured
    own, further = responses[: 4 * ITEMS], responses[4 * ITEMS :]

    turned = harness.reduce(LETTERS, plan, [*own, *further[1:], further[0]])

    assert value_of(turned, "acc").value == value_of(reduction, "acc").value
    assert value_of(turned, "acc[full_text]").value != value_of(reduction, "acc[full_text]").value


def test_a_protocol_may_name_a_rule_s_number_and_no_other_rule_s():
    spec = ProtocolSpec("mmlu", 5, rules=("full_text",))

    harness.check_metric(spec, metric="acc", aggregation="micro")
    harness.check_metric(spec, metric="acc[full_text]", aggregation="micro")
    harness.check_metric(spec, metric="acc[full_text],macro", aggregation="macro")
    harness.check_metric(replace(spec, task="mmlu_virology"), metric="acc[full_text]", aggregation="macro")
    with pytest.raises(ProtocolMismatch, match="takes the micro mean"):
        harness.check_metric(spec, metric="acc[full_text]", aggregation="macro")
    with pytest.raises(UnknownMetric, match=r"reports no metric 'acc\[letter\]' for 'mmlu', only acc, "):
        harness.check_metric(spec, metric="acc[letter]", aggregation="micro")


def test_rules_are_refused_before_anything_is_built(tmp_path):
    (tmp_path / "running.yaml").write_text(
        json.dumps({"task": "running", "dataset_path": "json", "output_type": "loglikelihood", "test_split": "test"})
    )

    with pytest.raises(ProtocolMismatch, match="the scoring rule 'chars', and there are letter, full_text"):
        harness.check(ProtocolSpec("mmlu_virology", 5, rules=("chars",)))
    with pytest.raises(ProtocolMismatch, match="the task 'running' has none: ask for no rules"):
        harness.check(ProtocolSpec("running", 0, include_path=str(tmp_path), rules=("letter",)))
