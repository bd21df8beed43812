"""The only place that knows lm-eval's structures: its own code builds every request and computes every number.

Requests are taken, and answers given back, by handing lm-eval's `evaluate` a language model that only listens, or only repeats.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import lm_eval
import numpy as np
import torch
from datasets import config as datasets_config
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.task import ConfigurableTask
from lm_eval.evaluator import evaluate
from lm_eval.tasks._index import Entry, Kind
from lm_eval.tasks.manager import TaskDict
from lm_eval.utils import env as templates

from workers.evaluation import declared_metrics, outcomes, planning, reducing, task_index
from workers.evaluation.benchmark_data import check_subjects, staged_subjects
from workers.evaluation.contract import Aggregation, Plan, ProtocolSpec, Reduction, RequestKind, Response, Seeds
from workers.evaluation.errors import DataMissing, EvaluationError, PlanChanged, ProtocolMismatch, UnknownMetric, UnknownTask
from workers.evaluation.rules import registry as rules
from workers.evaluation.rules.metrics import rule_metrics
from workers.evaluation.rules.picks import picks
from workers.evaluation.rules.requests import extended, own_part
from workers.evaluation.task_safety import check_definition

_MMLU_SUBJECTS, _MMLU_ITEMS = 57, 14_042


def check(spec: ProtocolSpec) -> None:
    """Refuses a protocol that can't be run here: no such task, one that runs foreign code, one that does not write greedily.

    Reads task definitions only: no data, no model. Costs about a second, ten for a name that lm-eval does not know.
    """
    if spec.limit is not None and spec.limit < 1:
        raise EvaluationError(f"The protocol's limit is {spec.limit}: give at least 1 item a task, or leave it out.")
    if spec.num_fewshot is not None and spec.num_fewshot < 0:
        raise EvaluationError(f"The protocol's few-shot count is {spec.num_fewshot}: give 0 or more.")
    manager = task_index.find(spec.task, include_path=spec.include_path)
    leaves = task_index.leaves(manager, spec.task)
    if not leaves:
        raise UnknownTask(f"The task group {spec.task!r} has no tasks of its own in lm-eval: name the tasks that are meant.")
    for name, entry in leaves.items():
        check_definition(name, entry)
        _check_rules(spec, name, entry)


def check_metric(spec: ProtocolSpec, *, metric: str, aggregation: Aggregation) -> None:
    """Refuses a metric that lm-eval would not report for `spec.task` itself, and a mean that is not the one it takes.

    "micro" is the mean over items, "macro" the mean over a group's tasks; a single task is both. Reads task definitions only.
    """
    manager = task_index.find(spec.task, include_path=spec.include_path)
    declared = declared_metrics.declared(manager, spec.task)
    if declared:
        declared |= rules.declared(spec.rules, is_group=manager.task_index[spec.task].kind is Kind.GROUP)
    if metric not in declared:
        known = f"only {', '.join(declared)}: name one of those" if declared else "nor any other: name one of its tasks"
        raise UnknownMetric(f"lm-eval {lm_eval.__version__} reports no metric {metric[:100]!r} for {spec.task!r}, {known}.")
    if aggregation not in declared[metric]:
        (own,) = declared[metric]
        raise ProtocolMismatch(
            f"lm-eval's group {spec.task!r} takes the {own} mean of {metric!r}, not the {aggregation} mean: "
            "correct the protocol's aggregation."
        )


def check_versions(wanted: Mapping[str, str]) -> None:
    """Refuses a protocol of another version of lm-eval than the one installed; other packages' versions may differ."""
    asked, here = wanted.get("lm_eval"), str(lm_eval.__version__)
    if asked is not None and asked != here:
        raise ProtocolMismatch(
            f"The protocol asks for lm-eval {asked}, and {here} is installed here: install that version, or ask for {here}."
        )


def build_plan(spec: ProtocolSpec) -> Plan:
    """Every request that lm-eval's `simple_evaluate` would make under `spec`, in its order; the same each time.

    Behind them stand those that the protocol's scoring rules need besides.
    """
    check(spec)
    tasks = _tasks(spec)
    try:
        _evaluate(_Listener(), tasks, spec)
    except _Heard:
        plan = planning.plan_from(_requests(tasks), tasks["tasks"])
        _check_mmlu(spec, plan)
        return extended(plan, spec.rules)
    raise UnknownTask(f"lm-eval made no request for the task {spec.task!r}: its definition does not fit this version of lm-eval.")


