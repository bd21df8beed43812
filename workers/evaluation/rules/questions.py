"""An item as rules see it: its prompt, its choices' letters and their texts, told from what the harness asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from workers.evaluation.contract import PlannedRequest, PlannedSample
from workers.evaluation.errors import ProtocolMismatch
from workers.evaluation.rules.registry import Rule


@dataclass(frozen=True)
class Question:
    """An item with choices behind one prompt. `delimiter` stands between the prompt and an answer, mostly a blank.

    `letters` is None where the prompt shows none, `texts` where the item does not say what its letters stand for.
    """

    sample: int
    task: str
    context: str
    delimiter: str
    letters: tuple[str, ...] | None
    texts: tuple[str, ...] | None

    def answers(self, rule: Rule) -> tuple[str, ...]:
        """What the rule compares, without the delimiter. Raises ProtocolMismatch where the item has no such thing."""
        found = self.letters if rule.answer == "letter" else self.texts
        if found is None:
            lack = "prompts show no letters" if rule.answer == "letter" else "items do not say which texts its letters stand for"
            raise ProtocolMismatch(f"The scoring rule {rule.name!r} does not suit {self.task!r}, whose {lack}: leave it out.")
        return found

    def conditional(self, rule: Rule) -> list[tuple[str, str]]:
        """The (context, continuation) of each answer."""
        return [(self.context, self.delimiter + answer) for answer in self.answers(rule)]

    def subtracted(self, rule: Rule) -> list[tuple[str, str]]:
        """The (context, continuation) whose log-likelihood is subtracted from each answer's; none where nothing is."""
        if rule.less is None:
            return []
        context = "" if rule.less == "without_prompt" else self._last_line(rule)
        return [(context, self.delimiter + answer) for answer in self.answers(rule)]

    def _last_line(self, rule: Rule) -> str:
        _, line_break, line = self.context.rpartition("\n")
        if not (line_break and line.strip()):
            raise ProtocolMismatch(
                f"The scoring rule {rule.name!r} does not suit {self.task!r}, whose prompts have no last line "
                "such as 'Answer:': leave it out."
            )
        return line


def question_of(sample: PlannedSample, own: Sequence[PlannedRequest]) -> Question:
    """The item with these requests of the harness. Raises ProtocolMismatch where it has not one prompt and several choices."""
    asked = own[: len(sample.choices)]
    pairs = list(zip(asked, sample.choices, strict=True)) if len(asked) == len(sample.choices) else []
    has_one_prompt = len({request.context for request in asked}) == 1
    if len(pairs) < 2 or not has_one_prompt or not all(request.continuation.endswith(choice) for request, choice in pairs):
        raise ProtocolMismatch(
            f"Scoring rules do not suit {sample.task!r}, whose items are not several choices behind one prompt: ask for none."
        )
    first, choice = pairs[0]
    letters = tuple(ascii_uppercase[: len(sample.choices)])
    delimiter = first.continuation[: len(first.continuation) - len(choice)]
    if sample.choices == letters:
        return Question(sample.index, sample.task, first.context, delimiter, letters, _texts(sample.document, letters))
    lines = (f"{letter}. {text}" for letter, text in zip(letters, sample.choices, strict=False))
    shows_letters = len(letters) == len(sample.choices) and "\n".join(lines) in first.context
    shown = letters if shows_letters else None
    return Question(sample.index, sample.task, first.context, delimiter, shown, sample.choices)


def _texts(document: dict[str, Any], letters: tuple[str, ...]) -> tuple[str, ...] | None:
    """The choices' texts as benchmarks keep them: a list (MMLU), a list within (ARC), or a column a letter (CMMLU)."""
    found = document.get("choices")
    if isinstance(found, dict):
        found = found.get("text")
    if found is None:
        found = [document.get(letter) for letter in letters]
    if isinstance(found, list) and len(found) == len(letters) and all(isinstance(text, str) for text in found):
        return tuple(found)
    return None
