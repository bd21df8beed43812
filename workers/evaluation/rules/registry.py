"""The rules by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workers.evaluation.contract import Aggregation
from workers.evaluation.errors import ProtocolMismatch


@dataclass(frozen=True)
class Rule:
    """Picks the choice whose answer has the greatest log-likelihood, lessened and divided as it says.

    `answer` is what is compared: the choice's letter or its whole text. `less` is the prompt behind which the same answer's
    log-likelihood is subtracted: none at all, as lm-eval's `acc_mutual_info` has it, or the prompt's last line, such as
    "Answer:". `per` is what the rest is divided by, counted in the answer without the blank before it, save its tokens.
    """

    name: str
    answer: Literal["letter", "text"]
    per: Literal["characters", "bytes", "tokens"] | None = None
    less: Literal["without_prompt", "last_line"] | None = None


_TEXT = "full_text"

RULES = {
    rule.name: rule
    for rule in (
        Rule("letter", "letter"),
        Rule(_TEXT, "text"),
        Rule(f"{_TEXT}_per_character", "text", per="characters"),
        Rule(f"{_TEXT}_per_byte", "text", per="bytes"),
        Rule(f"{_TEXT}_per_token", "text", per="tokens"),
        Rule(f"{_TEXT}_unconditional", "text", less="without_prompt"),
        Rule(f"{_TEXT}_less_last_line", "text", less="last_line"),
    )
}


def named(names: Sequence[str]) -> tuple[Rule, ...]:
    """The rules of these names, in their order. Raises ProtocolMismatch for an unknown or a repeated one."""
    for place, name in enumerate(names):
        if name not in RULES:
            raise ProtocolMismatch(f"The protocol asks for the scoring rule {name[:100]!r}, and there are {', '.join(RULES)}.")
        if name in names[:place]:
            raise ProtocolMismatch(f"The protocol asks for the scoring rule {name!r} twice: name it once.")
    return tuple(RULES[name] for name in names)


def accuracy(rule: str, *, mean: Aggregation = "micro") -> str:
    """The name of the metric: the share of items whose right choice the rule picks."""
    return f"acc[{rule}]" if mean == "micro" else f"acc[{rule}],macro"


def ties(rule: str) -> str:
    """The name of the count of items on which the rule's two best choices are exactly alike."""
    return f"ties[{rule}]"


def near_ties(rule: str) -> str:
    """The name of the count of items on which they are so near that rounding may turn the pick; ties are among them."""
    return f"near_ties[{rule}]"


def declared(names: Sequence[str], *, is_group: bool) -> dict[str, frozenset[Aggregation]]:
    """The accuracies that are reported of a task or a group, and which mean over the items or the tasks each may be called."""
    if not is_group:
        return {accuracy(name): frozenset({"micro", "macro"}) for name in names}
    means: tuple[Aggregation, Aggregation] = ("micro", "macro")
    return {accuracy(name, mean=mean): frozenset({mean}) for name in names for mean in means}
