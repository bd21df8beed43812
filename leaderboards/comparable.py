"""Whether a claim and a protocol are about the same thing: the benchmark, the part of its data, the metric. Pure.

Both sides say little, and in words: boards have names such as "SQuAD1.1 dev" and "Validation perplexity". What a side does not
say is no obstacle; the mapping of the claim, which a person made, stands for it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST_READ = 200
_SPLITS = {
    "train": "training", "training": "training", "dev": "validation", "val": "validation", "valid": "validation",
    "validation": "validation", "minival": "validation", "test": "test",
}  # fmt: skip
_KINDS = (
    ("perplexity", re.compile(r"perplexity|\bppl\b|_ppl\b")),
    ("bits", re.compile(r"\bbits?[ _]per|\bbp[bcd]\b")),
    ("F1", re.compile(r"\bf[ -]?1\b")),
    ("error rate", re.compile(r"\berrors?\b|\bwer\b|\bcer\b")),
    ("share of right answers", re.compile(r"acc(?:uracy|_norm)?\b|exact[ _]match|\bem\b|\baverage \(%\)")),
)
"""Sorts of metrics by words of their names, lower case; the first that fits counts."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a number is about, as far as anybody says: names of the benchmark (any of them), part of the data, metric."""

    benchmarks: Sequence[str] = ()
    split: str = ""
    metric: str = ""


UNSAID = Subject()


def of_board(dataset_name: str, *, metric: str) -> Subject:
    """What a cell of a board is about, read from the names of the board's data and of its column."""
    name, split = _apart(dataset_name)
    return Subject(benchmarks=(name,), split=split or _apart(metric)[1], metric=metric)


def obstacle(*, claim: Subject, protocol: Subject) -> str:
    """Why the two cannot be compared, as a sentence; empty where nothing speaks against it."""
    known = {_folded(name) for name in protocol.benchmarks}
    if known and claim.benchmarks and not known & {_folded(name) for name in claim.benchmarks}:
        return f"The claim is about {claim.benchmarks[0]}, and this protocol measures {protocol.benchmarks[0]}."
    asked, used = (_SPLITS.get(side.split.lower(), side.split.lower()) for side in (claim, protocol))
    if asked and used and asked != used:
        return f"The claim is about the {asked} part of the data, and this protocol measures the {used} part."
    theirs, ours = kind_of(claim.metric), kind_of(protocol.metric)
    if theirs and ours and theirs != ours:
        return f"The claim is a number of {claim.metric}, and this protocol measures {protocol.metric}."
    return ""


def kind_of(metric: str) -> str:
    """The sort of a metric by its name, a board's or the harness's; empty where the name tells nothing."""
    name = metric[:_LONGEST_READ].lower()
    return next((kind for kind, words in _KINDS if words.search(name)), "")


def _apart(name: str) -> tuple[str, str]:
    """A name without the word for the part of the data, and that part: "SQuAD1.1 dev" is the validation part of SQuAD1.1."""
    words = name[:_LONGEST_READ].split()
    split = next((word for word in words if word.lower() in _SPLITS), "")
    rest = " ".join(word for word in words if word != split)
    return (rest, _SPLITS[split.lower()]) if split and rest else (name, "")


def _folded(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
