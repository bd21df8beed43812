"""What differs between two texts, for a reader: words of a short text, lines of a long one. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MOST_PARTS = 4000
"""Words, or lines, of both texts together that are compared one by one: what somebody sends may be long on purpose."""
LONGEST_SHOWN = 4000
BESIDE = 6
"""Parts that are shown of what stayed, before and behind what changed."""

_WORDS = re.compile(r"\s*\S+|\s+$")
_LINES = re.compile(r".*\n|.+$")

Kind = Literal["same", "gone", "come"]


@dataclass(frozen=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    kind: Kind
    text: str


def diff(old: str, new: str) -> tuple[Piece, ...]:
    """The new text with what went and what came; long stretches that stayed are cut to their ends."""
    for pattern in (_WORDS, _LINES):
        before, after = pattern.findall(old), pattern.findall(new)
        if len(before) + len(after) <= MOST_PARTS:
            return tuple(_pieces(before, after))
    return whole(old, new)


def whole(old: str, new: str) -> tuple[Piece, ...]:
    """One text in the place of another, each as far as a page shows it."""
    kinds: Sequence[tuple[Kind, str]] = (("gone", old), ("come", new))
    return tuple(Piece(kind, shortened(text)) for kind, text in kinds if text)


def shortened(text: str) -> str:
    """A text as far as a page shows it."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} …"


def _pieces(before: Sequence[str], after: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    opcodes = SequenceMatcher(None, before, after).get_opcodes()
    for place, (tag, first, last, start, end) in enumerate(opcodes):
        if tag == "equal":
            is_first, is_last = place == 0, place == len(opcodes) - 1
            pieces.append(Piece("same", _cut(before[first:last], keeps_start=not is_first, keeps_end=not is_last)))
            continue
        if first < last:
            pieces.append(Piece("gone", shortened("".join(before[first:last]))))
        if start < end:
            pieces.append(Piece("come", shortened("".join(after[start:end]))))
    return [piece for piece in pieces if piece.text]


def _cut(parts: Sequence[str], *, keeps_start: bool, keeps_end: bool) -> str:
    """What stayed, next to what changed."""
    kept = BESIDE * (keeps_start + keeps_end)
    if len(parts) <= kept + 2:
        return shortened("".join(parts))
    start = "".join(parts[:BESIDE]) if keeps_start else ""
    end = "".join(parts[-BESIDE:]) if keeps_end else ""
    return f"{start} … {end}"
