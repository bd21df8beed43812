"""Every shard of a run as a mark in one small picture: what state it is in, and of those at work how far they are.

A mark's height tells its state, so that the picture can be read without colours: a thin line waits, a bar that grows is being
scored, a full square is done, a square in two halves failed. Marks side by side that look the same are one line of a path, which
the style cuts into squares: ten thousand shards weigh less than 60 KB however they stand.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, sqrt

from portal.pages import figures

WAITS, DONE, FAILED = "q", "d", "f"
QUARTERS = "0123"
"""What stands for a shard that is being scored, by the quarters of it that are done."""

MOST_MARKS = 10_000
MOST_LINES = 7_500
"""Lines of one picture, of at most eight characters each."""

LARGEST = 18
WIDEST = 960
"""Pixels of a mark, and of a picture of many."""

_URGENCY = f"{DONE}{WAITS}{QUARTERS}{FAILED}"
"""Where shards share a mark, the last of these that is among them is shown."""

_NAMES = {WAITS: "waits", DONE: "done", FAILED: "failed", **{quarter: f"at-work-{quarter}" for quarter in QUARTERS}}


@dataclass(frozen=True, kw_only=True)
class Marks:
    """The marks that look alike, as the path of an SVG."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How many shards are in a state."""

    name: str
    words: str


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """The picture, in marks across and down, and what it says in words."""

    across: int
    down: int
    width: int
    height: int
    marks: tuple[Marks, ...]
    kinds: tuple[Kind, ...]
    summary: str
    shards_a_mark: int


def draw(states: str) -> HeatMap | None:
    """The picture of these shards, a character each; None where there is none."""
    if not states:
        return None
    shards_a_mark = ceil(len(states) / MOST_MARKS)
    while True:
        shown = _shared(states, shards_a_mark)
        across = _across(len(shown))
        lines = list(_lines(shown, across))
        if len(lines) <= MOST_LINES:
            break
        shards_a_mark += 1
    down = ceil(len(shown) / across)
    side = min(LARGEST, WIDEST / across)
    kinds = _kinds(states)
    return HeatMap(
        across=across,
        down=down,
        width=round(side * across),
        height=round(side * down),
        marks=tuple(Marks(name=_NAMES[state], path=_path(lines, state)) for state in _URGENCY if state in shown),
        kinds=kinds,
        summary=f"{figures.counted(len(states), 'shard')}: {', '.join(kind.words for kind in kinds)}.",
        shards_a_mark=shards_a_mark,
    )


def _shared(states: str, shards_a_mark: int) -> str:
    if shards_a_mark == 1:
        return states
    parts = (states[start : start + shards_a_mark] for start in range(0, len(states), shards_a_mark))
    return "".join(max(part, key=_URGENCY.index) for part in parts)


def _across(marks: int) -> int:
    """How many stand in a row: all of a few, else two and a half times as many as rows."""
    return marks if marks <= 20 else max(20, ceil(sqrt(2.5 * marks)))


def _lines(shown: str, across: int) -> Iterator[tuple[str, int, int, int]]:
    """State, place in the row, row and length of the marks side by side that look the same."""
    for row, start in enumerate(range(0, len(shown), across)):
        place = 0
        for state, group in groupby(shown[start : start + across]):
            length = len(list(group))
            yield state, place, row, length
            place += length


def _path(lines: Sequence[tuple[str, int, int, int]], state: str) -> str:
    """The lines of one state; each begins as far from the end of the one before as it is, which takes few characters."""
    parts: list[str] = []
    at_place, at_row = 0, 0
    for _, place, row, length in (line for line in lines if line[0] == state):
        parts.append(f"m{place - at_place} {row - at_row}h{length}")
        at_place, at_row = place + length, row
    return f"M0 .5{''.join(parts)}"


def _kinds(states: str) -> tuple[Kind, ...]:
    counts = Counter(states)
    at_work = sum(counts[quarter] for quarter in QUARTERS)
    found = (
        (_NAMES[DONE], counts[DONE], "done"),
        (_NAMES["2"], at_work, "being scored"),
        (_NAMES[WAITS], counts[WAITS], "waiting"),
        (_NAMES[FAILED], counts[FAILED], "failed"),
    )
    return tuple(Kind(name=name, words=f"{count:,} {words}") for name, count, words in found if count)
