"""What bare numbers mean in columns that name a unit."""

import pytest

from leaderboards.units import in_ones, in_short, unit_of


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Params (M)", 1e6), ("Number of params (M)", 1e6), ("#Params(M)", 1e6), ("PARAMETERS [Millions]", 1e6), ("Params (in billions)", 1e9),
        ("FLOPs (G)", 1e9), ("Training tokens (T)", 1e12), ("Params (K)", 1e3), ("Params", 1), ("Params (MB)", 1), ("GFLOPs", 1),
        ("Error (m)", 1), ("Depth (M)", 1), ("Score (B)", 1), ("Params (M) (test)", 1), ("", 1), ("Params (" + "M" * 10_000, 1),
        ("params " + "(" * 100_000, 1),
    ],
)  # fmt: skip
def test_a_unit_stands_in_brackets_behind_what_is_counted_by_it(name, unit):
    assert unit_of(name) == unit


@pytest.mark.parametrize(
    ("value", "text", "number"),
    [
        (344.0, "344", 344e6), (344e6, "344M", 344e6), (348e3, "348K", 348e3), (137e9, "137B", 137e9), (137e9, "137 billion", 137e9),
        (344e6, "344000000", 344e6), (344e6, "344,000,000", 344e6), (0.5, "0.5", 5e5), (340.0, "**340***", 340e6), (0.0, "0", 0.0),
    ],
)  # fmt: skip
def test_a_number_without_a_letter_is_one_of_the_columns_unit(value, text, number):
    assert in_ones(value, text, unit=1e6) == number


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (137e9, "137B"), (1.5e6, "1.5M"), (-2e9, "-2B"), (999_999.0, "999999"), (28.4, "28.4"), (0.0, "0"), (1.23456e12, "1.235T"),
        (1e15, "1e+15"), (1e-7, "1e-07"),
    ],
)  # fmt: skip
def test_large_numbers_are_said_in_short(value, words):
    assert in_short(value) == words
