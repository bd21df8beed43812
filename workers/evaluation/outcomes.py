"""The outcome of each item: what the model picked or wrote, and whether that is right by the metric that a protocol names."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
from lm_eval.tasks.manager import TaskDict

from workers.evaluation import ties
from workers.evaluation.contract import Plan, PlannedSample, SampleOutcome
from workers.evaluation.rules.picks import Pick
from workers.evaluation.ties import Option

BARE = "acc"
"""The metric that takes options' log-likelihoods as they stand; by it options are picked where the wanted one picks none."""
_SIZES: Mapping[str, Callable[[str], int]] = {"acc_norm": len, "acc_bytes": lambda choice: len(choice.encode())}
_LESS_UNCONDITIONAL = "acc_mutual_info"
_PICKS = frozenset({BARE, _LESS_UNCONDITIONAL, *_SIZES})

Entry = Mapping[str, Any]
"""What lm-eval logs of an item under one of its task's filters."""
Logged = Mapping[str, Sequence[Entry]]
"""The entries of each task."""


@dataclass(frozen=True)
class Judge:
    """By what all items of a run are judged: a metric without its filter, or "" for options as they stand and texts by whatever
    their task says first of right and wrong; and the filter that is read."""

    metric: str
    filter_name: str


def judge_by(metric: str, samples: Logged, tasks: TaskDict) -> Judge:
    """The wanted metric, where it says of every item with options, and of every written text, whether it is right."""
    wanted, _, filter_name = metric.partition(",")
    filter_name = filter_name or "none"
    kinds = {task: tasks["tasks"][task].OUTPUT_TYPE for task in samples}
    judged = [
        _verdict(entry.get(wanted)) is not None and (kinds[task] == "generate_until" or wanted in _PICKS)
        for task, entries in samples.items()
        if kinds[task] in {"multiple_choice", "generate_until"}
        for entry in _one_each(entries, filter_name)
    ]
    return Judge(wanted if judged and all(judged) else "", filter_name)


def of_items(samples: Logged, plan: Plan, tasks: TaskDict, judge: Judge) -> Iterator[SampleOutcome]:
    """One outcome an item, in lm-eval's order."""
    planned = {(sample.task, sample.doc_id): sample for sample in plan.samples}
    for task, entries in samples.items():
        outcome = _OUTCOMES[tasks["tasks"][task].OUTPUT_TYPE]
        for entry in _one_each(entries, judge.filter_name):
            yield outcome(planned[task, entry["doc_id"]], entry, judge.metric)


def by_rule(outcomes: Sequence[SampleOutcome], plan: Plan, picked: Iterable[Pick]) -> tuple[SampleOutcome, ...]:
    """The outcomes as a scoring rule of ours has them; `outcomes[n].index == n`."""
    found = list(outcomes)
    for pick in picked:
        found[pick.sample] = replace(
            found[pick.sample],
            prediction=plan.samples[pick.sample].choices[pick.choice],
            is_correct=pick.is_correct,
            margin=_storable(ties.bare(pick.margin, reach=pick.reach)),
        )
    return tuple(found)


def _one_each(entries: Sequence[Entry], filter_name: str) -> Iterable[Entry]:
    """A task with several filters logs each document once a filter: the wanted one, else the first, stands for it."""
    chosen: dict[int, Entry] = {}
    for entry in entries:
        if entry["doc_id"] not in chosen or entry["filter"] == filter_name:
            chosen[entry["doc_id"]] = entry
    return chosen.values()


def _of_choices(sample: PlannedSample, entry: Entry, metric: str) -> SampleOutcome:
    metric = metric or BARE
    options = list(_options(sample, entry, metric))
    best, margin, reach = ties.best(options)
    prediction = sample.choices[best]
    # a metric of degrees may go by the same name, such as a mass of probability
    is_correct = _verdict(entry[metric]) if metric in entry else prediction in sample.target.split(" | ")
    bare = _storable(ties.bare(margin, reach=reach)) if len(options) > 1 else None
    return SampleOutcome(sample.index, prediction, sample.target, is_correct, bare)


def _options(sample: PlannedSample, entry: Entry, metric: str) -> Iterator[Option]:
    answers = [float(answer[0]) for answer in entry["filtered_resps"]]
    # behind the choices' log-likelihoods stand unconditional ones, where the task asks for them
    count, size_of = len(sample.choices), _SIZES.get(metric)
    for place, (choice, value) in enumerate(zip(sample.choices, answers, strict=False)):
        if size_of is not None:
            yield Option(value, 1.0).per(size_of(choice))
        elif metric == _LESS_UNCONDITIONAL:
            yield Option(value - answers[count + place], 2.0)
        else:
            yield Option(value, 1.0)


def _of_continuation(sample: PlannedSample, entry: Entry, metric: str) -> SampleOutcome:
    is_greedy = bool(entry["filtered_resps"][0][1])
    prediction = sample.target if is_greedy else ""
    return SampleOutcome(sample.index, prediction, sample.target, bool(entry.get(BARE, is_greedy)), None)


def _of_running_text(sample: PlannedSample, entry: Entry, metric: str) -> SampleOutcome:
    return SampleOutcome(sample.index, "", sample.target, None, None)


def _of_writing(sample: PlannedSample, entry: Entry, metric: str) -> SampleOutcome:
    extracted = entry["filtered_resps"][0]
    prediction = " | ".join(map(str, extracted)) if isinstance(extracted, list | tuple) else str(extracted)
    said = (_verdict(entry[name]) for name in ([metric] if metric else entry["metrics"]))
    is_correct = next((verdict for verdict in said if verdict is not None), None)
    return SampleOutcome(sample.index, prediction, sample.target, is_correct, None)


_OUTCOMES: Mapping[str, Callable[[PlannedSample, Entry, str], SampleOutcome]] = {
    "multiple_choice": _of_choices,
    "loglikelihood": _of_continuation,
    "loglikelihood_rolling": _of_running_text,
    "generate_until": _of_writing,
}


def _verdict(value: Any) -> bool | None:
    """Right or wrong; None for a value of degrees, and for what lm-eval logs where only all items together have a number."""
    return bool(value) if isinstance(value, Real | np.bool) and value in (0, 1) else None


def _storable(margin: float) -> float | None:
    return margin if math.isfinite(margin) else None
