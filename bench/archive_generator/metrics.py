"""The names of metrics: well-known ones in all their spellings, then the long tail."""

from dataclasses import dataclass
from itertools import islice
from typing import Literal

from bench.archive_generator.randomness import pick, stream
from bench.archive_generator.vocabulary import made_up_words

MetricKind = Literal["quality", "loss", "size", "count", "text", "yes_no"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A column's name and what its cells are."""

    name: str
    kind: MetricKind


# In the order of their frequency; spellings of one metric are as many metrics, as in the archive.
_HEAD: tuple[tuple[MetricKind, str], ...] = (
    ("quality", "Accuracy"), ("quality", "F1"), ("quality", "mAP"), ("size", "Params (M)"), ("loss", "RMSE"),
    ("quality", "AUC"), ("quality", "accuracy"), ("quality", "mIoU"), ("loss", "MAE"), ("size", "Number of params"),
    ("quality", "PSNR"), ("quality", "Top-1"), ("loss", "FID"), ("quality", "Top 1 Accuracy"), ("quality", "BLEU"),
    ("quality", "SSIM"), ("loss", "WER"), ("quality", "ACC"), ("quality", "Recall@1"), ("loss", "Perplexity"),
    ("quality", "Mean IoU"), ("size", "GFLOPs"), ("quality", "Average Score"), ("quality", "F1-score"),
    ("quality", "Macro F1"), ("loss", "MSE"), ("quality", "Top 5 Accuracy"), ("quality", "AP50"), ("quality", "Dice"),
    ("count", "FPS"), ("quality", "NDCG@10"), ("loss", "LPIPS"), ("quality", "Exact Match"), ("quality", "ROUGE-L"),
    ("loss", "Test error"), ("quality", "Acc."), ("loss", "Word Error Rate (WER)"), ("quality", "METEOR"), ("loss", "MPJPE"),
    ("quality", "Percentage correct"), ("loss", "Percentage error"), ("quality", "box AP"), ("loss", "bits per char"),
    ("quality", "Accuracy (%)"), ("loss", "FVD"), ("quality", "Hits@10"), ("quality", "MRR"), ("loss", "NLL"),
    ("quality", "F1 score"), ("loss", "Average End-Point Error"), ("quality", "Spearman Correlation"), ("quality", "ROC-AUC"),
    ("loss", "EER"), ("loss", "Abs Rel"), ("count", "Inference time (ms)"), ("quality", "CIDEr"), ("quality", "top-1 acc"),
    ("loss", "KID"), ("quality", "AUROC"), ("quality", "Inception score"), ("loss", "CER"),
    ("quality", "Unpermuted Accuracy"), ("loss", "DER"),
)  # fmt: skip
_DESCRIBING: tuple[tuple[MetricKind, str], ...] = (
    ("text", "Training Data"), ("yes_no", "Extra Training Data"), ("text", "Backbone"), ("yes_no", "Uses ensemble"),
)  # fmt: skip
_FRAMES = (
    "Test {0}",
    "{0} (test)",
    "Average {0}",
    "{0} (val)",
    "{0}@{2}",
    "{1} {0}",
    "{0} ({1})",
    "{1}-{0}",
    "{0} - {2} shots",
    "{1} [{0}] ",
)


@dataclass(frozen=True, slots=True)
class MetricPool:
    """All metrics of an archive by falling frequency, and apart from them the columns that are not numeric at all."""

    ranked: list[Metric]
    describing: list[Metric]


def metric_pool(seed: int, count: int) -> MetricPool:
    """`count` metrics of distinct names in all."""
    describing = [Metric(name, kind) for kind, name in _DESCRIBING]
    metrics = {name: Metric(name, kind) for kind, name in _HEAD[: count - len(describing)]}
    rng = stream(seed, "metrics")
    words = [word.capitalize() for word in islice(made_up_words(rng, taken=set()), 600)]
    while len(metrics) < count - len(describing):
        kind, name = pick(rng, _HEAD)
        longer = pick(rng, _FRAMES).format(name, pick(rng, words), int(rng.integers(2, 100)))
        metrics.setdefault(longer, Metric(longer, kind))
    return MetricPool(list(metrics.values()), describing)
