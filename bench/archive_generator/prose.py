"""Titles and abstracts, many at once: words are drawn as numbers and looked up in one go."""

from dataclasses import dataclass

import numpy as np

from bench.archive_generator.randomness import Flags, Ints, Zipf
from bench.archive_generator.vocabulary import (
    ACCENT_TOKENS,
    AT_END,
    BEFORE_COLON,
    BEFORE_COMMA,
    CAPITAL,
    FUNCTION_WORDS,
    LATEX_TOKENS,
    PLAIN,
    TITLE_LINKS,
    TOPIC_WORDS,
    Vocabulary,
)  # fmt: skip

MEAN_WORDS = 147
SHORTEST, LONGEST = 12, 460
SHARE_OF_TOPIC = 0.28
WORDS_A_LINE = 11


@dataclass(frozen=True, slots=True)
class Oddities:
    """Which of the abstracts carry what; one flag an abstract."""

    latex: Flags
    accents: Flags
    line_breaks: Flags
    crlf: Flags


class Prose:
    """Writes texts in the words of a vocabulary; texts of one topic share a good part of theirs."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._slots = Zipf(TOPIC_WORDS, exponent=0.7, resolution=1 << 14)

    def titles(self, topics: Ints, *, rng: np.random.Generator) -> list[str]:
        """One title a topic: 4 to 12 words, a quarter of them with a name and a colon in front."""
        size = len(self._vocabulary.words)
        lengths = rng.integers(4, 13, len(topics))
        words = self._words(topics, lengths, rng=rng, share_of_topic=0.6)
        small = np.flatnonzero(words < len(FUNCTION_WORDS))
        words[small] = rng.integers(len(FUNCTION_WORDS), size, len(small))
        starts = np.cumsum(lengths) - lengths
        tokens = words + CAPITAL * size
        named = starts[rng.random(len(topics)) < 0.25]
        tokens[named] += (BEFORE_COLON - CAPITAL) * size
        linked = rng.random(len(topics)) < 0.7
        middle = starts + 2 + rng.integers(0, lengths - 3)
        tokens[middle[linked]] = self._vocabulary.first_title_link + rng.integers(0, len(TITLE_LINKS), int(linked.sum()))
        return [" ".join(part) for part in self._texts(tokens, lengths)]

    def abstracts(self, topics: Ints, *, rng: np.random.Generator, oddities: Oddities) -> list[str]:
        """One abstract a topic, of about 1,100 characters."""
        lengths = (rng.gamma(5.0, MEAN_WORDS / 5.0, len(topics))).clip(SHORTEST, LONGEST).astype(np.int64)
        tokens = self._sentences(self._words(topics, lengths, rng=rng, share_of_topic=SHARE_OF_TOPIC), lengths, rng=rng)
        starts = np.cumsum(lengths) - lengths
        for flags, first, kinds in (
            (oddities.latex, self._vocabulary.first_latex, len(LATEX_TOKENS)),
            (oddities.accents, self._vocabulary.first_accent, len(ACCENT_TOKENS)),
        ):
            places = starts[flags] + rng.integers(1, lengths[flags] - 1)
            tokens[places] = first + rng.integers(0, kinds, len(places))
        breaks = np.where(oddities.crlf, 2, np.where(oddities.line_breaks, 1, 0)).tolist()
        return [
            _laid_out(words, ("", "\n", "\r\n")[kind]) for words, kind in zip(self._texts(tokens, lengths), breaks, strict=True)
        ]

    def sentence(self, topic: int, *, rng: np.random.Generator, words: int) -> str:
        """One text of that many words."""
        topics, lengths = np.array([topic]), np.array([words])
        tokens = self._sentences(self._words(topics, lengths, rng=rng, share_of_topic=SHARE_OF_TOPIC), lengths, rng=rng)
        return " ".join(self._vocabulary.tokens[tokens])

    def _words(self, topics: Ints, lengths: Ints, *, rng: np.random.Generator, share_of_topic: float) -> Ints:
        count = int(lengths.sum())
        words = self._vocabulary.frequency.draw(rng, count)
        topical = np.flatnonzero(rng.random(count, dtype=np.float32) < share_of_topic)
        words[topical] = self._vocabulary.topics[np.repeat(topics, lengths)[topical], self._slots.draw(rng, len(topical))]
        return words

    def _sentences(self, words: Ints, lengths: Ints, *, rng: np.random.Generator) -> Ints:
        size = len(self._vocabulary.words)
        last = np.cumsum(lengths) - 1
        chance = rng.random(len(words), dtype=np.float32)
        ends = chance < 1 / 21
        ends[last] = True
        begins = np.concatenate(([True], ends[:-1]))
        commas = (chance > 0.95) & ~ends & ~begins
        forms: Ints = np.select([ends, begins, commas], [AT_END, CAPITAL, BEFORE_COMMA], PLAIN).astype(np.int64)
        return words + size * forms

    def _texts(self, tokens: Ints, lengths: Ints) -> list[list[str]]:
        flat = self._vocabulary.tokens[tokens].tolist()
        ends = np.cumsum(lengths)
        return [flat[begin:end] for begin, end in zip((ends - lengths).tolist(), ends.tolist(), strict=True)]


def _laid_out(words: list[str], line_break: str) -> str:
    if not line_break:
        return " ".join(words)
    return line_break.join(" ".join(words[at : at + WORDS_A_LINE]) for at in range(0, len(words), WORDS_A_LINE))
