"""What a paper's venue is called: the archive has names for some ("NeurIPS 2018 12"), for others only an address."""

import re

_ADDRESS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_SMALL_WORDS = frozenset({"a", "and", "at", "for", "in", "of", "on", "the", "to", "with"})
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)")
CUT_FROM = 30
"""The old site cut addresses at whole words up to 45 characters; one this long may have lost some."""


def venue_name(name: str | None) -> str:
    """A proceeding's name as readers see it: "proceedings-of-the-27th-international" is a cut address, not a name."""
    if not name or not _ADDRESS.fullmatch(name):
        return name or ""
    words = [_word(word, is_first=place == 0) for place, word in enumerate(name.split("-"))]
    return " ".join(words) + (" …" if len(name) >= CUT_FROM else "")


def _word(word: str, *, is_first: bool) -> str:
    if _ORDINAL.fullmatch(word) or (word in _SMALL_WORDS and not is_first):
        return word
    # Without a vowel it is an acronym: "cvpr", "nlp".
    return word.upper() if not set(word) & set("aeiouy") else word.capitalize()
