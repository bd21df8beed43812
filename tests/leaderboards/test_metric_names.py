"""One name for the spellings of a metric. All names but those marked "made" are of the sample tables and aggregates."""

import pytest

from leaderboards.directions import infer_direction
from leaderboards.metric_names import canonical_metric
from tests.leaderboards.samples import sampled_metrics


@pytest.mark.parametrize(
    ("canonical", "names"),
    [
        (
            "Accuracy",
            ["Accuracy", "accuracy", "ACC", "Acc", "ACCURACY", "\t ACCURACY", "Accuracy (%)", "Accuracy (% )", "Accuracy "],
        ),
        ("Accuracy", ["Acc.", "% Accuracy", "accuracy [%]", "Accuracy %"]),  # made
        ("Top-1 Accuracy", ["Top-1", "Top 1 Accuracy", "Top-1 accuracy %", "Accuracy (Top-1)", "Top-1 (%)", "Top 1 Accuracy %"]),
        ("Top-1 Accuracy", ["Top-1 Acc", "top1", "TOP-1 ACC. (%)"]),  # made
        ("Top-5 Accuracy", ["Top-5", "Top 5 Accuracy"]),
        ("Top-1 Error", ["Top-1 Error", "Top-1 Error Rate"]),
        ("Test Accuracy", ["Test Accuracy", "% Test Accuracy"]),
        ("Validation Accuracy", ["Validation Accuracy", "Val Accuracy"]),
        ("Dev Accuracy", ["% Dev Accuracy"]),
        ("F1", ["F1", "F1 score", "F1-score", "F1 Score", "F1 (%)"]),
        ("Micro F1", ["Micro F1", "Micro-F1", "F1 (micro)", "F1 Micro"]),
        ("Macro F1", ["Macro F1", " Macro-F1", "F1 - macro", "macro F1", "Macro-averaged F1"]),
        ("Exact Match", ["EM", "Exact Match (EM)", "Exact Match", "EM "]),
        ("AUROC", ["AUROC", "ROC AUC", "ROC-AUC", "AUC-ROC"]),
        ("mIoU", ["mIoU", "Mean IoU"]),
        ("Recall@1", ["R@1", "Recall@1"]),
        ("ROUGE-1", ["ROUGE-1", "Rouge-1", "rouge1", "Rouge1"]),
        ("CIDEr", ["CIDEr", "CIDER", "CIDr"]),
        ("WER", ["WER", "WER (%)", "Word Error Rate (WER)"]),
        ("FID", ["FID", "Frechet Inception Distance"]),
        ("Perplexity", ["Perplexity", "PPL", "ppl"]),
        ("Number of Params", ["Number of params", "# Parameters", "PARAMS", "Parameters"]),
        ("Number of Params (M)", ["Params (M)", "#params (M)", "Number of parameters (M)"]),
    ],
)
def test_the_spellings_of_a_metric_get_one_name(canonical, names):
    assert [canonical_metric(name) for name in names] == [canonical] * len(names)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("mAP", "MAP"), ("F-measure", "F1"), ("Error", "Error Rate"), ("Test F1", "F1"), ("Test Accuracy", "Dev Accuracy"),
        ("HR@10", "Hits@10"), ("R-1", "R@1"), ("Rank-1", "Top-1 Accuracy"), ("Params (M)", "Params"), ("AP50", "AP75"),
        ("SacreBLEU", "BLEU"), ("Clean Accuracy", "Accuracy"), ("MR", "MRR"), ("F0.5", "F1"), ("Accuracy (5-fold)", "Accuracy"),
    ],
)  # fmt: skip
def test_what_differs_by_more_than_its_spelling_stays_apart(name, other):
    assert canonical_metric(name) != canonical_metric(other)


def test_an_unknown_name_loses_only_needless_white_space():
    assert canonical_metric("  mAP   (Indoor\tSearch) ") == "mAP (Indoor Search)"
    assert canonical_metric("") == ""
    assert canonical_metric("Switchboard") == "Switchboard"
    assert canonical_metric("Test Of Time") == "Test Of Time"


def test_a_canonical_name_is_its_own_and_keeps_its_direction(shared_data):
    names = sampled_metrics(shared_data)
    canonical = {name: canonical_metric(name) for name in names}
    assert [name for name in canonical.values() if canonical_metric(name) != name] == []
    assert {name: one for name, one in canonical.items() if infer_direction(one) != infer_direction(name)} == {}
    assert (len(names), len(set(canonical.values()))) == (892, 796)


def test_a_hostile_name_costs_no_time():
    long = "Top-1 " * 200_000
    assert canonical_metric(long) == long.strip()
