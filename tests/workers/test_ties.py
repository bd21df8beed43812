"""Items on which rounding may have decided are counted, not hidden."""

import pytest

from workers import ties
from workers.evaluation.contract import SampleOutcome


def outcomes(*margins):
    return [SampleOutcome(index, "A", "A", True, margin) for index, margin in enumerate(margins)]


@pytest.mark.parametrize(
    ("dtype", "near"),
    [("float32", 1), ("float16", 2), ("bfloat16", 3), ("int8", 3)],
)
def test_near_ties_are_as_wide_as_the_numbers_are_coarse(dtype, near):
    found = ties.counted(outcomes(0.0, 0.0, 0.00005, 0.01, 0.05, 0.5, None), dtype)

    assert found == {"items": 6, "exact": 2, "near": near, "within": {"float32": 1e-4, "float16": 0.02}.get(dtype, 0.1)}


def test_what_has_no_options_has_no_ties():
    assert ties.counted(outcomes(None, None), "float32")["items"] == 0
