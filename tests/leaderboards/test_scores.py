"""What number a cell means. Marked "sample" are real cells of the sample tables."""

import json

import pytest

from leaderboards.scores import parse_score


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("33.6", 33.6),
        (33.6, 33.6),
        (33, 33.0),
        ("28.4%", 28.4),
        ("28.4 %", 28.4),
        ("0,635%", 0.635),
        ("-0.5", -0.5),
        ("−3.2", -3.2),
        ("+5.2", 5.2),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-5", 1e-5),
        ("40M", 40e6),
        ("1.82 M", 1.82e6),
        ("0.46B", 0.46e9),  # sample
        ("12G", 12e9),
        ("350k", 350e3),
        ("1.2 million", 1.2e6),
        ("0.8428 ± 0.0014", 0.8428),  # sample
        ("90.0 ± 0.5", 90.0),  # sample
        ("90.0% +/- 0.5%", 90.0),
        ("86.39*", 86.39),
        ("60.7+", 60.7),  # sample
        ("86.4 †", 86.4),
        ("**70.3**", 70.3),  # sample
        ("**86.4**†", 86.4),
        ("\ufeff93.3", 93.3),  # sample
        ("70.14 (measured by Ge et al., 2018)", 70.14),  # sample
        ("17.1(16.1 with basic dynamic evaluation)", 17.1),  # sample
        ("1,234", 1234.0),
        ("1,234,567.8", 1234567.8),
        ("82,5", 82.5),
        ("0,123", 0.123),
    ],
)
def test_a_number_is_read_through_its_dress(cell, value):
    assert parse_score(cell) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "cell",
    [
        None, True, False, [1], {"a": 1}, "", " ", "-", "--", "--*", "−", "—", "?", "N/A", "Yes", "No", "NaN", "inf", "Infinity",
        "56.9x1", "93.0/90.7", "91.1/90.7*", "10-20", "43B?", "~257M", "20 per node", "0.33s/img", "2nd", "1.2.3", "1,23,456",
        "**Precision**", "Stanford conversion **v3.5.0**", "(32.76 32.07 26.26 22.74)", "1e400", "٣٣", "1_000", "0x10",
        "5 B params", "9" * 81, "1" + "," * 70, 10**400,
    ],
)  # fmt: skip
def test_what_is_not_one_number_has_no_value(cell):
    assert parse_score(cell) is None


def test_of_the_samples_cells_all_but_the_known_odd_ones_are_numbers(shared_data):
    cells = []
    for path in sorted((shared_data / "pwc/archive/evaluation-tables").glob("*.json")):
        cells.extend(_cells(json.loads(path.read_text())))
    numbers = [cell for cell in cells if parse_score(cell) is not None]
    assert (len(cells), len(numbers)) == (3705, 3524)


def test_hostile_cells_cost_no_time():
    assert parse_score("1" * 40 + "," * 39) is None
    assert parse_score("(" * 79) is None


def _cells(node):
    if isinstance(node, list):
        return [cell for part in node for cell in _cells(part)]
    if not isinstance(node, dict):
        return []
    own = list(node["metrics"].values()) if "model_name" in node and isinstance(node.get("metrics"), dict) else []
    return own + [cell for part in node.values() for cell in _cells(part)]
