"""Text to the numbers of its words.

A word's number is a hash of it, so that papers read months apart agree without a stored vocabulary; two words in a few
hundred thousand share one, which does no harm that can be seen. Raise `VERSION` with every change of the rules.
"""

import re
import unicodedata
import zlib

VERSION = 1
BUCKETS = 1 << 22
"""Numbers that a word can have."""

LONGEST_TEXT = 20_000
LONGEST_WORD = 40
MOST_KNOWN = 2_000_000
"""Distinct words that are remembered; a hostile archive has as many as it likes."""

_COMMAND = re.compile(r"\\[a-zA-Z]+")
_MARKS = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")
_TO_SPACES = {code: " " for code in range(128) if not chr(code).isalnum()}
# Words of grammar, and of what every abstract and every address on the web has.
_GRAMMAR = """
about above across after against all almost along also although among an and another any are as at be because been
before being between both but by can could did do does doing done during each either et etc even every few for from
further had has have having hence here how however http https if in into is it its itself just may might more most
much must neither no nor not of on once one only or other our ours over own per quite rather same several shall she
should since so some such than that the their them then there thereby therefore these they this those though through
thus to together too toward towards under until up upon us very via was we well were what when where whereas whether
which while who whom whose why will with within without would www yet you your com github org al paper
"""
_STOP_WORDS = frozenset(_GRAMMAR.split())


def text_of(title: str | None, abstract: str | None) -> str:
    """What is compared of a paper: its title counts as if it were said twice."""
    return f"{title or ''} {title or ''} {(abstract or '')[:LONGEST_TEXT]}"


def words(text: str) -> list[str]:
    """The words of a text in lower case, without accents and without the names of LaTeX commands."""
    if "\\" in text:
        text = _COMMAND.sub(" ", text)
    if text.isascii():
        return text.lower().translate(_TO_SPACES).split()
    return _WORD.findall(_MARKS.sub("", unicodedata.normalize("NFKD", text)).lower())


class WordNumbers(dict[str, int]):
    """A word's number, 0 for a word that says nothing; plural and singular have one number."""

    def __missing__(self, word: str) -> int:
        if len(self) >= MOST_KNOWN:
            self.clear()
        self[word] = number = _number(word)
        return number


def _number(word: str) -> int:
    if not 2 <= len(word) <= LONGEST_WORD or word in _STOP_WORDS or word.isdigit():
        return 0
    return zlib.crc32(_singular(word).encode()) % (BUCKETS - 1) + 1


def _singular(word: str) -> str:
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") and len(word) > 4 else word[:-1]