def reduce(
    spec: ProtocolSpec, plan: Plan, responses: Sequence[Response], *, dtype: str = "float32", metric: str = "acc"
) -> Reduction:
    """The numbers that lm-eval computes when the model answers `plan.requests` with `responses` (one each, by ordinal).

    Behind them stand those of the protocol's scoring rules; `dtype`, the number format of the weights, tells what a near tie is.
    Items are judged by `metric`, the harness's own or a rule's.
    """
    if len(responses) != len(plan.requests):
        raise ValueError(f"{len(plan.requests)} requests need as many responses, not {len(responses)}")
    check(spec)
    tasks = _tasks(spec)
    own = own_part(plan)
    results = _evaluate(_Repeater(own, responses[: len(own.requests)], tasks), tasks, spec)
    reduction = reducing.reduction_from(results, own, tasks, spec=spec, metric=metric)
    return _with_rules(reduction, spec, plan, responses, tasks=tasks, dtype=dtype, metric=metric)


def _check_rules(spec: ProtocolSpec, name: str, entry: Entry) -> None:
    if rules.named(spec.rules) and (entry.cfg or {}).get("output_type") != "multiple_choice":
        raise ProtocolMismatch(f"Scoring rules compare an item's choices, and the task {name!r} has none: ask for no rules.")


def _with_rules(
    reduction: Reduction,
    spec: ProtocolSpec,
    plan: Plan,
    responses: Sequence[Response],
    *,
    tasks: TaskDict,
    dtype: str,
    metric: str,
) -> Reduction:
    """With the rules' numbers, and by the one that the metric names; refuses a plan made with others, which lacks answers."""
    if extended(own_part(plan), spec.rules) != plan:
        raise PlanChanged("The protocol's scoring rules need other requests than this plan has: start a new run.")
    if not spec.rules:
        return reduction
    gold = {
        sample.index: planning.gold_choices(tasks["tasks"][sample.task], sample.document, sample.choices)
        for sample in plan.samples
    }
    groups = {name: [task.task_name for task in group.get_all_tasks()] for name, group in tasks.get("groups", {}).items()}
    found = rule_metrics(plan, responses, spec.rules, gold=gold, groups=groups, dtype=dtype)
    reduction = replace(reduction, metrics=(*reduction.metrics, *found))
    for rule in rules.named(spec.rules):
        if metric in {rules.accuracy(rule.name), rules.accuracy(rule.name, mean="macro")}:
            judged = outcomes.by_rule(reduction.outcomes, plan, picks(plan, responses, rule, gold=gold, dtype=dtype))
            return replace(reduction, outcomes=judged, judged_by=metric)
    return reduction


class _Heard(Exception):
    """The listener has all requests; nothing is left to do for `evaluate`."""


class _Listener(LM):  # type: ignore[misc]  # lm-eval ships no types
    """Stops the evaluation at its first question, when every task has its requests: no made-up answer exists anywhere."""

    def loglikelihood(self, requests: list[Instance]) -> NoReturn:
        raise _Heard

    def loglikelihood_rolling(self, requests: list[Instance]) -> NoReturn:
        raise _Heard

    def generate_until(self, requests: list[Instance]) -> NoReturn:
        raise _Heard


class _Repeater(LM):  # type: ignore[misc]
    """Answers with what a model said earlier, and only to the very requests that it was asked."""

    def __init__(self, plan: Plan, responses: Sequence[Response], tasks: TaskDict) -> None:
        super().__init__()
        self._plan, self._responses, self._tasks = plan, responses, tasks
        self._is_checked = False

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float | None, bool | None]]:
        return [(response.log_likelihood, response.is_greedy) for response in self._answers("loglikelihood")]

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float | None]:
        return [response.log_likelihood for response in self._answers("loglikelihood_rolling")]

    def generate_until(self, requests: list[Instance]) -> list[str | None]:
        return [response.text for response in self._answers("generate_until")]

    def _answers(self, kind: RequestKind) -> Iterator[Response]:
        """The responses to the requests of one kind, which the harness asks in the plan's order."""
        self._check()
        for request, response in zip(self._plan.requests, self._responses, strict=True):
            if request.kind == kind:
                if response.kind != kind:
                    raise ValueError(f"request {request.ordinal} is {kind}, and its response is one to {response.kind}")
                yield response

    def _check(self) -> None:
        if self._is_checked:
            return
        difference = planning.first_difference(self._plan, _requests(self._tasks))
        if difference:
            raise PlanChanged(
                f"lm-eval no longer builds the requests of this plan ({difference}): "
                "the task's data or definition changed; start a new run."
            )
        self._is_checked = True


