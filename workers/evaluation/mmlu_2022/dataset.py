"""Hands lm-eval the items of MMLU as its versions of 2022 took them; the task definitions name these functions.

lm-eval then shuffled the test items of each task with `random.Random(42)`, and drew the shots of one item after the other from
the same generator. Here each item knows its place in that order, so that its shots are the same whichever items are asked.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

from datasets import Dataset, DatasetDict, load_dataset
from lm_eval.api.samplers import ContextSampler

from workers.evaluation.errors import DataMissing

DATASET = "cais/mmlu"
"""Whose items these are: a run's record names it, and its licence decides who may read them."""

SEED = 42
SPLIT = "items"
"""One split holds questions and shots: lm-eval tells a sampler which item it draws for only where both come from the same."""

Row = dict[str, Any]


def load(*, subject: str, shots: Literal["dev", "validation"], **_metadata: object) -> DatasetDict:
    """A subject's test items in the order in which they were asked, and behind them the items that shots are drawn from."""
    found = load_dataset(DATASET, subject)
    if shots not in found:
        raise DataMissing(
            f"The MMLU that is staged has no {shots} split of {subject}, which shots are drawn from: "
            "add val/<subject>_val.csv to BENCHMARK_DATA, or run mmlu_2022, whose shots are of the dev split."
        )
    order, _ = _begin(len(found["test"]))
    rows = [*_placed(found["test"].select(order)), *_placed(found[shots], is_shot=True)]
    return DatasetDict({SPLIT: Dataset.from_list([_in_text_mode(row) for row in rows] if shots == "dev" else rows)})


def questions(items: Dataset) -> Dataset:
    """The items that are scored."""
    return items.select([row for row, is_shot in enumerate(items["is_shot"]) if not is_shot])


def shots(items: Dataset) -> Dataset:
    """The items that are shown."""
    return items.select([row for row, is_shot in enumerate(items["is_shot"]) if is_shot])


class Draws(ContextSampler):  # type: ignore[misc]  # lm-eval ships no types
    """The shots of lm-eval 0.2.0: for each item as many of the dev split as are asked, in the order drawn."""

    _more = 0

    def set_rnd(self, rnd: int | None) -> Draws:
        """Nothing: the harness of 2022 took no seed."""
        return self

    def sample(self, n: int, eval_doc: Row | None = None, df: Sequence[Row] | None = None, **_kwargs: object) -> list[Row]:
        """The `n` shots of this item."""
        if eval_doc is None:
            raise ValueError("shots of 2022 are drawn for an item")
        if n + self._more > len(self.df):
            raise DataMissing(
                f"{n} shots of {eval_doc['subject']} are drawn from {n + self._more} worked examples, and there are "
                f"{len(self.df)}: ask for fewer."
            )
        drawn = _draws(eval_doc["of"], len(self.df), n + self._more)[eval_doc["place"]]
        return [self.df[place] for place in drawn]


class OtherDraws(Draws):
    """The shots of lm-eval 0.3.0: one more is drawn, and the item itself, should it be among them, left out."""

    _more = 1

    def sample(self, n: int, eval_doc: Row | None = None, df: Sequence[Row] | None = None, **kwargs: object) -> list[Row]:
        """The `n` shots of this item."""
        drawn = super().sample(n, eval_doc, df, **kwargs)
        return [shot for shot in drawn if _asked(shot) != _asked(eval_doc or {})][:n]


def _begin(items: int) -> tuple[list[int], random.Random]:
    """The order in which a task's items were asked, and the generator as shuffling them leaves it."""
    order, generator = list(range(items)), random.Random(SEED)
    generator.shuffle(order)
    return order, generator


@lru_cache(maxsize=64)
def _draws(items: int, pool: int, count: int) -> list[list[int]]:
    """What was drawn for each item, by its place."""
    _, generator = _begin(items)
    return [generator.sample(range(pool), count) for _ in range(items)]


def _placed(rows: Dataset, *, is_shot: bool = False) -> list[Row]:
    return [{**row, "is_shot": is_shot, "place": place, "of": len(rows)} for place, row in enumerate(rows)]


def _in_text_mode(row: Row) -> Row:
    """0.2.0 read its files in Python's text mode, where each kind of line end becomes one; 0.3.0 took rows as they are."""
    question, *choices = ("\n".join(re.split("\r\n|\r", text)) for text in (row["question"], *row["choices"]))
    return {**row, "question": question, "choices": choices}


def _asked(row: Row) -> tuple[object, ...]:
    return row.get("question"), row.get("choices"), row.get("answer")
