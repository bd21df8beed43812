"""Counts of parameters and the like: what a bare number means where the column's name has a unit, and large numbers in short.

Only pictures go by this: the archive mixes "344", "348K" and "137B" in one column that is called "Params (M)". What is stored and
exported, and what a table shows, stays as it was written.
"""

import re

from leaderboards.scores import says_scale

UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"))
_TIMES = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
# Not "Error (m)", which is metres, nor "Score (B)": what is counted by millions must be such a thing.
_COUNTED = re.compile(r"\b(?:params?|parameters?|flops?|macs?|mult(?:iply)?-?adds?|tokens?)\b", re.IGNORECASE)
_UNIT = re.compile(r"[(\[]\s*(?:in )?#?([kmbgt])(?:illions?|\.|housands?|rillions?)?\s*[)\]]\s*$", re.IGNORECASE)
_LONGEST_READ = 200


def unit_of(name: str) -> float:
    """How many one of a column is by its name: a million in "Params (M)", one where the name has no such unit at its end."""
    said = _UNIT.search(name[:_LONGEST_READ])
    return _TIMES[said[1].lower()] if said and _COUNTED.search(name[:_LONGEST_READ]) else 1.0


def in_ones(value: float, text: str, *, unit: float) -> float:
    """The number of a cell as what it counts: 344 and "344M" are the same in millions.

    A number with a letter of its own says what it means, and so does one that would be a million millions and more: whoever
    wrote 344000000 counted in ones.
    """
    return value if says_scale(text) or abs(value) >= unit else value * unit


def in_short(value: float) -> str:
    """A number as a chart says it, large ones by thousands of thousands: "137B", "1.5M", "28.4"."""
    times, word = next(((times, word) for times, word in UNITS if times <= abs(value) < 1000 * UNITS[0][0]), (1.0, ""))
    return f"{value / times:.4g}{word}" if word else f"{value:g}"
