"""What a measurement says about a claim: exact, inconclusive, consistent or differs. Pure, and derived anew each time.

A verdict is of a claim under a protocol. It is decided in this order, and the first rule that holds decides:

1. not comparable: the protocol measures another benchmark, part of the data, or metric than the claim is about;
2. not run: nobody has measured it under the protocol;
3. exact: the difference is no more than the claim's rounding and the protocol's measured noise together;
4. inconclusive: the 95 % interval reaches further to a side than the protocol's margin, or there is none;
5. consistent: the claim lies inside the interval;
6. differs.

Numbers of claims and measurements are in the board's unit; a protocol's margin and noise are in the harness's, and the
measurement's `scale` takes them to the board's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import erfc, sqrt

from leaderboards import comparable
from leaderboards.comparable import Subject
from leaderboards.scores import half_of_last_place

DEFAULT_MARGIN = 0.01
"""One percentage point of an accuracy: what MMLU's 14,042 items can tell, and a thousand items cannot."""
_SLIP = 1e-9
"""What floating point may add to a difference of two printed numbers, as a share of them."""


class Verdict(StrEnum):
    """What a measurement says about a claim; the value is what a reader sees."""

    NOT_COMPARABLE = "not comparable"
    NOT_RUN = "not run"
    EXACT = "exact"
    INCONCLUSIVE = "inconclusive"
    CONSISTENT = "consistent"
    DIFFERS = "differs"

    @property
    def key(self) -> str:
        """The verdict as a part of a name in a style sheet."""
        return self.value.replace(" ", "-")

    @property
    def holds(self) -> bool:
        """Whether the claim was found again."""
        return self in {Verdict.EXACT, Verdict.CONSISTENT}


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A claimed number: the cell as the archive wrote it (JSON to the letter), what it means, and what it is about.

    `scale` is what the written number was multiplied by to stand on its column's scale.
    """

    raw: str
    value: float
    scale: float = 1.0
    subject: Subject = comparable.UNSAID


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What of a protocol decides about verdicts, margin and noise in the harness's unit; no margin means any interval will do."""

    subject: Subject = comparable.UNSAID
    margin: float | None = DEFAULT_MARGIN
    noise: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Found:
    """A measurement as far as verdicts go by it, in the board's unit."""

    value: float
    items: int
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    scale: float = 1.0
    is_proportion: bool = False

    @property
    def reach(self) -> float | None:
        """How far the interval reaches to a side, the mean of both; None where there is no interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def covers(self, value: float) -> bool:
        """Whether a value lies inside the interval; nothing lies inside of none."""
        return self.low is not None and self.high is not None and self.low <= value <= self.high


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A verdict with its reason and what guessing reaches, each a sentence; `p_value` is None where nothing was tested."""

    verdict: Verdict
    reason: str
    chance: str = ""
    p_value: float | None = None


def judge(claimed: Claimed, found: Found | None, terms: Terms) -> Judgement:
    """The verdict on a claim under a protocol by what was found, or by nothing."""
    obstacle = comparable.obstacle(claim=claimed.subject, protocol=terms.subject)
    if obstacle:
        return Judgement(verdict=Verdict.NOT_COMPARABLE, reason=obstacle, chance=_chance(found) if found else "")
    if found is None:
        return Judgement(verdict=Verdict.NOT_RUN, reason="Nobody has measured this claim under this protocol yet.")
    verdict, reason = _weighed(claimed, found, terms)
    return Judgement(verdict=verdict, reason=reason, chance=_chance(found), p_value=p_value(claimed.value, found))


def _weighed(claimed: Claimed, found: Found, terms: Terms) -> tuple[Verdict, str]:
    difference = abs(found.value - claimed.value)
    rounding = (half_of_last_place(claimed.raw) or 0.0) * claimed.scale
    noise = terms.noise * found.scale
    if difference <= rounding + noise + _SLIP * max(abs(found.value), abs(claimed.value)):
        return Verdict.EXACT, _why_exact(difference, rounding=rounding, noise=noise)
    if found.reach is None:
        return Verdict.INCONCLUSIVE, "No interval is known for this measurement, so a difference cannot be told from luck."
    items = f"{found.items:,} {'item' if found.items == 1 else 'items'}"
    if terms.margin is not None and found.reach > terms.margin * found.scale:
        side = "inside" if found.covers(claimed.value) else "outside"
        return Verdict.INCONCLUSIVE, (
            f"Too few items to tell: with {items} the 95 % interval reaches {_short(found.reach)} to each side of the "
            f"measured value, further than this protocol’s margin of {_short(terms.margin * found.scale)}. "
            f"The claim lies {side} the interval."
        )
    if found.covers(claimed.value):
        return Verdict.CONSISTENT, (
            f"The claim lies inside the 95 % interval: with {items}, luck alone often makes a difference of {_short(difference)}."
        )
    return Verdict.DIFFERS, (
        f"The claim lies outside the 95 % interval: with {items}, luck alone rarely makes a difference of {_short(difference)}."
    )


def _why_exact(difference: float, *, rounding: float, noise: float) -> str:
    if not difference:
        return "The measured value is the claimed one."
    allowed = f"the claim’s rounding ({_short(rounding)})"
    if noise:
        allowed += f" and the noise between runs of this protocol ({_short(noise)}) together make"
    else:
        allowed += " makes"
    return f"The measured value is {_short(difference)} from the claim: no more than {allowed}."


def _chance(found: Found) -> str:
    """What guessing reaches, and where the interval lies to it."""
    if found.chance is None:
        return ""
    level = f"Guessing reaches {_short(found.chance)}"
    if found.low is None or found.high is None:
        return f"{level}."
    if found.covers(found.chance):
        return f"{level}, which the interval covers: the model may be guessing."
    return f"{level}; the interval lies {'above' if found.low > found.chance else 'below'} it."


def p_value(claimed: float, found: Found) -> float | None:
    """How often luck alone would put the measured value at least this far from the claimed one, were the claim true.

    The claim is taken as a fixed number. For a share of items this is the score test, whose 95 % interval is Wilson's: under
    0.05 means outside of that. None where no standard error is known.
    """
    share = claimed / found.scale
    if found.is_proportion and found.items and 0 < share < 1:
        error: float | None = sqrt(share * (1 - share) / found.items) * found.scale
    else:
        error = found.standard_error
    return erfc(abs(found.value - claimed) / error / sqrt(2)) if error else None


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for how many they are (Holm 1979), in their order.

    Of twenty true claims one is expected outside of its 95 % interval; below 0.05 after this, none is.
    """
    ascending = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(ascending):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def _short(value: float) -> str:
    """A number as a sentence has it: two digits that say something, at most four decimals."""
    text = f"{value:.2g}" if abs(value) < 1 else f"{value:.1f}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
