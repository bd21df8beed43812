"""What number a cell means. Marked "sample" are real cells of the sample tables."""

import json

import pytest

from leaderboards.scores import is_placeholder, parse_score


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
        ("1.234,5", 1234.5),
        ("82,5%", 82.5),
        ("17.1(16.1 with basic dynamic evaluation)*", 17.1),
        ("90.1* (with ensembles)", 90.1),
        ("88.8% [87.9, 89.6]", 88.8),
        ("*90.1*", 90.1),
        ("__90.1__", 90.1),
        ("<b>90.1</b>", 90.1),
        (r"\textbf{90.1}", 90.1),
        (r"$90.1 \pm 0.4$", 90.1),
        ("0.25±0.005", 0.25),  # sample
        ("3.0m", 3e6),  # sample
        ("220k", 220e3),  # sample
        ("90.1\u2009%", 90.1),
        ("\u20113.2", -3.2),
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
        "5 B params", "86.4<sup>1</sup>", "10^3", "1.23,4", "1.234.567", "9" * 81, "1" + "," * 70, 10**400,
    ],
)  # fmt: skip
def test_what_is_not_one_number_has_no_value(cell):
    assert parse_score(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        None, "", " ", "-", "--", "---", "--*", "–", "—", "−", "?", "N/A", "n/a", "NA", "None", "null", "nan", "TBD", "...",
        "**-**", "\ufeff", "Please tell us",
    ],
)  # fmt: skip
def test_a_placeholder_says_that_there_is_no_value(cell):
    assert is_placeholder(cell)
    assert parse_score(cell) is None


@pytest.mark.parametrize("cell", [0, 0.0, "0", "28.4", "Yes", "No", "-0.5", "93.0/90.7", "ResNet-50", False, [], "-" * 81, "x"])
def test_what_says_something_is_no_placeholder(cell):
    assert not is_placeholder(cell)


def test_the_sampled_cells_that_stay_text_are_words_pairs_and_doubts(shared_data):
    cells = []
    for path in sorted((shared_data / "pwc/archive/evaluation-tables").glob("*.json")):
        cells.extend(_cells(json.loads(path.read_text())))
    assert {cell for cell in cells if parse_score(cell) is None and not is_placeholder(cell)} == {
        "**F1**", "**Precision**", "**Recall**", "Constituent parser", "Elsner", "Kummerfeld", "Stanford conversion **v3.5.0**",
        "(14.62 10.86)", "(16.97 15.58)", "(32.76 32.07 26.26 22.74)", "43B?", "~257M", "Yes", "No",
        "75.8/75.5", "76.2/83.1", "78.6/84.4", "78.9/78.6", "80.4/85.9", "90.1/89.7*", "91.1/90.7*", "91.5/88.5", "91.6/91.1*",
        "92.7/90.3", "93.0/90.7",
    }  # fmt: skip


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
