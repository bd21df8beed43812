"""The self-test's benchmark: invented facts, asked as four-way multiple choice in MMLU's schema. Always the same, from one seed.

A model must know a fact ("the mineral tavo is violet") and find it among the options. It trains on endlessly many option lists;
every test item has a set of options that its question never had in training, so that remembering lists does not help.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

SEED = 20220414
FACTS_A_SUBJECT = 24
TEST_ITEMS_A_SUBJECT = 80
DEV_ITEMS_A_SUBJECT = 5
LETTERS = ("A", "B", "C", "D")

_QUESTIONS = {
    "minerals": ("What colour is the mineral {name}?", "amber black blue brown green grey orange pink red violet white yellow"),
    "birds": ("What does the bird {name} eat?", "ants berries crabs fish grass leaves mice moths nuts seeds snails worms"),
    "crafts": ("Which tool does a {name} use?", "anvil axe brush chisel drill hammer lathe loom needle plane rope saw"),
}
_CONSONANTS, _VOWELS = "bdfghklmnprstvz", "aeiou"


@dataclass(frozen=True)
class Item:
    """One question with four options; `answer` is the right one's place."""

    question: str
    choices: tuple[str, str, str, str]
    answer: int

    @property
    def options(self) -> tuple[str, frozenset[str]]:
        """The question with its options in no order: what a held-out item shares with no training item."""
        return self.question, frozenset(self.choices)


@dataclass(frozen=True)
class Subject:
    """One subject: its facts (question and right answer), the answers there are, and the items that nobody trains on."""

    name: str
    answers: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    test: tuple[Item, ...]
    dev: tuple[Item, ...]


@cache
def subjects() -> tuple[Subject, ...]:
    """The three subjects, the same in every process."""
    source = random.Random(SEED)
    names = _invented_names(source, count=FACTS_A_SUBJECT * len(_QUESTIONS))
    return tuple(_subject(name, source, names) for name in _QUESTIONS)


def training_items(seed: int) -> Iterator[tuple[Subject, Item]]:
    """Endless items to train on, none of whose questions has the options that it has in a test or dev item."""
    source = random.Random(seed)
    held_out = {item.options for subject in subjects() for item in (*subject.test, *subject.dev)}
    while True:
        subject = source.choice(subjects())
        item = _draw(source, source.choice(subject.facts), subject.answers)
        if item.options not in held_out:
            yield subject, item


def prompt(subject: Subject, item: Item) -> str:
    """The text before the answer letter, word for word as the task's own template makes it."""
    options = "".join(f"{letter}. {choice}\n" for letter, choice in zip(LETTERS, item.choices, strict=True))
    return f"Multiple choice questions about {subject.name}.\n\n{item.question}\n{options}Answer:"


def _subject(name: str, source: random.Random, names: list[str]) -> Subject:
    template, words = _QUESTIONS[name]
    answers = tuple(words.split())
    facts = tuple((template.format(name=names.pop()), source.choice(answers)) for _ in range(FACTS_A_SUBJECT))
    items: dict[tuple[str, frozenset[str]], Item] = {}
    while len(items) < TEST_ITEMS_A_SUBJECT + DEV_ITEMS_A_SUBJECT:
        item = _draw(source, facts[len(items) % len(facts)], answers)
        items.setdefault(item.options, item)
    held_out = tuple(items.values())
    return Subject(name, answers, facts, held_out[:TEST_ITEMS_A_SUBJECT], held_out[TEST_ITEMS_A_SUBJECT:])


def _draw(source: random.Random, fact: tuple[str, str], answers: tuple[str, ...]) -> Item:
    question, right = fact
    options = source.sample([answer for answer in answers if answer != right], 3)
    place = source.randrange(4)
    options.insert(place, right)
    first, second, third, fourth = options
    return Item(question, (first, second, third, fourth), place)


def _invented_names(source: random.Random, *, count: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        names["".join(source.choice(_CONSONANTS) + source.choice(_VOWELS) for _ in range(3))] = None
    return list(names)
