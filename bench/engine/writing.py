"""Writing: word problems behind worked examples, by both engines, each at its own best batch size."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ITEMS = 64
MOST = 128
"""Words of each answer: random weights hardly ever write what ends one, so that each has all of them."""
HF_BATCHES = (16, 64)
"""Rows of lm-eval's `hf` model at once; the faster one counts."""


@dataclass(frozen=True)
class Case:
    """How many worked examples stand before each question, the same ones or some for each, and how much faster ours should be."""

    shots: int
    are_drawn: bool
    faster: float

    @property
    def name(self) -> str:
        """As it is printed."""
        if not self.shots:
            return "writing, no shots"
        return f"writing, {self.shots} shots, {'drawn for each item' if self.are_drawn else 'the same for all'}"


CASES = (Case(5, True, 1.0), Case(5, False, 2.0), Case(0, False, 1.0))
"""As GSM8K's stock task asks, as its chain-of-thought task does, and the plain questions."""


def report(data: Path, folder: Path, *, rounds: int) -> Iterator[str]:
    """The lines of each case, a model of Pythia's smallest shape in float32."""
    from bench.engine import shapes
    from bench.engine.jobs import measured

    checkpoint = shapes.checkpoint("70M", folder, data, dtype="float32")
    job = {"folder": str(checkpoint), "dtype": "float32", "device": "cpu", "kind": "generate_until", "warmup": 4}
    for case in CASES:
        asked = requests(case)
        turns = [measured({**job, "side": "ours", "batch": 2048, "rounds": rounds, "requests": asked})]
        theirs = {size: measured({**job, "side": "hf", "batch": size, "rounds": 1, "requests": asked}) for size in HF_BATCHES}
        turns.append(measured({**job, "side": "ours", "batch": 2048, "rounds": rounds, "requests": asked}))
        took = [turn["wall"] for side in turns for turn in side["rounds"]]
        best = min(theirs, key=lambda size: theirs[size]["rounds"][0]["wall"])
        other, mine = theirs[best]["rounds"][0]["wall"], statistics.median(took)
        equal = sum(one == two for one, two in zip(turns[0]["found"], theirs[best]["found"], strict=True))
        yield f"\n{case.name}: {ITEMS} items, {MOST} words each, 70M, float32"
        yield f"  {'ours':<42} {mine:.1f} s ({min(took):.1f} to {max(took):.1f}), {turns[0]['peak'] / 1e9:.2f} GB"
        walls = ", ".join(f"{size} rows {found['rounds'][0]['wall']:.1f} s" for size, found in theirs.items())
        yield f"  {'hf':<42} {walls}; {theirs[best]['peak'] / 1e9:.2f} GB"
        yield f"  {'hf / ours':<42} {other / mine:.2f}   (asked of ourselves: {case.faster:g})"
        yield f"  {'the same texts':<42} {equal} of {ITEMS}"


def requests(case: Case) -> list[tuple[str, dict[str, Any]]]:
    """Contexts, each with the settings by which it is written on."""
    from workers.evaluation.local_tasks import arithmetic

    rows = arithmetic.problems(ITEMS + 20)
    examples, items = rows[:20], rows[20:]
    draw = random.Random(0)
    settings = {"until": ["\n\nQuestion:"], "do_sample": False, "max_gen_toks": MOST}
    made = []
    for item in items:
        shots = draw.sample(examples, case.shots) if case.are_drawn else examples[: case.shots]
        worked = [f"Question: {shot['question']}\nAnswer: {shot['answer']}" for shot in shots]
        made.append(("\n\n".join([*worked, f"Question: {item['question']}\nAnswer:"]), settings))
    return made
