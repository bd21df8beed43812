"""Which way is better, judged by a metric's name alone: the archive does not say. People can correct each judgement."""

import re
from typing import Literal

Direction = Literal["higher", "lower", "none"]

# Patterns over a name's words: lower case, split at punctuation and camel case, single spaces between.
_DESCRIBES = (
    r"(.* )?#?(params?|parameters?)( .*)?", r"(number|num|no|#) (of )?(layers|tokens|frames|samples)", r"[gmt]?flops?( \w+)?",
    r"[gm]?macs?( \w+)?", r"mults? adds?", r"(model )?size( mb)?", r"(gpu )?memory( \w+)?",
    r"(pre ?)?train(ing)? (data|dataset|set|corpus)", r"pre ?training", r"training (time|regime)",
    r"(uses )?extra( training)?( data)?", r"((test|external|base|ambiguous) )?(data|dataset)", r"backbone", r"detector",
    r"architecture", r"hardware( burden)?", r"operations per network pass", r"notes?", r"comments?", r"method", r"framework",
    r"seeds?", r"epochs?", r"resolution", r"(input|image) size", r"venue", r"year", r"source", r"link", r"code",
    r"(train|training) split", r"(weight|activation) bits", r"network", r"(extra )?manual annotation",
    r"multi task supervision", r"pre ?trained( transfer learning)?", r"mlp hidden layers width", r"batch size", r"optimi[sz]er",
    r"gpus?", r"lambda",
)  # fmt: skip
_GOES_DOWN = (
    r"errors?", r"loss", r"perplexit(y|ies)", r"ppl", r"wer", r"cer", r"ter", r"der", r"eer", r"mcd", r"s?fid", r"fvd", r"kid",
    r"fad", r"lpips", r"niqe", r"brisque", r"dists", r"n?rmse", r"rmsd", r"mse", r"n?mae", r"s?mape", r"wape", r"mase",
    r"mpjpe", r"epe", r"(min)?ade", r"(min)?fde", r"min (ade|fde)", r"bpc", r"bpb", r"bpd", r"bits? (per|dim)", r"nll",
    r"negative log likelihood", r"cross entropy", r"(abs|sq) rel", r"ece", r"crps", r"nme", r"emd", r"hd ?95", r"divergence",
    r"distance", r"misclassif\w+", r"latency", r"runtime", r"time", r"seconds", r"delay", r"hausdorff", r"chamfer", r"toxicity",
    r"degradation", r"fpr ?\d*", r"fnr", r"false (positive|negative|alarm) rate", r"(mean|median|average|avg) rank", r"fnmr",
    r"miss rate", r"n?mse", r"rmsle", r"med ?ae", r"rms", r"silog", r"ate", r"rpe", r"m?pve", r"pve", r"mpvpe", r"n?mje",
    r"p2s", r"bad ?pix(els?)?", r"fl all", r"d1 all", r"aepe", r"ergas", r"piqe", r"perceptual index", r"kvd", r"fgd", r"jsd",
    r"mmd", r"1 nna", r"lse d", r"chair [is]", r"neg ll", r"nll ?gen", r"nelbo", r"negative elbo", r"dcf", r"(ap|bp|a)cer",
    r"hter", r"rtf", r"std ?dev", r"stdev", r"standard deviation", r"jitter", r"regret", r"fkgl", r"id switches",
    r"rank difference", r"degree of bias", r"hallucination rate", r"energy consumption", r"carbon emissions?", r"forgetting",
)  # fmt: skip
# Too short to be trusted inside a longer name: "accuracy per class", "MS-SSIM", "TAR @ FAR".
_GOES_DOWN_ALONE = {
    "per", "err", "far", "frr", "cd", "vi", "ser", "ms", "rel", "mr", "m mr", "fa", "miss", "fp", "fn", "ids", "idsw", "hd",
    "asd", "assd", "s", "sec", "secs", "mm",
}  # fmt: skip
_GOES_UP_AFTER_ALL = (
    r"(frames|samples|tokens|images|sentences) per second", r"fps", r"throughput", r"speed ?up", r"time horizon",
    r"error correction", r"(tpr|tar)\b.*\b(fpr|far|fmr|fnr)", r"(until|at) (fpr|far|fmr)", r"real time", r"time series",
    r"co nll",
)  # fmt: skip

_NOT_RANKED = re.compile("|".join(_DESCRIBES))
_LOWER = re.compile(rf"\b({'|'.join(_GOES_DOWN)})\b")
_HIGHER = re.compile(rf"\b({'|'.join(_GOES_UP_AFTER_ALL)})\b")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONGEST_JUDGED = 200


def infer_direction(name: str) -> Direction:
    """ "none" for columns that describe ("Number of params"), "lower" for errors, losses and times, "higher" for all else.

    The archive lacks the direction of its metrics. A word for an error decides over the rest of a name: "Top-1 Error" goes
    down though "Top-1" alone goes up. Names that say nothing ("Switchboard", where words wrong are counted) need a person.
    """
    words = _words(name)
    if _NOT_RANKED.fullmatch(words):
        return "none"
    if words in _GOES_DOWN_ALONE or (_LOWER.search(words) and not _HIGHER.search(words)):
        return "lower"
    return "higher"


def _words(name: str) -> str:
    spaced = _CAMEL.sub(" ", name[:_LONGEST_JUDGED])
    return " ".join(re.findall(r"[a-z0-9#]+", spaced.lower()))
