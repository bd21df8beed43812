"""What lm-eval logs of each item, and its hashes of whole tasks: as its own EvaluationTracker (0.4.13) writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lm_eval.utils import hash_string, sanitize_list

from workers.evaluation.contract import Plan
from workers.evaluation.planning import json_safe

_KEPT_ELSEWHERE = {"doc_id", "doc", "arguments", "resps", "filtered_resps", "target"}

Samples = Mapping[str, Sequence[Mapping[str, Any]]]
"""What lm-eval's `evaluate` returns as its samples: a task's entries by its name."""


def by_index(samples: Samples, plan: Plan) -> dict[int, tuple[dict[str, Any], ...]]:
    """An item's entries, one for each filter of its task, by the item's index: hashes, metrics, and its target as text.

    Filtered answers are among them where they are not the answers themselves.
    """
    indexes = {(sample.task, sample.doc_id): sample.index for sample in plan.samples}
    found: dict[int, tuple[dict[str, Any], ...]] = {}
    for task, entries in samples.items():
        for entry in entries:
            index = indexes[task, entry["doc_id"]]
            found[index] = (*found.get(index, ()), _entry(entry))
    return found


def task_hashes(samples: Samples) -> dict[str, str]:
    """lm-eval's hash of each task: over the hashes of all items' documents, prompts and targets."""
    return {
        task: hash_string("".join(entry["doc_hash"] + entry["prompt_hash"] + entry["target_hash"] for entry in entries))
        for task, entries in samples.items()
    }


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in entry.items() if name not in _KEPT_ELSEWHERE}
    made: dict[str, Any] = json_safe({"target": str(entry["target"]), **kept})
    filtered = sanitize_list(list(entry["filtered_resps"]))
    if filtered != sanitize_list([answers[0] for answers in entry["resps"]]):
        made["filtered_resps"] = json_safe(filtered)
    return made
