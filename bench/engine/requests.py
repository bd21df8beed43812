"""What is asked of the models: a slice of real MMLU, and contexts with four long endings as HellaSwag has them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SUBJECTS = (
    "abstract_algebra", "anatomy", "astronomy", "business_ethics", "clinical_knowledge", "college_biology", "college_chemistry",
    "college_computer_science", "college_mathematics", "computer_security",
)  # fmt: skip
"""Ten of MMLU's 57; their worked examples are of middling length."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Items:
    """Benchmark items, each with its requests: (context, continuation) of every choice."""

    name: str
    items: Sequence[Sequence[Pair]]

    def pairs(self) -> list[Pair]:
        """All requests in order."""
        return [pair for item in self.items for pair in item]

    def every(self, step: int) -> Items:
        """Each `step`-th item: a part with the mixture of the whole."""
        return Items(self.name, self.items[::step])


def mmlu(*, subjects: Sequence[str] = SUBJECTS, limit: int | None = 50, num_fewshot: int = 5) -> list[Items]:
    """The first items of each subject as lm-eval's stock tasks word them, one `Items` a subject."""
    from workers.evaluation import harness
    from workers.evaluation.contract import ProtocolSpec

    made = []
    for subject in subjects:
        plan = harness.build_plan(ProtocolSpec(f"mmlu_{subject}", num_fewshot, limit=limit))
        items: list[list[Pair]] = [[] for _ in plan.samples]
        for request in plan.requests:
            items[request.sample].append((request.context, request.continuation))
        made.append(Items(subject, items))
    return made


def together(parts: Sequence[Items], name: str) -> Items:
    """All items one after the other."""
    return Items(name, [item for part in parts for item in part.items])


def endings(passages: Path, *, count: int = 120, seed: int = 0) -> Items:
    """A passage's beginning with its own and three foreign ends, about 54 and 31 tokens long as HellaSwag's are.

    Real sentences (LAMBADA's), put together by chance: the items ask nothing that makes sense, and cost what HellaSwag's do.
    """
    with passages.open(encoding="utf-8") as rows:
        texts = [re.sub(r"\s+", " ", json.loads(row)["context"]).strip() for row in rows]
    words = [text.split(" ") for text in texts]
    long = [text for text in words if len(text) >= 68]
    draw = random.Random(seed)
    items = []
    for text in draw.sample(long, count):
        context, own = " ".join(text[:43]), " ".join(text[43:68])
        foreign = [" ".join(other[43:68]) for other in draw.sample(long, 3)]
        items.append([(context, f" {ending}") for ending in (own, *foreign)])
    return Items("four long endings", items)
