"""What is no number never reaches a measurement: it would not even be JSON."""

import json
import math

import pytest

from workers.evaluation import harness, reducing
from workers.evaluation.contract import Plan, ProtocolSpec, Response
from workers.evaluation.errors import EvaluationError

ONE_ITEM = ProtocolSpec("mmlu_abstract_algebra", 5, limit=1)


def reduction(values):
    """A reduction of one task's `values`, in the shape in which lm-eval's `evaluate` returns them."""
    results = {"results": {"sums": {"alias": "sums", "sample_len": 4, **values}}, "samples": {}}
    return reducing.reduction_from(results, Plan((), (), ()), {"tasks": {}}, spec=ONE_ITEM)


def test_a_single_item_has_no_standard_error(mmlu):
    plan = harness.build_plan(ONE_ITEM)

    found = harness.reduce(ONE_ITEM, plan, [Response(-1.0 - request.choice, False) for request in plan.requests])

    (metric,) = found.metrics
    assert (metric.value, metric.stderr, metric.items) == (0.0, None, 1)
    json.dumps([metric.value, metric.stderr, found.harness], allow_nan=False)


@pytest.mark.parametrize("stderr", [math.nan, math.inf, "N/A", None])
def test_a_standard_error_that_is_no_number_is_none(stderr):
    (metric,) = reduction({"acc,none": 0.5, "acc_stderr,none": stderr}).metrics

    assert (metric.metric, metric.value, metric.stderr, metric.items) == ("acc", 0.5, None, 4)


def test_a_standard_error_of_nothing_is_kept():
    (metric,) = reduction({"acc,none": 1, "acc_stderr,none": 0.0}).metrics

    assert (metric.value, metric.stderr) == (1.0, 0.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "N/A", None, [1.0]])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(EvaluationError) as refused:
        reduction({"acc,none": 0.5, "mcc,strict": value})

    assert str(refused.value) == (
        f"lm-eval computed {value} as the mcc,strict of 'sums', which is no number: "
        "the metric does not suit these items; take more items or another task."
    )
