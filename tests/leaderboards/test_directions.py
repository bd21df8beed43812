"""Which way is better, by the name of a metric."""

import pytest

from leaderboards.directions import infer_direction


@pytest.mark.parametrize(
    "name",
    [
        "Error", "Top-1 Error", "Top 1 Error Rate", "Percentage error", "Test Loss", "Perplexity", "Test perplexity", "ppl",
        "PPL", "WER", "Word Error Rate (WER)", "Character Error Rate", "CER", "FID", "FID-10k", "RMSE", "MAE", "MSE", "AbsRel",
        "LPIPS",
        "Bit per Character (BPC)", "Bits per byte", "bits/dim", "BPC", "MPJPE (mm)", "minADE", "Equal Error Rate",
        "Inference time (ms)", "Average End-Point Error", "Mean Rank", "VI", "PER", "FPR95", "HD95", "Negative Log-Likelihood",
    ],
)  # fmt: skip
def test_errors_losses_and_their_kin_go_down(name):
    assert infer_direction(name) == "lower"


@pytest.mark.parametrize(
    "name",
    [
        "Accuracy", "Average (%)", "Top-1 Accuracy", "F1", "EM", "BLEU", "mAP", "Mean IoU", "MRR", "Hits@1", "PSNR", "SSIM",
        "MS-SSIM", "FPS", "Frames per second", "Speedup", "Accuracy per class", "TAR @ FAR=1e-4", "ERR@20", "P@30%", "UAS", "",
        "Perfect", "Permuted Accuracy", "<script>alert(1)</script>",
    ],
)  # fmt: skip
def test_all_else_goes_up(name):
    assert infer_direction(name) == "higher"


@pytest.mark.parametrize(
    "name",
    [
        "Number of params", "Number of Params", "Params", "Params (M)", "#params (M)", "Parameters (Billion)", "PARAMS",
        "FLOPs", "GFLOPs", "FLOPs (G)", "Training Data", "Extra Training Data", "Extra data", "Uses extra data", "Backbone",
        "Note", "Hardware Burden", "Operations per network pass", "Base Dataset",
    ],
)  # fmt: skip
def test_columns_that_describe_are_not_ranked(name):
    assert infer_direction(name) == "none"


def test_a_hostile_name_costs_no_time():
    assert infer_direction("params " * 100_000) == "none"
