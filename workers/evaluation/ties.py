"""When the best two options are alike, or so near that rounding may have chosen: one measure for all that count such items.

A near tie is one that could turn if each log-likelihood behind it were off by `ERROR`, exact ties among them. So the run's page
counts the same items as its list of items shows, and each scoring rule is measured by as much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

ERROR: Mapping[str, float] = {"float32": 5e-5, "float16": 0.01, "bfloat16": 0.05, "int8": 0.05}
"""Natural logarithms by which the log-likelihood of an answer may be off, by the weights' dtype.

Two engines that are both right differed by up to 6e-6 a token in float32 and 0.12 in bfloat16 (docs/evaluation-engine.md);
float16 has three binary digits more than that.
"""


class Option(NamedTuple):
    """An option under a metric; `reach` is how far its value moves when each log-likelihood behind it moves by 1."""

    value: float
    reach: float

    def per(self, size: float) -> Option:
        """By its length. An empty one is never picked: so the harness's own division by zero comes out."""
        return Option(self.value / size, self.reach / size) if size else Option(-math.inf, 0.0)


def best(options: Sequence[Option]) -> tuple[int, float, float]:
    """The place of the best option, the first of equals as argmax has it; its value less the second's, and the reach of that.

    Of a single option the margin is infinite. Where reaches differ, a third option may be nearer to turning it than the second.
    """
    order = sorted(range(len(options)), key=lambda place: -options[place].value)  # stable
    first = options[order[0]]
    second = options[order[1]] if len(order) > 1 else Option(-math.inf, 0.0)
    return order[0], first.value - second.value, first.reach + second.reach


def bare(margin: float, *, reach: float) -> float:
    """A margin in bare log-likelihoods, which all metrics' margins are compared in: twice what turns the pick when each moves."""
    return margin * 2 / reach if reach else margin


def within(dtype: str, *, reach: float = 2.0) -> float:
    """How far apart two options may be and count as near each other.

    `reach` is how far their difference moves when every log-likelihood behind it moves by 1: 2 for two bare ones.
    """
    return ERROR[dtype] * reach


def is_near(margin: float, *, dtype: str, reach: float = 2.0) -> bool:
    """Whether rounding may have chosen; an exact tie is near too."""
    return margin == 0 or margin < within(dtype, reach=reach)
