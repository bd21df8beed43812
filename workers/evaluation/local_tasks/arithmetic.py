"""Word problems with worked answers in GSM8K's manner, made up by a seeded generator: the same ones on every machine."""

from __future__ import annotations

import random
from collections.abc import Callable

ITEMS = 200
_SEED = 20_250_724
_PEOPLE = ("Ada", "Boris", "Chidi", "Dana", "Emre", "Farah", "Goran", "Hana", "Ines", "Jonas")
_THINGS = ("apples", "marbles", "pencils", "stickers", "shells", "coins", "buttons", "cards")
_PLACES = ("the market", "a fair", "the library", "her aunt's shop", "the school yard")


def problems(count: int) -> list[dict[str, str]]:
    """Rows of `question` and `answer`; an answer ends in `#### ` and the number."""
    source = random.Random(_SEED)
    return [source.choice(_KINDS)(source) for _ in range(count)]


def _shopping(source: random.Random) -> dict[str, str]:
    person, friend = source.sample(_PEOPLE, 2)
    thing = source.choice(_THINGS)
    bags, each, own = source.randint(2, 9), source.randint(3, 12), source.randint(5, 40)
    given = source.randint(1, own)
    bought = bags * each
    left = own + bought - given
    return {
        "question": f"{person} has {own} {thing} and buys {bags} bags of {each} {thing} at {source.choice(_PLACES)}. "
        f"Then {friend} gets {given} of them. How many {thing} does {person} have now?",
        "answer": f"{person} buys {bags} * {each} = {bought} {thing}. "
        f"After the gift {own} + {bought} - {given} = {left} are left.\n#### {left}",
    }


def _sharing(source: random.Random) -> dict[str, str]:
    person = source.choice(_PEOPLE)
    thing = source.choice(_THINGS)
    friends, each, rest = source.randint(2, 9), source.randint(2, 15), source.randint(0, 8)
    total = friends * each + rest
    return {
        "question": f"{person} shares {total} {thing} with {friends} friends, so that {rest} remain. "
        f"Each friend gets the same number. How many {thing} does one friend get?",
        "answer": f"{total} - {rest} = {total - rest} {thing} are shared. "
        f"One friend gets {total - rest} / {friends} = {each}.\n#### {each}",
    }


def _walking(source: random.Random) -> dict[str, str]:
    person, friend = source.sample(_PEOPLE, 2)
    pace, days, extra = source.randint(2, 9), source.randint(3, 14), source.randint(1, 20)
    own = pace * days
    return {
        "question": f"{person} walks {pace} miles a day for {days} days. {friend} walks {extra} miles more than {person} in all. "
        "How many miles do they walk together?",
        "answer": f"{person} walks {pace} * {days} = {own} miles. {friend} walks {own} + {extra} = {own + extra} miles. "
        f"Together they walk {own} + {own + extra} = {2 * own + extra} miles.\n#### {2 * own + extra}",
    }


_KINDS: tuple[Callable[[random.Random], dict[str, str]], ...] = (_shopping, _sharing, _walking)
