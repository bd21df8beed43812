"""Reads the numbers that lm-eval computed into plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from numbers import Real
from typing import Any

import lm_eval
from lm_eval.api.group import Group
from lm_eval.tasks.manager import TaskDict

from workers.evaluation import logged, outcomes
from workers.evaluation.contract import MetricValue, Plan, ProtocolSpec, Reduction
from workers.evaluation.declared_metrics import metric_name
from workers.evaluation.errors import EvaluationError
from workers.evaluation.planning import json_safe

_KEPT = ("results", "groups", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples")
_ACCURACIES = {"acc", "acc_norm", "acc_bytes", "acc_mutual_info"}


def reduction_from(results: dict[str, Any], plan: Plan, tasks: TaskDict, *, spec: ProtocolSpec, metric: str = "acc") -> Reduction:
    """Metrics of every task and group that has any, every item's outcome by one of them, and lm-eval's own record of the run."""
    chances = _chances(plan, tasks)
    metrics = tuple(found for name, values in results["results"].items() for found in _metrics(name, values, chances.get(name)))
    samples = results["samples"]
    judge = outcomes.judge_by(metric, samples, tasks)
    found = sorted(outcomes.of_items(samples, plan, tasks, judge), key=lambda outcome: outcome.index)
    entries = logged.by_index(samples, plan)
    record = {**_record(results, spec), "task_hashes": logged.task_hashes(samples)}
    judged = tuple(replace(outcome, logged=entries[outcome.index]) for outcome in found)
    return Reduction(metrics, judged, record, judged_by=metric if judge.metric else outcomes.BARE)


def _metrics(name: str, values: dict[str, Any], chance: float | None) -> Iterator[MetricValue]:
    for key, value in values.items():
        metric, comma, filter_name = key.partition(",")
        if not comma or metric.endswith("_stderr"):
            continue
        full_name = metric_name(metric, filter_name)
        number = _number(value)
        if number is None:
            raise EvaluationError(
                f"lm-eval computed {str(value)[:100]} as the {full_name} of {name!r}, which is no number: "
                "the metric does not suit these items; take more items or another task."
            )
        yield MetricValue(
            task=name,
            metric=full_name,
            value=number,
            stderr=_number(values.get(f"{metric}_stderr,{filter_name}")),  # None for "N/A", or nan where one item has no spread
            items=int(values["sample_len"]),
            chance=chance if metric in _ACCURACIES else None,
        )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, Real) and math.isfinite(value) else None


def _chances(plan: Plan, tasks: TaskDict) -> dict[str, float | None]:
    facts = {fact.name: fact for fact in plan.tasks}
    chances: dict[str, float | None] = {name: fact.chance for name, fact in facts.items()}
    for name, group in tasks.get("groups", {}).items():
        members = [facts[task.task_name] for task in group.get_all_tasks()]
        weights = [fact.items if _is_weighted(group) else 1 for fact in members]
        known = [fact.chance for fact in members if fact.chance is not None]
        is_known = len(known) == len(members) and sum(weights) > 0
        weighted = (chance * weight for chance, weight in zip(known, weights, strict=True)) if is_known else ()
        chances[name] = math.fsum(weighted) / sum(weights) if is_known else None
    return chances


def _is_weighted(group: Group) -> bool:
    return all(metric.weight_by_size for metric in group.aggregate_metric_list or [])


def _record(results: dict[str, Any], spec: ProtocolSpec) -> dict[str, Any]:
    record = json_safe({key: results[key] for key in _KEPT if key in results})
    for config in record.get("configs", {}).values():
        source = str((config.get("metadata") or {}).get("config_source", ""))
        if source:
            config["metadata"]["config_source"] = _without_machine_path(source, spec)
    seeds = {
        "random_seed": spec.seeds.python,
        "numpy_seed": spec.seeds.numpy,
        "torch_seed": spec.seeds.torch,
        "fewshot_seed": spec.seeds.fewshot,
    }
    return {**record, "config": {**seeds, "limit": spec.limit}, "lm_eval_version": lm_eval.__version__}


def _without_machine_path(source: str, spec: ProtocolSpec) -> str:
    if spec.include_path and source.startswith(spec.include_path):
        return source.removeprefix(spec.include_path).lstrip("/")
    before, marker, after = source.rpartition("lm_eval/tasks/")
    return f"{marker}{after}" if marker else source