def _requests(tasks: TaskDict) -> list[Instance]:
    """What the tasks ask, once an evaluation has had them build it; each kind in the order in which lm-eval asks it."""
    return [request for task in tasks["tasks"].values() for request in task.instances]


@dataclass(frozen=True)
class _RandomState:
    """The three global generators' states, so that tasks built once can be used again as if just built."""

    python: object
    numpy: Any
    torch: torch.Tensor

    @classmethod
    def now(cls) -> _RandomState:
        return cls(random.getstate(), np.random.get_state(), torch.get_rng_state())

    def restore(self) -> None:
        random.setstate(self.python)  # type: ignore[arg-type]
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.torch)


def _tasks(spec: ProtocolSpec) -> TaskDict:
    tasks, state = _build_tasks(spec)
    state.restore()
    for task in tasks["tasks"].values():
        task.set_fewshot_seed(seed=spec.seeds.fewshot)
    return tasks


@lru_cache(maxsize=1)
def _build_tasks(spec: ProtocolSpec) -> tuple[TaskDict, _RandomState]:
    """lm-eval's task objects, configured as its `simple_evaluate` does before it evaluates."""
    _sow(spec.seeds)
    manager = task_index.find(spec.task, include_path=spec.include_path)
    _check_staged(task_index.leaves(manager, spec.task))
    try:
        tasks = manager.load([spec.task])
    except ImportError as error:
        raise UnknownTask(f"The task {spec.task!r} needs a Python package ({_first_line(error)}): install it.") from error
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise DataMissing(
            f"The benchmark data of {spec.task!r} can't be loaded ({_first_line(error)}): "
            "set BENCHMARK_DATA to a folder that holds it, or let this worker reach the hub once."
        ) from error
    for task in tasks["tasks"].values():
        _set_fewshot(task, spec.num_fewshot)
    return tasks, _RandomState.now()


def _check_staged(leaves: dict[str, Entry]) -> None:
    # online, what is not staged comes from the hub
    staged = staged_subjects(Path(datasets_config.HF_CACHE_HOME)) if datasets_config.HF_DATASETS_OFFLINE else None
    configs = [entry.cfg or {} for entry in leaves.values()]
    needed = [str(config["dataset_name"]) for config in configs if config.get("dataset_path") == "cais/mmlu"]
    if needed and staged is not None:
        check_subjects(needed, staged, where="BENCHMARK_DATA")


def _set_fewshot(task: ConfigurableTask, asked: int | None) -> None:
    default = task.get_config("num_fewshot")
    if asked is not None and default == 0 and asked != 0:
        raise UnknownTask(f"The task {task.task_name!r} fixes its few-shot count at 0, not {asked}: ask for 0.")
    count = asked if asked is not None else default or 0
    sampler = getattr(task, "sampler", None)
    available = len(sampler.df) if sampler is not None else 0
    if count > available:
        raise DataMissing(f"The task {task.task_name!r} has {available} worked examples, not {count}: ask for fewer.")
    task.set_config(key="num_fewshot", value=count)


def _sow(seeds: Seeds) -> None:
    random.seed(seeds.python)
    np.random.seed(seeds.numpy)
    torch.manual_seed(seeds.torch)


def _evaluate(model: LM, tasks: TaskDict, spec: ProtocolSpec) -> dict[str, Any]:
    with _templates_compiled_once():
        results = evaluate(lm=model, task_dict=tasks, limit=spec.limit, fewshot_as_multiturn=True, log_samples=True)
    return dict(results or {})


@contextmanager
def _templates_compiled_once() -> Iterator[None]:
    """Keeps lm-eval from compiling a prompt template anew for every shot of every item: 97 % of a plan's time, same text."""
    templates.from_string = lru_cache(maxsize=256)(templates.from_string)
    try:
        yield
    finally:
        del templates.from_string


def _check_mmlu(spec: ProtocolSpec, plan: Plan) -> None:
    if spec.task != "mmlu" or spec.include_path is not None:
        return
    items = len(plan.samples)
    if len(plan.tasks) != _MMLU_SUBJECTS or (spec.limit is None and items != _MMLU_ITEMS):
        raise DataMissing(
            f"MMLU came out as {len(plan.tasks)} subjects and {items:,} items, not {_MMLU_SUBJECTS} and {_MMLU_ITEMS:,}: "
            "its data on this machine are incomplete; set BENCHMARK_DATA to the whole of it."
        )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
