"""Scales within a column, doubtful leaders, and columns of words. Columns are made after the documented faults, unless said."""

import json
from dataclasses import dataclass

import pytest

from leaderboards.directions import infer_direction
from leaderboards.scales import is_numeric_column, is_share, outliers, scale_factors
from leaderboards.scores import parse_score
from tests.leaderboards.samples import sampled_boards


@dataclass(frozen=True)
class Cell:
    raw: str
    value: float | None


def column(*values):
    return [Cell(json.dumps(value), parse_score(value)) for value in values]


def factors(*values, metric="Accuracy", direction="higher"):
    return scale_factors(column(*values), metric=metric, direction=direction)


@pytest.mark.parametrize("odd", ["0.635%", "0.635", 0.635, "**0.7712**", "0,635"])
def test_a_fraction_among_percents_is_multiplied_by_100(odd):
    assert factors("78.0%", "77.2%", odd, "71.9%") == [1, 1, 100, 1]


def test_a_fraction_may_lead_a_column_of_percents_by_five_points():
    assert factors("92.1", "90.0", "91.5", "0.965") == [1, 1, 1, 100]
    assert factors("92.1", "90.0", "91.5", "0.978") == [1, 1, 1, 1]


@pytest.mark.parametrize("odd", [93, "93.1%", "88.25"])
def test_a_percent_among_fractions_is_divided_by_100(odd):
    assert factors("0.91", 0.9, odd, "0.895", "-", None, "0.87") == [1, 1, 0.01, 1, 1, 1, 1]


@pytest.mark.parametrize(
    "values",
    [
        ["78.0", "77.2", "0.635"],  # two percents are no column
        ["78.0", "77.2", "76.1", "0.635", "0.641"],  # a third of the cells may be another measure
        ["40.1", "38.9", "35.2", "0.4"],  # a model that learned nothing
        ["40.15", "38.92", "35.27", "0.41"],  # no more decimals than the others
        ["90.1", "88.9", "85.2", "0.124"],  # 12.4 is as far off
        ["2.1", "78.0", "77.2", "0.612"],  # bad results are usual here
        ["78.0", "77.2", "76.1", "0", "1", "0.0"],
        ["78.0", "77.2", "76.1", "0.635", "180"],  # no share
        ["78.0", "77.2", "76.1", "0.635", "-3"],
        ["0.9", "0.91", "0.89", "2.5"],
        ["0.9", "0.91", "0.89", "20"],
        ["0.9", "0.02", "0.03", "2.5"],
        ["0.05", "0.04", "0.03", "93"],
        [],
        ["-", None],
    ],
)
def test_a_doubtful_cell_keeps_its_scale(values):
    assert factors(*values) == [1] * len(values)


@pytest.mark.parametrize(
    ("metric", "direction"),
    [("Perplexity", "lower"), ("Error", "lower"), ("Params", "none"), ("CIDEr", "higher"), ("PSNR", "higher")],
)
def test_only_shares_where_higher_is_better_have_two_scales(metric, direction):
    assert factors("78.0%", "77.2%", "0.635%", "71.9%", metric=metric, direction=direction) == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "name",
    [
        "Accuracy", "Top-1", "mAP@0.5", "F1 (micro)", "F0.5", "Mean IoU (class)", "MIoU", "BLEU-4", "Exact Match (EM)", "ROC-AUC",
        "Hits@10", "R@1", "nDCG@10", "AP50", "Dice Coef", "FrameAccuracy", "PQ_th", "IDF1", "Success Rate", "Pass@1",
    ],
)  # fmt: skip
def test_a_share_is_told_by_its_name(name):
    assert is_share(name)


@pytest.mark.parametrize(
    "name",
    [
        "Perplexity", "Error", "Accuracy Error", "WER", "R-AUC MSE", "AUC Stdev", "HIT-THE-BEST", "PSNR", "FID", "CIDEr", "Score",
        "Number of Params", "MAE", "Mean Rank", "", "Speedup", "AP" * 200,
    ],
)  # fmt: skip
def test_what_may_pass_its_bounds_is_no_share(name):
    assert not is_share(name)


@pytest.mark.parametrize(
    ("values", "direction", "doubtful"),
    [
        ([92.4, 99.87, 92.1, None, 91.8, 91.5], "higher", [1]),
        ([92.4, 96.0, 92.1, 91.8, 91.5], "higher", []),
        ([92.4, 99.87, 92.1, 91.8], "higher", []),
        ([99.87, 99.87, 92.4, 92.1, 91.8, 91.5], "higher", []),
        ([92.4, 99.87, 80.0, 75.0, 60.0], "higher", []),
        ([0.05, 3.1, 3.2, 3.3, 3.4], "lower", [0]),
        ([1.93, 3.6, 3.9, 4.0, 4.0, 4.2], "lower", []),  # sample
        ([1e6, 3.1, 3.2, 3.3, 3.4], "none", []),
        ([10.6, 19.78, 9.37, 8.95, 8.77, 5.77], "higher", [1]),  # sample
        ([0.0, 0.0, 0.0, 0.0, 0.0], "higher", []),
        ([0.5, 0.0, 0.0, 0.0, 0.0], "higher", [0]),
        ([], "higher", []),
    ],
)
def test_a_leader_far_from_the_rest_is_doubtful(values, direction, doubtful):
    assert outliers(values, direction=direction) == [place in doubtful for place in range(len(values))]


@pytest.mark.parametrize(
    ("values", "is_numeric"),
    [
        (["28.4%", "27.1", "-"], True),
        (["-", "", None, "28.4"], True),
        (["-", "", None], True),
        ([], True),
        (["28.4", "ResNet-50"], True),
        (["28.4", "ResNet-50", "ViT-L"], False),
        (["ImageNet-21k", "JFT-300M", "--"], False),
        (["Yes", "No"], False),  # sample
        (["93.0/90.7", "92.7/90.3"], False),  # sample
        ([True, False], False),
    ],
)
def test_a_column_of_words_is_not_numeric(values, is_numeric):
    assert is_numeric_column(column(*values)) == is_numeric


def test_what_is_found_in_the_sample_tables(shared_data):
    rescaled, doubtful, words = [], [], set()
    for metrics, rows in sampled_boards(shared_data):
        for metric in metrics:
            cells, direction = column(*(row["metrics"].get(metric) for row in rows)), infer_direction(metric)
            rescaled += [factor for factor in scale_factors(cells, metric=metric, direction=direction) if factor != 1]
            values = [cell.value for cell in cells]
            doubtful += [value for value, flag in zip(values, outliers(values, direction=direction), strict=True) if flag]
            words |= set() if is_numeric_column(cells) else {metric}
    assert rescaled == []
    assert sorted(doubtful) == [0.488, 19.03, 19.03, 19.78, 19.78, 53.6]
    assert words == {"Data", "MRPC", "STS", "Bio specifc taggers?", "Note", "BLEU"}
