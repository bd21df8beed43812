"""Intervals against published values."""

import pytest

from leaderboards import intervals


@pytest.mark.parametrize(
    ("proportion", "items", "low", "high"),
    [
        # Newcombe 1998, table I: method 3, the score interval
        (81 / 263, 263, 0.2553, 0.3662),
        (15 / 148, 148, 0.0624, 0.1605),
        (0 / 20, 20, 0.0, 0.1611),
        (1 / 29, 29, 0.0061, 0.1718),
    ],
)
def test_the_score_interval_is_the_published_one(proportion, items, low, high):
    assert intervals.wilson(proportion, items=items) == pytest.approx((low, high), abs=5e-5)


def test_the_score_interval_of_everything_right_ends_at_one():
    low, high = intervals.wilson(1.0, items=10)
    assert high == pytest.approx(1.0)
    assert low == pytest.approx(0.7225, abs=5e-5)


def test_no_items_have_no_interval():
    with pytest.raises(ValueError, match="at least one item"):
        intervals.wilson(0.5, items=0)


def test_a_normal_interval_is_1_96_standard_errors_wide_on_each_side():
    assert intervals.normal(50.0, standard_error=2.0) == pytest.approx((46.08, 53.92), abs=1e-3)
