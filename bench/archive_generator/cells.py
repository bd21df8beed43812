"""Metric cells: which of them are written how, and the writing."""

from random import Random

import numpy as np

from bench.archive_generator.faults import CELL_KINDS, PLAIN
from bench.archive_generator.metrics import MetricKind
from bench.archive_generator.randomness import Ints, stream

KINDS = (PLAIN, *CELL_KINDS)
MISSING = -1

_PLACEHOLDERS = ("-", "--", "N/A", "", "—", "n/a")
_TEXTS = (
    "ImageBase-21k + own crawl",
    "ResNet-50",
    "see paper",
    "Wikipedia, books",
    "ViT-L/16 (frozen)",
    "OOM",
    "not reported",
    "SwinB",
)
_YES_NO = ("Yes", "No", "yes", "✓", "✗", "no")


def choose_kinds(seed: int, metric_kinds: Ints, columns: Ints, *, present: Ints) -> Ints:
    """The kind of each cell, as a place in `KINDS`, `MISSING` for those not in `present`.

    `metric_kinds` is each cell's place in the kinds of metrics, `columns` its column. Percent signs fill whole columns;
    suffixes stand in columns of sizes first; what is rare falls where it falls. Text columns hold text alone.
    """
    rng = stream(seed, "cell kinds")
    kinds = np.full(len(columns), MISSING, dtype=np.int64)
    kinds[present] = 0
    of_metric = metric_kinds[present]
    for metric_kind, kind in (("text", "text"), ("yes_no", "yes_no")):
        kinds[present[of_metric == METRIC_KINDS.index(metric_kind)]] = KINDS.index(kind)
    column_chance = rng.random(int(columns.max()) + 1)
    chance = rng.random(len(columns))
    for kind, share in sorted(CELL_KINDS.items(), key=lambda item: item[1]):
        wanted = max(1, round(share * len(present))) - int((kinds == KINDS.index(kind)).sum())
        free = present[kinds[present] == 0]
        if kind == "percent":
            rank = column_chance[columns[free]] + (metric_kinds[free] >= METRIC_KINDS.index("size"))
        elif kind == "scaled":
            rank = chance[free] + (metric_kinds[free] != METRIC_KINDS.index("size"))
        else:
            rank = chance[free] + (metric_kinds[free] == METRIC_KINDS.index("size"))
        kinds[free[np.argsort(rank, kind="stable")[: max(0, wanted)]]] = KINDS.index(kind)
    return kinds


METRIC_KINDS: tuple[MetricKind, ...] = ("quality", "loss", "size", "count", "text", "yes_no")


def write_cell(kind: str, value: float, *, chance: Random) -> str | float:
    """A value as a cell of that kind has it: text, save for JSON numbers."""
    digits = chance.choice((0, 1, 1, 2, 2, 3)) if abs(value) > 1 else 3
    plain = f"{value:.{digits}f}"
    if kind == "json_number":
        return round(value, digits)
    if kind == "scaled":
        return f"{value:.{digits}f}{chance.choice(('M', ' M', 'M', 'K', 'B', 'G'))}"
    choices = _WRITTEN.get(kind)
    return chance.choice(choices).format(plain, value, value * 0.9, int(value)) if choices else plain


_WRITTEN: dict[str, tuple[str, ...]] = {
    "percent": ("{0}%", "{0}%", "{0}%", "{0} %"),
    "placeholder": _PLACEHOLDERS,
    "number_with_text": ("{0} per node", "{0}s/img", "{0} (5 runs)", "~{0} dB", "top {3} of 100"),
    "yes_no": _YES_NO,
    "text": _TEXTS,
    "pair": ("{0}/{2:.1f}", "{1:.1f}x1", "{0} / {2:.2f}", "{0} | {2:.1f}"),
    "deviation": ("{0} ± 0.3", "{0}±0.12", "{0} +/- 1.1"),
    "footnote": ("{0}*", "{0}†", "{0}**"),
    "thousands_comma": ("{3},204", "{3},048.5"),
    "decimal_comma": ("{3},5", "{3},75"),
    "byte_order_mark": ("\ufeff{0}",),
    "bold": ("**{0}**",),
}
