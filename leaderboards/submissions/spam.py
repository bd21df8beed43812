"""How much a submission reads like spam: a score with its reasons. Pure; a person decides.

A reason of the archive's screening (papers/archive/screening.py) weighs most: those judges convict nobody for one word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from leaderboards.submissions.addresses import is_shortened
from papers.archive.screening import judge_dataset, judge_method, judge_task

SUSPECT = 50
"""From this score on a person has to look."""

_URL = re.compile(r"https?://\S{1,2000}|www\.\S{1,2000}", re.IGNORECASE)
_MARKUP = re.compile(r"<a\s|\[url[=\]]|<script|<iframe", re.IGNORECASE)
_TRADE = re.compile(
    r"\b(?:casinos?|viagra|cialis|escorts?|payday loans?|betting|jackpots?|crypto(?:currency)? (?:wallets?|support)|forex|"
    r"customer (?:care|service|support) (?:phone )?numbers?|click here|buy now|cheap flights?|weight loss pills?)\b",
    re.IGNORECASE,
)
"""Trades that spam of the old site was for. One word convicts nobody: there is research on betting, too."""
_LONGEST_READ = 5000
_REPEATED = re.compile(r"(.)\1{9}")


@dataclass(frozen=True)
class SpamScore:
    """0 is innocent, 100 certain; the reasons are ends of "It ..."."""

    score: int
    reasons: tuple[str, ...]


def score(kind: str, *, name: str, full_name: str = "", text: str = "", links: Sequence[str] = ()) -> SpamScore:
    """How much a thing of that kind with that name, those words and those links reads like spam."""
    found = [*_judged(kind, name, full_name, text), *_words(name, text), *_links(text, links)]
    return SpamScore(min(100, sum(weight for weight, _ in found)), tuple(reason for _, reason in found))


def _judged(kind: str, name: str, full_name: str, text: str) -> list[tuple[int, str]]:
    if kind == "method":
        reason = judge_method(name, full_name=full_name, description=text, introduced_year=1)
    elif kind == "task":
        reason = judge_task(name, description=text)
    else:
        reason = judge_dataset(name, full_name=full_name, description=text)
    return [(90, reason)] if reason else []


def _words(name: str, text: str) -> list[tuple[int, str]]:
    found = []
    said = text[:_LONGEST_READ]
    letters = [letter for letter in said if letter.isalpha()]
    if _URL.search(name):
        found.append((60, "has an address in its name"))
    trades = sorted({word.lower() for word in _TRADE.findall(f"{name} {said}")})
    if len(trades) > 1:
        found.append((60, f"advertises ({', '.join(trades[:5])})"))
    if _MARKUP.search(said) or _MARKUP.search(name):
        found.append((60, "has markup of web pages in it"))
    if len(letters) > 40 and sum(letter.isupper() for letter in letters) > 0.7 * len(letters):
        found.append((30, "is written in capitals"))
    if _REPEATED.search(name) or _REPEATED.search(said):
        found.append((20, "repeats one sign many times"))
    return found


def _links(text: str, links: Sequence[str]) -> list[tuple[int, str]]:
    inside = _URL.findall(text[:_LONGEST_READ])
    found = []
    if len(inside) > 5:
        found.append((40, f"has {len(inside)} addresses in its text"))
    if any(is_shortened(link) for link in [*links, *inside]):
        found.append((50, "has an address that hides where it leads"))
    return found
