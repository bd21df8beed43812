"""Two measurements of the same items beside each other: how surely they differ. Pure arithmetic, the same each time.

Items that come out alike on both sides say nothing about which side is better: what counts are those that flip.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LARGE = 1e250
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Flips:
    """How the items of two sides came out: right on both or on neither (`alike`), on the first alone, on the second alone."""

    alike: int
    lost: int
    gained: int

    @property
    def items(self) -> int:
        """All of them."""
        return self.alike + self.lost + self.gained

    @property
    def difference(self) -> float:
        """The second side's share of right items less the first's."""
        return (self.gained - self.lost) / self.items if self.items else 0.0


def mcnemar(flips: Flips) -> float:
    """How probable a split at least this uneven is if both sides are equally good: McNemar's exact test, two-sided."""
    number, fewer = flips.lost + flips.gained, min(flips.lost, flips.gained)
    ways, tail = 1, 0
    for taken in range(fewer + 1):
        tail += ways
        ways = ways * (number - taken) // (taken + 1)
    return min(1.0, 2 * tail / (1 << number))


def interval(flips: Flips) -> tuple[float, float]:
    """The paired bootstrap's 95 % interval of the difference, as endlessly many resamples would give it.

    A resample draws as many items as there are, with replacement, each with what it did on both sides. Its difference is then
    the sum of so many independent steps of -1, 0 and 1, whose distribution can be computed: nothing is drawn by chance.
    """
    if not flips.items:
        return 0.0, 0.0
    weights = _sums(flips)
    whole = math.fsum(weights)
    low = _quantile(weights, whole * (1 - CONFIDENCE) / 2)
    high = _quantile(weights, whole * (1 + CONFIDENCE) / 2)
    return (low - flips.items) / flips.items, (high - flips.items) / flips.items


def _sums(flips: Flips) -> list[float]:
    """How likely each sum of steps is, from -n to n, up to one factor for all."""
    nothing = [0.0] * flips.items
    if not flips.lost:
        return [*nothing, *_one_way(flips.items, flips.gained)]
    if not flips.gained:
        return [*reversed(_one_way(flips.items, flips.lost)), *nothing]
    below = _half(flips.items, flips.lost, flips.alike, flips.gained)
    above = _half(flips.items, flips.gained, flips.alike, flips.lost)
    # Both halves end with the sum of 0, each by a factor of its own; where that is 0 as a number, all is on the other side.
    if not below[-1]:
        return [*below, *nothing]
    if not above[-1]:
        return [*nothing, *reversed(above)]
    factor = below[-1] / above[-1]
    if factor > 1:
        return [*(weight / factor for weight in below), *reversed(above[:-1])]
    return [*below, *(weight * factor for weight in reversed(above[:-1]))]


def _half(number: int, down: int, none: int, up: int) -> list[float]:
    """The coefficients of (down + none x + up x²)^number up to x^number, up to one factor.

    By the recurrence that the derivative of such a power gives; in this half it only adds, so that nothing is lost.
    """
    found = [1.0]
    for k in range(number):
        before = found[k - 1] if k else 0.0
        found.append(((number - k) * none * found[k] + (2 * number - k + 1) * up * before) / (down * (k + 1)))
        if found[-1] > _LARGE:
            found = [weight / _LARGE for weight in found]
    return found


def _one_way(number: int, flipped: int) -> list[float]:
    """The probabilities of 0 to `number` steps where all that step go the same way: binomial."""
    if flipped in {0, number}:
        return [float(taken == flipped) for taken in range(number + 1)]
    share = flipped / number
    logs = (
        math.lgamma(number + 1) - math.lgamma(taken + 1) - math.lgamma(number - taken + 1)
        + taken * math.log(share) + (number - taken) * math.log1p(-share)
        for taken in range(number + 1)
    )  # fmt: skip
    return [math.exp(log) for log in logs]


def _quantile(weights: Sequence[float], share: float) -> int:
    for place, sum_so_far in enumerate(_running(weights)):
        if sum_so_far >= share:
            return place
    return len(weights) - 1


def _running(weights: Sequence[float]) -> Iterator[float]:
    total = 0.0
    for weight in weights:
        total += weight
        yield total
