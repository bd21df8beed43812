"""The words of the archive: common English ones at the head, made-up ones behind, and the words of each topic."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from bench.archive_generator.randomness import Ints, Zipf, pick, stream

FUNCTION_WORDS = (
    "the", "of", "and", "to", "a", "in", "for", "we", "is", "on", "with", "that", "this", "by", "are", "as", "from", "an",
    "be", "can",
)  # fmt: skip
# In the order of their frequency in abstracts of the field: the first of them stand in four to five of ten.
CONTENT_WORDS = (
    "model", "learning", "data", "method", "based", "using", "performance", "network", "approach", "training",
    "propose", "results", "which", "our", "methods", "neural", "state", "deep", "different", "task", "image", "new",
    "information", "proposed", "language", "tasks", "paper", "problem", "features", "show", "these", "framework", "models",
    "between", "large", "novel", "experiments", "accuracy", "system", "however", "domain", "algorithm", "time", "domains",
    "quality",
    "two", "existing", "multiple", "datasets", "human", "analysis", "art", "representation", "knowledge", "it", "dataset",
    "while", "have", "high", "also", "more", "not", "input", "detection", "semantic", "work", "classification", "prediction",
    "images", "significantly", "text", "feature", "across", "learn", "structure", "such", "outperforms", "into", "both",
    "challenges", "efficient", "robust", "samples", "attention", "space", "has", "improve", "under", "labels", "optimization",
    "visual", "demonstrate", "often", "global", "local", "study", "only", "machine", "through", "best", "effectively",
    "reinforcement", "number", "systems", "without", "process", "distribution", "present", "sequence", "applications", "over",
    "policy", "context", "complex", "where", "their", "evaluation", "generation", "small", "computational", "provide", "well",
    "graph", "real", "world", "better", "function", "error", "able", "address", "than", "then", "when", "benchmark",
    "architecture", "source", "variables", "video", "general", "limited", "used", "end", "scale", "inference", "objects",
    "user", "one", "control", "first", "set", "design", "most", "effective", "low", "noise", "research", "code", "points",
    "linear", "output", "level", "important", "speech", "parameters", "supervised", "sparse", "target", "techniques",
    "convergence", "available",
)  # fmt: skip
LATEX_TOKENS = (
    r"$\ell_2$", r"$O(n \log n)$", r"$\mathcal{L}_{\theta}$", r"$\epsilon$-greedy", r"\textbf{robust}", r"$x \in \mathbb{R}^d$",
    r"\emph{a priori}", r"$\alpha_{ij} < 1$", r"$\sim 10^{-3}$", r"$\times$", r"$k$-means", r"$p < 0.05$", r"\cite{ours}",
)  # fmt: skip
ACCENT_TOKENS = (
    "Poincaré",
    "naïve",
    "Schrödinger",
    "Erdős",
    "fiancé",
    "Łukasiewicz",
    "Gödel",
    "São",
    "β-smooth",
    "Ångström",
    "Frühling",
    "“quoted”",
    "–",
)
TITLE_LINKS = ("for", "with", "via", "in", "from", "of", "and", "under", "without", "through")

TOPIC_WORDS = 120
AREA_POOL = 1_500
# The forms in which each word stands in the table of tokens.
PLAIN, CAPITAL, AT_END, BEFORE_COMMA, BEFORE_COLON = range(5)
FORMS = 5

_ONSETS = (
    "b", "bl", "br", "c", "ch", "cl", "cr", "d", "dr", "f", "fl", "fr", "g", "gl", "gr", "h", "j", "k", "l", "m", "n", "p",
    "pl", "pr", "qu", "r", "s", "sc", "sh", "sl", "sp", "st", "t", "th", "tr", "v", "w", "z",
)  # fmt: skip
_VOWELS = (
    "a", "e", "i", "o", "u", "ai", "ea", "io", "ou",
)  # fmt: skip
_CODAS = ["", "", "", "l", "n", "r", "s", "t", "m", "nd", "rt", "x", "ck"]
_ENDINGS = ["", "", "", "ing", "ed", "al", "ive", "ation", "ity", "ize", "er", "s"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`words` by falling frequency; `topics` holds word numbers, one row of `TOPIC_WORDS` a topic.

    `tokens[form * len(words) + word]` is a word in a form; LaTeX, accents and the small words of titles stand behind.
    """

    words: list[str]
    topics: Ints
    tokens: npt.NDArray[np.object_]
    frequency: Zipf

    @property
    def first_latex(self) -> int:
        return FORMS * len(self.words)

    @property
    def first_accent(self) -> int:
        return self.first_latex + len(LATEX_TOKENS)

    @property
    def first_title_link(self) -> int:
        return self.first_accent + len(ACCENT_TOKENS)


def build_vocabulary(seed: int, *, words: int, area_of_topic: Ints) -> Vocabulary:
    """The vocabulary of one archive; the topics of an area share some of their words."""
    known = [*FUNCTION_WORDS, *CONTENT_WORDS]
    # As in any language, the words used most are the shortest.
    known += sorted(islice(made_up_words(stream(seed, "words"), taken=set(known)), words - len(known)), key=len)
    # Tables of few entries would cut the rarest words off.
    frequency = Zipf(len(known), exponent=1.05, resolution=1 << 22)
    return Vocabulary(known, _topics(seed, words=len(known), area_of_topic=area_of_topic), _tokens(known), frequency)


def made_up_words(rng: np.random.Generator, *, taken: set[str]) -> Iterator[str]:
    """Words that can be pronounced and mean nothing, each once and none of `taken`, which grows."""
    while True:
        syllables = [pick(rng, _ONSETS) + pick(rng, _VOWELS) + pick(rng, _CODAS) for _ in range(int(rng.integers(1, 4)))]
        word = "".join(syllables) + pick(rng, _ENDINGS)
        if len(word) > 3 and word not in taken:
            taken.add(word)
            yield word


def _topics(seed: int, *, words: int, area_of_topic: Ints) -> Ints:
    rng = stream(seed, "topics")
    rare = len(FUNCTION_WORDS) + 60
    topics, shared = len(area_of_topic), TOPIC_WORDS // 3
    pools = rng.integers(rare, words, (int(area_of_topic.max()) + 1, AREA_POOL))
    from_area = pools[area_of_topic[:, None], rng.integers(0, AREA_POOL, (topics, shared))]
    own = rng.integers(rare, words, (topics, TOPIC_WORDS - shared))
    return rng.permuted(np.concatenate((from_area, own), axis=1), axis=1)


def _tokens(words: list[str]) -> npt.NDArray[np.object_]:
    capital = [word.capitalize() for word in words]
    forms = [words, capital, [f"{word}." for word in words], [f"{word}," for word in words], [f"{word}:" for word in capital]]
    every = [token for form in forms for token in form] + [*LATEX_TOKENS, *ACCENT_TOKENS, *TITLE_LINKS]
    tokens = np.empty(len(every), dtype=np.object_)
    tokens[:] = every
    return tokens
