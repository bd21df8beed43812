"""Which way is better, by the name of a metric."""

import pytest

from leaderboards.directions import infer_direction
from tests.leaderboards.samples import sampled_metrics


@pytest.mark.parametrize(
    "name",
    [
        "Error", "Top-1 Error", "Top 1 Error Rate", "Percentage error", "Test Loss", "Perplexity", "Test perplexity", "ppl",
        "PPL", "WER", "Word Error Rate (WER)", "Character Error Rate", "CER", "FID", "FID-10k", "RMSE", "MAE", "MSE", "AbsRel",
        "LPIPS",
        "Bit per Character (BPC)", "Bits per byte", "bits/dim", "BPC", "MPJPE (mm)", "minADE", "Equal Error Rate",
        "FNMR [%] @ 10-3 FMR", "min t-dcf", "mATE", "MR", "mMR", "W-PVE", "B-NMJE", "PA-MPJPE", "BadPix(0.01)", "MMD-CD", "NegLL",
        "Negative ELBO", "chair_i", "Miss", "FPR@TPR95", "Perceptual Index", "KID", "Median Rank", "Jitter", "ACER", "NMSE",
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
        "CoNLL F1", "Segmentation AU-sPRO (until FPR 5%)", "TPR@FPR=0.1", "Real-time accuracy", "Explained Variance", "NSD", "COV-L2",
        "Log-likelihood", "Infraction penalty", "Question Split", "Perfect", "Permuted Accuracy", "<script>alert(1)</script>",
    ],
)  # fmt: skip
def test_all_else_goes_up(name):
    assert infer_direction(name) == "higher"


@pytest.mark.parametrize(
    "name",
    [
        "Number of params", "Number of Params", "Params", "Params (M)", "#params (M)", "Parameters (Billion)", "PARAMS",
        "FLOPs", "GFLOPs", "FLOPs (G)", "Training Data", "Extra Training Data", "Extra data", "Uses extra data", "Backbone",
        "Train Split", "Training Split", "Weight bits", "Extra Manual Annotation", "Pretrained/Transfer Learning", "Network",
        "Note", "Hardware Burden", "Operations per network pass", "Base Dataset",
    ],
)  # fmt: skip
def test_columns_that_describe_are_not_ranked(name):
    assert infer_direction(name) == "none"


def test_of_the_samples_metrics_these_go_down_or_are_not_ranked(shared_data):
    names = sampled_metrics(shared_data)
    assert len(names) == 892
    assert [sum(infer_direction(name) == direction for name in names) for direction in ("lower", "none")] == [132, 40]


def test_a_hostile_name_costs_no_time():
    assert infer_direction("params " * 100_000) == "none"
