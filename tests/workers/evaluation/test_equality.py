"""Our plan, batches, scoring and reduction give what lm-eval's simple_evaluate gives; and the comparison notices planted faults."""

from dataclasses import replace

import pytest
import torch

from tests.workers.evaluation.comparison import TOLERANCE, assert_equal, expected, largest_difference, measure
from workers.evaluation.contract import ProtocolSpec

ALGEBRA = ProtocolSpec("mmlu_abstract_algebra", 5, limit=20)
pytestmark = pytest.mark.usefixtures("mmlu")


@pytest.fixture(scope="module")
def algebra(mmlu, neox):
    return expected(neox, ALGEBRA)


def test_a_real_mmlu_subject_comes_out_as_from_simple_evaluate(neox, algebra):
    plan, responses, reduction = measure(neox, ALGEBRA)

    assert [(request.context, request.continuation) for request in plan.requests] == algebra.contexts
    assert_equal(algebra, responses, reduction.metrics)
    assert len(plan.samples) == 20
    assert plan.tasks[0].num_fewshot == 5


def test_prompts_longer_than_the_model_reads_come_out_as_from_simple_evaluate(neox):
    spec = ProtocolSpec("mmlu_high_school_european_history", 5, limit=2)
    wanted = expected(neox, spec, batch_size=1)

    plan, responses, reduction = measure(neox, spec, token_budget=500)

    assert all(len(context) > 4 * 2048 for context, _ in wanted.contexts)
    assert_equal(wanted, responses, reduction.metrics)
    assert [(request.context, request.continuation) for request in plan.requests] == wanted.contexts


def _without_shots(plan):
    def bare(context):
        blocks = context.split("\n\n")
        return "\n\n".join([blocks[0], blocks[-1]])

    return replace(plan, requests=tuple(replace(request, context=bare(request.context)) for request in plan.requests))


def _with_shots_shuffled(plan):
    def shuffled(context):
        first, *shots, question = context.split("\n\n")
        return "\n\n".join([first, *shots[1:], shots[0], question])

    return replace(plan, requests=tuple(replace(request, context=shuffled(request.context)) for request in plan.requests))


def _with_positions_off_by_one(model):
    """Every token after the fiftieth is told a position one too high."""

    def shift(module, arguments, keywords):
        positions = keywords.get("position_ids")
        if positions is None:
            positions = torch.arange((arguments[0] if arguments else keywords["input_ids"]).shape[1]).unsqueeze(0)
        return arguments, {**keywords, "position_ids": positions + (positions > 50)}

    model.register_forward_pre_hook(shift, with_kwargs=True)


@pytest.mark.parametrize(
    "fault",
    [{"change_plan": _without_shots}, {"change_plan": _with_shots_shuffled}, {"change_model": _with_positions_off_by_one}],
    ids=["no shots", "shots shuffled", "positions off by one"],
)
def test_the_comparison_notices_a_planted_fault(neox, algebra, fault):
    _, responses, reduction = measure(neox, ALGEBRA, **fault)

    with pytest.raises(AssertionError, match="a log-likelihood differs"):
        assert_equal(algebra, responses, reduction.metrics)
    assert largest_difference(algebra, responses) > 100 * TOLERANCE


def test_a_wrong_metric_alone_is_noticed(neox, algebra):
    _, responses, reduction = measure(neox, ALGEBRA)
    wrong = [replace(metric, value=metric.value + 0.05) for metric in reduction.metrics]

    with pytest.raises(AssertionError):
        assert_equal(algebra, responses, wrong)
