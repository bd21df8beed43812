"""Which numbers lm-eval reports for a task or a group, told from the definitions alone: no data, no model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lm_eval.api.registry import DEFAULT_METRIC_REGISTRY
from lm_eval.tasks import TaskManager
from lm_eval.tasks._index import Entry, Kind

from workers.evaluation import task_index
from workers.evaluation.contract import Aggregation

_EITHER: frozenset[Aggregation] = frozenset({"micro", "macro"})


def declared(manager: TaskManager, task: str) -> dict[str, frozenset[Aggregation]]:
    """Each metric's name, as a reduction has it, and which mean over the items or the tasks it may be called.

    A single task's number is both. A tag, and a group without `aggregate_metric_list`, has no number of its own.
    """
    entry = manager.task_index[task]
    if entry.kind is Kind.TASK:
        return {metric_name(*pair): _EITHER for pair in _reported(entry)}
    if entry.kind is not Kind.GROUP:
        return {}
    reported = {pair for leaf in task_index.leaves(manager, task).values() for pair in _reported(leaf)}
    return dict(_aggregated(entry.cfg or {}, reported))


def _aggregated(group: dict[str, Any], reported: set[tuple[str, str]]) -> Iterator[tuple[str, frozenset[Aggregation]]]:
    rules = group.get("aggregate_metric_list") or []
    for rule in [rules] if isinstance(rules, dict) else rules:
        filters = rule.get("filter_list")
        asked = [filters] if isinstance(filters, str) else filters
        mean: Aggregation = "micro" if rule.get("weight_by_size", True) else "macro"
        for metric, filter_name in sorted(reported):
            if metric == rule["metric"] and (asked is None or filter_name in asked):
                yield metric_name(metric, filter_name), frozenset({mean})


def _reported(task: Entry) -> list[tuple[str, str]]:
    """The task's metrics, each under each of its filters."""
    config = task.cfg or {}
    rules = config.get("metric_list")
    metrics = DEFAULT_METRIC_REGISTRY[config["output_type"]] if rules is None else [_metric(rule) for rule in rules]
    filters = [str(step["name"]) for step in config.get("filter_list") or []] or ["none"]
    return [(metric, name) for metric in metrics for name in filters]


def _metric(rule: dict[str, Any]) -> str:
    name = str(rule["metric"])
    # "!function utils.x" is kept by the index as a path that ends in ".x", and lm-eval names such a metric x
    return name.rpartition(".")[2] if "/" in name else name


def metric_name(metric: str, filter_name: str) -> str:
    """The name that a metric goes by under one of its task's filters."""
    return metric if filter_name == "none" else f"{metric},{filter_name}"
