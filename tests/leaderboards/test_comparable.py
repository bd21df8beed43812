"""What a claim and a protocol are about, and whether that is the same."""

import pytest

from leaderboards.comparable import UNSAID, Subject, kind_of, obstacle, of_board

PIQA = Subject(benchmarks=["PIQA"], split="validation", metric="acc")


@pytest.mark.parametrize(
    ("dataset", "metric", "benchmark", "split"),
    [
        ("PIQA", "Accuracy", "PIQA", ""),
        ("SQuAD1.1 dev", "EM", "SQuAD1.1", "validation"),
        ("WikiText-103", "Test perplexity", "WikiText-103", "test"),
        ("WikiText-103", "Validation perplexity", "WikiText-103", "validation"),
        ("COCO test-dev", "box AP", "COCO test-dev", ""),
        ("Test", "Accuracy", "Test", ""),
    ],
)
def test_a_boards_names_say_what_its_cells_are_about(dataset, metric, benchmark, split):
    assert of_board(dataset, metric=metric) == Subject(benchmarks=(benchmark,), split=split, metric=metric)


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (of_board("PIQA", metric="Accuracy"), ""),
        (of_board("piqa", metric="Accuracy"), ""),
        (of_board("PIQA dev", metric="Accuracy"), ""),
        (of_board("PIQA", metric="A number"), ""),
        (UNSAID, ""),
        (of_board("SIQA", metric="Accuracy"), "The claim is about SIQA, and this protocol measures PIQA."),
        (
            of_board("PIQA test", metric="Accuracy"),
            "The claim is about the test part of the data, and this protocol measures the validation part.",
        ),
        (of_board("PIQA", metric="F1"), "The claim is a number of F1, and this protocol measures acc."),
        (of_board("PIQA", metric="Perplexity"), "The claim is a number of Perplexity, and this protocol measures acc."),
    ],
)
def test_another_benchmark_part_or_metric_is_an_obstacle_and_what_nobody_says_is_none(claim, words):
    assert obstacle(claim=claim, protocol=PIQA) == words
    assert obstacle(claim=claim, protocol=UNSAID) == ""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("acc", "share of right answers"), ("acc_norm", "share of right answers"), ("Accuracy (Middle)", "share of right answers"),
        ("Average (%)", "share of right answers"), ("EM", "share of right answers"), ("exact_match", "share of right answers"),
        ("word_perplexity", "perplexity"), ("PPL", "perplexity"), ("bits_per_byte", "bits"), ("Bit per Character (BPC)", "bits"),
        ("F1", "F1"), ("Macro F1", "F1"), ("Top-1 Error", "error rate"), ("Number of params", ""), ("Overall", ""), ("pct_stereotype", ""),
    ],
)  # fmt: skip
def test_metrics_are_sorted_by_words_of_their_names(name, kind):
    assert kind_of(name) == kind
