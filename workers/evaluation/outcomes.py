"""The outcome of each item: what the model picked or wrote, and whether that is right by the metric that a protocol names."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
from lm_eval.tasks.manager import TaskDict

from workers.evaluation import ties
from workers.evaluation.contract import Plan, PlannedSample, SampleOutcome
from workers.evaluation.rules.picks import Pick
from workers.evaluation.ties import Option

BARE = "acc"
"""The metric that takes options' log-likelihoods as they stand; by it items are judged where the wanted one judges none."""
_SIZES: Mapping[str, Callable[[str], int]] = {"acc_norm": len, "acc_bytes": lambda choice: len(choice.encode())}
_LESS_UNCONDITIONAL = "acc_mutual_info"

Entry = Mapping[str, Any]
"""What lm-eval logs of an item under one of its task's filters."""


def of_items(samples: Mapping[str, Sequence[Entry]], plan: Plan, tasks: TaskDict, *, metric: str) -> Iterator[SampleOutcome]:
    """One outcome an item, in lm-eval's order; a task that does not log this metric judges its items by its own first."""
    planned = {(sample.task, sample.doc_id): sample for sample in plan.samples}
    wanted, _, filter_name = metric.partition(",")
    for task, entries in samples.items():
        outcome = _OUTCOMES[tasks["tasks"][task].OUTPUT_TYPE]
        for entry in _one_each(entries, filter_name):
            yield outcome(planned[task, entry["doc_id"]], entry, wanted)


def judge(samples: Mapping[str, Sequence[Entry]], *, metric: str) -> str:
    """The metric by which options are judged: the wanted one where every item has it."""
    wanted = metric.partition(",")[0]
    is_known = wanted in {BARE, _LESS_UNCONDITIONAL, *_SIZES}
    return metric if is_known and all(wanted in entry for entries in samples.values() for entry in entries) else BARE


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
    """A task with several filters logs each document once a filter: the wanted one, else the first stands for it."""
    chosen: dict[int, Entry] = {}
    for entry in entries:
        if entry["doc_id"] not in chosen or entry["filter"] == filter_name:
            chosen[entry["doc_id"]] = entry
    return chosen.values()


def _of_choices(sample: PlannedSample, entry: Entry, wanted: str) -> SampleOutcome:
    metric = wanted if wanted in entry else BARE
    options = list(_options(sample, entry, metric))
    best, margin, reach = ties.best(options)
    prediction = sample.choices[best]
    is_correct = bool(entry[metric]) if metric in entry else prediction in sample.target.split(" | ")
    bare = _storable(ties.bare(margin, reach=reach)) if len(options) > 1 else None
    return SampleOutcome(sample.index, prediction, sample.target, is_correct, bare)


def _options(sample: PlannedSample, entry: Entry, metric: str) -> Iterator[Option]:
    answers = [float(answer[0]) for answer in entry["filtered_resps"]]
    # behind the choices' log-likelihoods stand unconditional ones, where the task asks for them
    count, size_of = len(sample.choices), _SIZES.get(metric)
    for place, (choice, value) in enumerate(zip(sample.choices, answers, strict=False)):
        if size_of is not None:
            size = size_of(choice)
            # an empty choice is never picked: so the harness's own division by zero comes out
            yield Option(value / size, 1 / size) if size else Option(-math.inf, 0.0)
        elif metric == _LESS_UNCONDITIONAL:
            yield Option(value - answers[count + place], 2.0)
        else:
            yield Option(value, 1.0)


def _of_continuation(sample: PlannedSample, entry: Entry, wanted: str) -> SampleOutcome:
    is_greedy = bool(entry["filtered_resps"][0][1])
    prediction = sample.target if is_greedy else ""
    return SampleOutcome(sample.index, prediction, sample.target, bool(entry.get(BARE, is_greedy)), None)


def _of_running_text(sample: PlannedSample, entry: Entry, wanted: str) -> SampleOutcome:
    return SampleOutcome(sample.index, "", sample.target, None, None)


def _of_writing(sample: PlannedSample, entry: Entry, wanted: str) -> SampleOutcome:
    extracted = entry["filtered_resps"][0]
    prediction = " | ".join(map(str, extracted)) if isinstance(extracted, list | tuple) else str(extracted)
    return SampleOutcome(sample.index, prediction, sample.target, _verdict(entry, wanted), None)


_OUTCOMES: Mapping[str, Callable[[PlannedSample, Entry, str], SampleOutcome]] = {
    "multiple_choice": _of_choices,
    "loglikelihood": _of_continuation,
    "loglikelihood_rolling": _of_running_text,
    "generate_until": _of_writing,
}


def _verdict(entry: Entry, wanted: str) -> bool | None:
    """What the wanted metric says, else the first one that knows only right and wrong; None where all are of degrees."""
    names = sorted(entry["metrics"], key=lambda name: name != wanted)
    values = [entry[name] for name in names]
    return next((bool(value) for value in values if isinstance(value, Real | np.bool) and value in (0, 1)), None)


def _storable(margin: float) -> float | None:
    return margin if math.isfinite(margin) else None
