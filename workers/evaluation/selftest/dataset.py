"""Hands the self-test's items to lm-eval as a dataset in MMLU's schema; the task definitions name this function."""

from __future__ import annotations

from datasets import Dataset, DatasetDict

from workers.evaluation.selftest.items import Item, subjects


def load(*, subject: str, **_metadata: object) -> DatasetDict:
    """The test and dev items of one subject. lm-eval adds the task's metadata to the arguments; nothing depends on it."""
    chosen = next(known for known in subjects() if known.name == subject)
    return DatasetDict({"test": _rows(subject, chosen.test), "dev": _rows(subject, chosen.dev)})


def _rows(subject: str, items: tuple[Item, ...]) -> Dataset:
    return Dataset.from_list(
        [{"question": item.question, "subject": subject, "choices": list(item.choices), "answer": item.answer} for item in items]
    )
