"""Reads the numbers that lm-eval computed into plain values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from numbers import Real
from typing import Any

import lm_eval
import numpy as np
from lm_eval.api.group import Group
from lm_eval.tasks.manager import TaskDict

from workers.evaluation import logged
from workers.evaluation.contract import MetricValue, Plan, PlannedSample, ProtocolSpec, Reduction, SampleOutcome
from workers.evaluation.declared_metrics import metric_name
from workers.evaluation.errors import EvaluationError
from workers.evaluation.planning import json_safe

_KEPT = ("results", "groups", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples")
_ACCURACIES = {"acc", "acc_norm", "acc_bytes", "acc_mutual_info"}


def reduction_from(results: dict[str, Any], plan: Plan, tasks: TaskDict, *, spec: ProtocolSpec) -> Reduction:
    """Metrics of every task and group that has any, the outcome of every item, and lm-eval's own record of the run."""
    chances = _chances(plan, tasks)
    metrics = tuple(metric for name, values in results["results"].items() for metric in _metrics(name, values, chances.get(name)))
    outcomes = tuple(sorted(_outcomes(results["samples"], plan, tasks), key=lambda outcome: outcome.index))
    entries = logged.by_index(results["samples"], plan)
    outcomes = tuple(replace(outcome, logged=entries[outcome.index]) for outcome in outcomes)
    record = {**_record(results, spec), "task_hashes": logged.task_hashes(results["samples"])}
    return Reduction(metrics, outcomes, record)


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


def _outcomes(samples: dict[str, list[dict[str, Any]]], plan: Plan, tasks: TaskDict) -> Iterator[SampleOutcome]:
    planned = {(sample.task, sample.doc_id): sample for sample in plan.samples}
    for task, entries in samples.items():
        outcome = _OUTCOMES[tasks["tasks"][task].OUTPUT_TYPE]
        for entry in entries:
            # a task with several filters logs each document once a filter: the first stands for the plain answers
            sample = planned.pop((task, entry["doc_id"]), None)
            if sample is not None:
                yield outcome(sample, entry)


def _of_choices(sample: PlannedSample, entry: dict[str, Any]) -> SampleOutcome:
    # behind the choices' log-likelihoods may stand unconditional ones
    answers = [float(answer[0]) for answer in entry["filtered_resps"]][: len(sample.choices)]
    best = max(range(len(answers)), key=answers.__getitem__)
    ranked = sorted(answers, reverse=True)
    prediction = sample.choices[best]
    is_correct = bool(entry["acc"]) if "acc" in entry else prediction in sample.target.split(" | ")
    return SampleOutcome(sample.index, prediction, sample.target, is_correct, ranked[0] - ranked[1] if len(ranked) > 1 else None)


def _of_continuation(sample: PlannedSample, entry: dict[str, Any]) -> SampleOutcome:
    is_greedy = bool(entry["filtered_resps"][0][1])
    prediction = sample.target if is_greedy else ""
    return SampleOutcome(sample.index, prediction, sample.target, bool(entry.get("acc", is_greedy)), None)


def _of_running_text(sample: PlannedSample, entry: dict[str, Any]) -> SampleOutcome:
    return SampleOutcome(sample.index, "", sample.target, None, None)


def _of_writing(sample: PlannedSample, entry: dict[str, Any]) -> SampleOutcome:
    extracted = entry["filtered_resps"][0]
    prediction = " | ".join(map(str, extracted)) if isinstance(extracted, list | tuple) else str(extracted)
    return SampleOutcome(sample.index, prediction, sample.target, _verdict(entry), None)


_OUTCOMES: dict[str, Callable[[PlannedSample, dict[str, Any]], SampleOutcome]] = {
    "multiple_choice": _of_choices,
    "loglikelihood": _of_continuation,
    "loglikelihood_rolling": _of_running_text,
    "generate_until": _of_writing,
}


def _verdict(entry: dict[str, Any]) -> bool | None:
    """What the item's first metric that knows only right and wrong says; None where all of them are of degrees."""
    values = [entry[name] for name in entry["metrics"]]
    return next((bool(value) for value in values if isinstance(value, Real | np.bool) and value in (0, 1)), None)


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
