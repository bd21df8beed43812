"""One name for the spellings of a metric: "ACC", "accuracy" and "Accuracy (%)". Used to find a metric across boards."""

import re

LONGEST_NAME_READ = 200

# What names a part of the data may stand before a metric; "val" is "Validation", and "Dev" is not: some boards have both.
_SPLITS = {"test": "Test", "val": "Validation", "valid": "Validation", "validation": "Validation", "dev": "Dev", "train": "Train"}

# Canonical spelling: further spellings, folded as `_folded` does. The canonical one's own folding is added by `_table`.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "Accuracy": ("acc", "accurarcy"),
    "Average Accuracy": ("avg accuracy", "avg acc", "average acc"),
    "Mean Accuracy": ("mean acc",),
    "Overall Accuracy": ("overall acc",),
    "Balanced Accuracy": ("balanced acc",),
    "Exact Match": ("em", "exact match em"),
    "Execution Accuracy": ("execution accurarcy",),
    "Precision": (),
    "Recall": (),
    "F1": ("f1 score", "f 1", "f 1 score", "f1score"),
    "F-Score": ("f score", "fscore"),
    "F-measure": ("f measure",),
    "Average F1": ("avg f1", "average f1 score", "avg f1 score"),
    "Micro F1": ("f1 micro", "micro f1 score", "micro averaged f1", "f1 score micro", "micro avg f1"),
    "Macro F1": ("f1 macro", "macro f1 score", "macro averaged f1", "f1 score macro", "macro avg f1"),
    "Weighted F1": ("f1 weighted", "weighted f1 score", "f1 score weighted", "weighted average f1 score", "weighted average f1"),
    "AUC": ("area under curve",),
    "AUROC": ("roc auc", "auc roc", "au roc"),
    "AP": ("average precision", "average precision ap"),
    "AP50": ("ap@50", "ap@0.5", "ap 50"),
    "AP75": ("ap@75", "ap@0.75", "ap 75"),
    "mAP@0.5": ("map@0.50",),
    "IoU": ("intersection over union",),
    "mIoU": ("mean iou", "miou", "mean iou miou", "mean intersection over union", "m iou"),
    "Dice": ("dice score", "dice coefficient", "dice coef", "dice scoe", "dsc", "dice similarity coefficient"),
    "MRR": ("mean reciprocal rank", "mean reciprocal rank mrr"),
    "BLEU": ("bleu score",),
    "BLEU-1": ("bleu1",),
    "BLEU-2": ("bleu2",),
    "BLEU-3": ("bleu3",),
    "BLEU-4": ("bleu4",),
    "SacreBLEU": ("sacre bleu",),
    "ROUGE-1": ("rouge1", "rogue 1"),
    "ROUGE-2": ("rouge2", "rogue 2"),
    "ROUGE-3": ("rouge3",),
    "ROUGE-L": ("rougel", "rogue l"),
    "METEOR": (),
    "CIDEr": ("cidr",),
    "SPICE": (),
    "BERTScore": ("bert score",),
    "Spearman Correlation": ("spearman", "spearman s rho"),
    "Pearson Correlation": ("pearson", "pearson correlation coefficient", "pearson correlation coefficient pcc"),
    "R²": ("r2", "r2 score", "r squared", "r^2"),
    "MCC": ("matthews correlation coefficient", "matthews correlation"),
    "NMI": ("normalized mutual information",),
    "ARI": ("adjusted rand index", "adjusted rand index ari"),
    "PSNR": ("psnr db",),
    "SSIM": (),
    "LPIPS": (),
    "FID": ("frechet inception distance", "fréchet inception distance", "frechet inception distance fid"),
    "KID": ("kernel inception distance",),
    "Inception Score": ("inception score is",),
    "WER": ("word error rate", "word error rate wer"),
    "CER": ("character error rate", "character error rate cer"),
    "DER": ("diarization error rate",),
    "EER": ("equal error rate", "equal error rate eer"),
    "Error": (),
    "Error Rate": (),
    "Top-1 Error": ("top 1 error rate", "top1 error"),
    "Top-5 Error": ("top 5 error rate", "top5 error"),
    "MAE": ("mean absolute error", "mean absolute error mae"),
    "MSE": ("mean squared error", "mean square error", "mean squared error mse"),
    "RMSE": ("root mean squared error", "root mean square error", "root mean squared error rmse"),
    "MAPE": ("mean absolute percentage error",),
    "AbsRel": ("abs rel", "absolute relative error absrel", "absolute relative error"),
    "Perplexity": ("ppl", "perplexity ppl"),
    "NLL": ("negative log likelihood", "negll"),
    "Bits per Character": ("bpc", "bit per character", "bit per character bpc", "bits per character bpc"),
    "Bits per Byte": ("bpb", "bits per byte bpb"),
    "Bits per Dimension": ("bpd", "bits/dim", "bits per dim"),
    "UAS": ("unlabeled attachment score",),
    "LAS": ("labeled attachment score",),
    "Success Rate": (),
    "FPS": ("frames per second", "frames per second fps", "speed fps"),
    "Number of Params": (
        "params", "param", "#params", "#param", "# params", "parameters", "#parameters", "# parameters", "number of parameters",
        "number of param", "num params", "no of params", "# of params", "#parameter", "parameter count", "# of parameters",
    ),
    "Number of Params (M)": (
        "params m", "#params m", "# params m", "parameters m", "number of params m", "number of parameters m", "params millions",
        "parameters millions", "parameters million", "# parameters m",
    ),
    "Number of Params (B)": (
        "params b", "#params b", "# params b", "parameters b", "number of params b", "number of parameters b", "params billions",
        "parameters billions", "parameters billion",
    ),
    "FLOPs": ("flops",),
    "GFLOPs": ("flops g", "gflops"),
    "GMACs": ("macs g", "gmac", "gmacs"),
    "Extra Training Data": ("extra data", "uses extra data", "uses extra training data", "use extra training data"),
}  # fmt: skip

