"""Turns lm-eval's request objects into a plan, and tells whether later ones still match it."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.task import ConfigurableTask
from lm_eval.utils import handle_non_serializable

from workers.evaluation.contract import Plan, PlannedRequest, PlannedSample, RequestKind, TaskFact


def plan_from(instances: Sequence[Instance], tasks: dict[str, ConfigurableTask]) -> Plan:
    """The plan of these requests; a sample is one document of one task, numbered in the order of its first request."""
    indexes: dict[tuple[str, int], int] = {}
    samples: list[PlannedSample] = []
    requests: list[PlannedRequest] = []
    for ordinal, instance in enumerate(instances):
        key = _key(instance)
        if key not in indexes:
            indexes[key] = len(samples)
            samples.append(_sample(len(samples), instance, tasks[key[0]]))
        requests.append(_request(ordinal, indexes[key], instance))
    facts = tuple(_fact(name, task, samples, requests) for name, task in tasks.items())
    return Plan(tuple(samples), tuple(requests), facts)


def first_difference(plan: Plan, instances: Sequence[Instance]) -> str:
    """Says where the harness's requests first differ from the plan's; "" when they are the same."""
    if len(instances) != len(plan.requests):
        return f"{len(instances):,} requests in place of {len(plan.requests):,}"
    for planned, instance in zip(plan.requests, instances, strict=True):
        sample = plan.samples[planned.sample]
        is_same_item = _key(instance) == (sample.task, sample.doc_id)
        if not is_same_item or _request(planned.ordinal, planned.sample, instance) != planned:
            return f"request {planned.ordinal} of {sample.task} differs"
    return ""


def json_safe(value: Any) -> Any:
    """The value as JSON holds it: numpy numbers as numbers, anything foreign as text, NaN and infinity as None."""
    return _finite(json.loads(json.dumps(value, default=handle_non_serializable)))


def gold_choices(task: ConfigurableTask, document: dict[str, Any], choices: Sequence[str]) -> list[int]:
    """The places of the choices that the harness holds true, by its own rule."""
    gold = task.doc_to_text(document) if task.multiple_input else task.doc_to_target(document)
    wanted = gold if isinstance(gold, list) else [gold]
    places = [list(choices).index(item) if isinstance(item, str) and item in choices else item for item in wanted]
    return [place for place in places if isinstance(place, int) and 0 <= place < len(choices)]


def _request(ordinal: int, sample: int, instance: Instance) -> PlannedRequest:
    kind: RequestKind = instance.request_type
    context, *more = instance.args  # a rolling request has nothing more
    asked = PlannedRequest(ordinal, sample, instance.idx, kind, context)
    if kind == "loglikelihood":
        return replace(asked, continuation=more[0])
    # read back from JSON at once, so that a plan is the same before and after it was stored
    return replace(asked, settings=json_safe(more[0])) if kind == "generate_until" else asked


def _key(instance: Instance) -> tuple[str, int]:
    if instance.task_name is None or instance.doc_id is None:
        raise ValueError("lm-eval made a request that belongs to no document")
    return instance.task_name, instance.doc_id


def _sample(index: int, instance: Instance, task: ConfigurableTask) -> PlannedSample:
    task_name, doc_id = _key(instance)
    choices = _choices(task, instance.doc)
    target = _target(task, instance.doc, choices)
    return PlannedSample(index, task_name, doc_id, json_safe(dict(instance.doc)), choices, target)


def _target(task: ConfigurableTask, document: dict[str, Any], choices: Sequence[str]) -> str:
    if task.OUTPUT_TYPE == "loglikelihood_rolling":
        return ""
    if task.OUTPUT_TYPE == "multiple_choice":
        return " | ".join(choices[place] for place in gold_choices(task, document, choices))
    target = task.doc_to_target(document)
    if task.OUTPUT_TYPE == "generate_until" and task.config.doc_to_choice is not None and isinstance(target, int):
        target = task.doc_to_choice(document)[target]  # the harness, too, takes it for a place among choices
    return " | ".join(map(str, target)) if isinstance(target, list) else str(target)


def _choices(task: ConfigurableTask, document: dict[str, Any]) -> tuple[str, ...]:
    if task.OUTPUT_TYPE != "multiple_choice":
        return ()
    return tuple(str(choice) for choice in task.doc_to_choice(document))


def _fact(name: str, task: ConfigurableTask, samples: list[PlannedSample], requests: list[PlannedRequest]) -> TaskFact:
    own = {sample.index: sample for sample in samples if sample.task == name}
    digest = hashlib.sha256()
    for request in requests:
        if request.sample in own:
            digest.update(json.dumps(_said(request), sort_keys=True).encode())
    return TaskFact(
        name=name,
        version=str(task.VERSION),
        num_fewshot=int(task.config.num_fewshot or 0),
        items=len(own),
        dataset=_dataset(task),
        prompt_sha256=digest.hexdigest(),
        chance=_chance(list(own.values())),
    )


def _said(request: PlannedRequest) -> list[Any]:
    """What a request says, as the harness puts it."""
    more: dict[RequestKind, list[Any]] = {
        "loglikelihood": [request.continuation],
        "loglikelihood_rolling": [],
        "generate_until": [request.settings],
    }
    return [request.context, *more[request.kind]]


def _dataset(task: ConfigurableTask) -> str:
    """Whose items a task has: where a function lays them out, its module's DATASET, else the function."""
    maker = task.config.custom_dataset
    if callable(maker):
        declared = getattr(sys.modules.get(maker.__module__), "DATASET", None)
        return declared if isinstance(declared, str) else f"{maker.__module__}.{maker.__qualname__}"
    return ":".join(part for part in (task.DATASET_PATH, task.DATASET_NAME) if part)


def _chance(samples: list[PlannedSample]) -> float | None:
    if not samples or not all(sample.choices for sample in samples):
        return None
    rights = [len(sample.target.split(" | ")) / len(sample.choices) for sample in samples]
    return math.fsum(rights) / len(rights)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
