"""What a paper's venue is called, and where its page is: the archive has names for some, for others an address."""

import re

from portal.pages.figures import MONTHS
from portal.pages.links import Link, address, quoted

_ADDRESS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_SMALL_WORDS = frozenset({"a", "and", "at", "for", "in", "of", "on", "the", "to", "with"})
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
CUT_FROM = 30
"""The old site cut addresses at whole words up to 45 characters; one this long may have lost some."""


def venue_name(name: str | None, *, year: int | None = None, month: int | None = None) -> str:
    """A proceeding's name as readers see it, and as BibTeX entries have it: "NeurIPS 2018 12" is NeurIPS 2018.

    "proceedings-of-the-27th-international" is a cut address, not a name.
    """
    if not name:
        return ""
    if _ADDRESS.fullmatch(name):
        words = [_word(word, is_first=place == 0) for place, word in enumerate(name.split("-"))]
        return " ".join(words) + (" …" if len(name) >= CUT_FROM else "")
    meeting, _, last = name.strip().rpartition(" ")
    is_month = month is not None and last.lstrip("0") == str(month) and meeting.rstrip().endswith(str(year))
    return meeting.rstrip() if is_month else name


def when(year: int | None, month: int | None) -> str:
    """The month of a meeting, else its year; empty where neither is known."""
    if not year:
        return ""
    return f"{MONTHS[month - 1]} {year}" if month and 1 <= month <= 12 else str(year)


def venue_address(slug: str, *, conference: str | None) -> str:
    """Where a meeting's page is: below its conference, where that is known and shown."""
    if conference is None:
        return address("conferences:detail", slug)
    return f"{address('conferences:detail', conference)}/{quoted(slug)}"


def venue_link(
    name: str | None, *, slug: str | None, conference: str | None, year: int | None = None, month: int | None = None
) -> Link | None:
    """A paper's venue; without the slug of a meeting that is shown it leads nowhere. None where the paper names none."""
    text = venue_name(name, year=year, month=month)
    return Link(text=text, href=venue_address(slug, conference=conference) if slug else "") if text else None


def _word(word: str, *, is_first: bool) -> str:
    if _ORDINAL.fullmatch(word) or (word in _SMALL_WORDS and not is_first):
        return word
    # Without a vowel it is an acronym: "cvpr", "nlp".
    return word.upper() if not set(word) & set("aeiouy") else word.capitalize()