# Metrics at a cut: "R@10" is "Recall@10". "R-1" is not (ROUGE-1), nor is "HR@10" (hit rate).
_AT_A_CUT = {
    "recall": "Recall", "r": "Recall", "precision": "Precision", "p": "Precision", "prec": "Precision", "hits": "Hits",
    "ndcg": "nDCG", "mrr": "MRR", "hr": "HR", "pass": "Pass", "pck": "PCK",
}  # fmt: skip
_CUT = re.compile(r"([a-z]+) ?@ ?(\d{1,6}(?:\.\d{1,4})?)")
_TOP = re.compile(
    r"top ?(\d{1,4})(?: acc(?:uracy)?)?|acc(?:uracy)? top ?(\d{1,4})|accuracy@(\d{1,4})|rank ?(\d{1,4}) acc(?:uracy)?", re.ASCII
)
_SPLIT = re.compile(rf"({'|'.join(_SPLITS)}) (.+)")
_PERCENT = re.compile(r"[(\[] ?(?:%|in %|percent|percentage) ?[)\]]|^% | %$")
_BETWEEN = re.compile(r"[\s_\-–()\[\]:,]+|\.(?!\d)")


def canonical_metric(name: str) -> str:
    """The one spelling of a metric that has many; any other name as it is, with single spaces.

    The archive writes one metric in many ways (Accuracy, accuracy, ACC, Top-1). Two names get one spelling where they say
    the same number on any board: case, hyphens, the words "score" and "(%)", and an abbreviation beside its long form make
    no other metric. A part of the data ("Test"), a unit ("Params (M)"), a cut ("Recall@10") and a variant ("Micro F1") do.
    """
    plain = " ".join(name.split())
    if len(plain) > LONGEST_NAME_READ:
        return plain
    folded = _folded(plain)
    if found := _known(folded):
        return found
    split = _SPLIT.fullmatch(folded)
    known = _known(split[2]) if split else None
    return f"{_SPLITS[split[1]]} {known}" if split and known else plain


def _known(folded: str) -> str | None:
    if found := _TABLE.get(folded):
        return found
    if top := _TOP.fullmatch(folded):
        return f"Top-{next(filter(None, top.groups()))} Accuracy"
    cut = _CUT.fullmatch(folded)
    return f"{_AT_A_CUT[cut[1]]}@{cut[2]}" if cut and cut[1] in _AT_A_CUT else None


def _folded(name: str) -> str:
    """In lower case without percent signs, and single spaces for hyphens, brackets and points at the end of words."""
    return " ".join(_BETWEEN.sub(" ", _PERCENT.sub(" ", name.lower())).split())


def _table() -> dict[str, str]:
    pairs = [(_folded(name), canonical) for canonical, names in _SPELLINGS.items() for name in (canonical, *names)]
    return dict(pairs)


_TABLE = _table()
