"""Cells of one column that stand on another scale, best values too good to be true, and columns that hold no numbers."""

import json
import re
from collections.abc import Sequence
from statistics import median_low
from typing import Protocol

from leaderboards.directions import Direction
from leaderboards.scores import is_placeholder

FEWEST_OF_A_SCALE = 3
FEWEST_FOR_A_DOUBT = 5
LEAST_LEAD = {"higher": 0.07, "lower": 0.5}

# Shares of a whole, 0 to 1 or 0 to 100. Not here: errors and error rates (0.2 % is a good one), correlations, and scores
# that pass 1 or 100 (CIDEr, PSNR, perplexity).
_SHARE_WORDS = (
    r"m?acc", "accuracy", r"f ?[012](?: ?5)?", r"f (?:score|measure)", "precision", "recall", "exact match", "em", r"m?i ?o ?u",
    "dice", "dsc", "jaccard", r"m?ap(?:50|75|s|m|l)?", r"m?ar", "auc", "auroc", "roc", "auprc", r"bleu(?: ?\d)?",
    r"rouge(?: ?\w)?", "meteor", "pckh?", "pq", r"hits? ?@", r"[rp] ?@ ?\d+", "mrr", "ndcg", r"top ?\d+", "success", "uas",
    "las", "smatch", r"pass ?@ ?\d+", "idf1", "mota", "hota",
)  # fmt: skip
_SHARES = re.compile(rf"\b(?:{'|'.join(_SHARE_WORDS)})\b")
_NO_SHARES = re.compile(
    r"\b(?:errors?|loss|wer|cer|perplexity|ppl|time|rank|params?|number|size|r?mse|mae|stdev|std|variance|ratio|bits?)\b"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_DECIMALS = re.compile(r"[.,](\d+)")
_LONGEST_NAME_READ = 200


class Cell(Protocol):
    """A cell of a column: its JSON to the letter (`"0.635%"` in quotes, `0.635` without), and its number, if any."""

    @property
    def raw(self) -> str: ...
    @property
    def value(self) -> float | None: ...


def scale_factors(cells: Sequence[Cell], *, metric: str, direction: Direction) -> list[float]:
    """What each number must be multiplied by to stand on its column's scale: 1, 100 or 0.01. The raw cells stay.

    The archive mixes 0-1 and 0-100 in one column ("0.635%" beside "78.0%", 93 among 0.9s). A cell is rescaled only where
    all of this holds, for a wrong factor makes a wrong leader:

    - the metric is a share by its name (accuracy, F1, IoU, BLEU, ...), higher is better, and no value is under 0 or over 100;
    - at least three cells stand on the column's scale (0 < x <= 1 are fractions, 1 < x <= 100 percents), and more than twice
      as many as on the other;
    - the cell is a quarter of the smallest percent or less, or four times the largest fraction or more;
    - the cell, rescaled, is at least half the smallest of the others and at most a twentieth of the scale above the best;
    - a fraction among percents has two decimals or more, and more than they have: 0.4 beside 40.1 may be a very bad result.
    """
    same = [1.0] * len(cells)
    values = [cell.value for cell in cells if cell.value]
    if direction != "higher" or not is_share(metric) or any(value < 0 or value > 100 for value in values):
        return same
    fractions = [value for value in values if value <= 1]
    percents = [value for value in values if value > 1]
    if len(percents) >= FEWEST_OF_A_SCALE and len(percents) > 2 * len(fractions):
        decimals = max(2, 1 + median_low(_decimals(cell.raw) for cell in cells if cell.value and cell.value > 1))
        return [100.0 if _is_fraction_among(percents, cell, decimals=decimals) else 1.0 for cell in cells]
    if len(fractions) >= FEWEST_OF_A_SCALE and len(fractions) > 2 * len(percents):
        return [0.01 if _is_percent_among(fractions, cell) else 1.0 for cell in cells]
    return same


def is_share(metric: str) -> bool:
    """Whether a metric is a share of a whole by its name: bounded by 0 and 1, or by 0 and 100."""
    spaced = _CAMEL.sub(" ", metric[:_LONGEST_NAME_READ]).lower()
    words = " ".join(re.findall(r"[a-z0-9@]+", spaced))
    return _SHARES.search(words) is not None and _NO_SHARES.search(words) is None


def outliers(values: Sequence[float | None], *, direction: Direction) -> list[bool]:
    """Which value is doubtful: one that alone leads a column by far. It is only marked; nothing is changed.

    The archive has leaders such as 99.87 where the next has 92.4. The best of at least five values is doubtful where its
    lead over the next is more than three times what the next four lie apart, and more than 7 % of the next, or half of it
    where lower is better: errors are halved by honest work, shares near the top do not jump.
    """
    doubtful = [False] * len(values)
    present = sorted((value for value in values if value is not None), reverse=direction == "higher")
    if direction == "none" or len(present) < FEWEST_FOR_A_DOUBT:
        return doubtful
    best, following = present[0], present[1:5]
    lead, spread = abs(best - following[0]), abs(following[0] - following[-1])
    if lead > LEAST_LEAD[direction] * abs(following[0]) and lead > 3 * spread:
        doubtful[values.index(best)] = True
    return doubtful


def is_numeric_column(cells: Sequence[Cell]) -> bool:
    """Whether a column holds numbers: at least half of the cells that say something do. Where none says anything, it may.

    Some of the archive's columns hold words ("Backbone", "Training Data") or pairs: nothing can be ranked by them.
    """
    telling = [cell for cell in cells if cell.value is not None or not is_placeholder(json.loads(cell.raw))]
    return 2 * sum(cell.value is not None for cell in telling) >= len(telling)


def _is_fraction_among(percents: Sequence[float], cell: Cell, *, decimals: int) -> bool:
    if not cell.value or cell.value > 1 or cell.value * 4 > min(percents) or _decimals(cell.raw) < decimals:
        return False
    return _fits(cell.value * 100, percents, ceiling=100)


def _is_percent_among(fractions: Sequence[float], cell: Cell) -> bool:
    if not cell.value or cell.value <= 1 or cell.value < 4 * max(fractions):
        return False
    return _fits(cell.value / 100, fractions, ceiling=1)


def _fits(value: float, others: Sequence[float], *, ceiling: float) -> bool:
    return min(others) / 2 <= value <= min(ceiling, max(others) + ceiling / 20)


def _decimals(raw: str) -> int:
    found = _DECIMALS.search(raw)
    return len(found[1]) if found else 0
