"""Cells as people type them."""

import pytest

from leaderboards.corrections import HOW_TO_WRITE, CellFaultError, entered_cell


@pytest.mark.parametrize(
    ("typed", "held", "cell"),
    [
        ("28.4", "", '"28.4"'),
        ("28.40", '"28.4"', '"28.40"'),
        (" 28.4% ", '"28.4"', '"28.4%"'),
        ('"28.4%"', "", '"28.4%"'),
        ("28.40", "28.4", "28.40"),
        ("29", "28.4", "29"),
        ('"29"', "28.4", '"29"'),
        ("28.4", "null", '"28.4"'),
        ("28.4", '["28.4"]', '"28.4"'),
        ("null", '"28.4"', "null"),
        ("true", "", '"true"'),
        ("false", "true", "false"),
        ("1,024", "", '"1,024"'),
        ("93.0/90.7", "5", '"93.0/90.7"'),
        ("≈ 28\\u0000", "", '"≈ 28\\\\u0000"'),
        ("NaN", "5", '"NaN"'),
        ("-Infinity", "5", '"-Infinity"'),
        ("1e999", "5", '"1e999"'),
        ("9" * 5000, "5", f'"{"9" * 5000}"'),
        ("[" * 100_000, "", f'"{"[" * 100_000}"'),
    ],
)
def test_a_cell_is_taken_as_it_reads_or_as_json(typed, held, cell):
    assert entered_cell(typed, held=held) == cell


@pytest.mark.parametrize("typed", ['"28.4', '"28.4" (5-shot)', "[28.4]", '{"a": 1}', '"\\u0000"', '"\\ud800"'])
def test_what_is_no_single_value_is_refused(typed):
    with pytest.raises(CellFaultError) as fault:
        entered_cell(typed)
    assert str(fault.value) == HOW_TO_WRITE
