"""What differs between two texts, word by word. Pure."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

MOST_WORDS = 4000
_WORDS = re.compile(r"\s+|\d+(?:[.,]\d+)+|\w+|[^\w\s]")
"""A number is a word of its own: of 92.5 and 90.5 no part is the same."""


class Piece(NamedTuple):
    """A stretch of text: what stayed (`same`), went (`old`) or came (`new`)."""

    kind: str
    text: str


def differences(old: str, new: str) -> list[Piece]:
    """The stretches in order; of very long texts the whole old and the whole new."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) + len(after) > MOST_WORDS:
        return [piece for piece in (Piece("old", old), Piece("new", new)) if piece.text]
    return list(_pieces(before, after))


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    for what, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            yield Piece("same", "".join(before[start:end]))
            continue
        if start < end:
            yield Piece("old", "".join(before[start:end]))
        if first < last:
            yield Piece("new", "".join(after[first:last]))
