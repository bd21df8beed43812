"""The rules' numbers of every task and group."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workers.evaluation.contract import MetricValue, Plan, Response
from workers.evaluation.rules import registry
from workers.evaluation.rules.picks import Pick, picks

Groups = Mapping[str, Sequence[str]]
"""The single tasks in each group."""


@dataclass(frozen=True)
class _Share:
    """A share of items, with the sample standard error of their mean; None where one item has no spread."""

    value: float
    stderr: float | None
    items: int
    chance: float


def rule_metrics(
    plan: Plan,
    responses: Sequence[Response],
    names: Sequence[str],
    *,
    gold: Mapping[int, Sequence[int]],
    groups: Groups,
    dtype: str = "float32",
) -> tuple[MetricValue, ...]:
    """Under each rule: accuracies of tasks and groups (micro and macro), and counts of ties and near ties.

    `gold` has the right choices' places by sample. Raises ProtocolMismatch.
    """
    chances = {sample.index: len(gold[sample.index]) / len(sample.choices) for sample in plan.samples if sample.choices}
    found: list[MetricValue] = []
    for rule in registry.named(names):
        by_task: dict[str, list[Pick]] = defaultdict(list)
        for pick in picks(plan, responses, rule, gold=gold, dtype=dtype):
            by_task[pick.task].append(pick)
        shares = {task: _share(own, chances) for task, own in by_task.items()}
        for task, own in by_task.items():
            found.append(_metric(task, registry.accuracy(rule.name), shares[task]))
            found.extend(_counts(task, rule.name, own))
        for group, tasks in groups.items():
            own_shares = [shares[task] for task in tasks]
            found.append(_metric(group, registry.accuracy(rule.name), _micro(own_shares)))
            found.append(_metric(group, registry.accuracy(rule.name, mean="macro"), _macro(own_shares)))
            found.extend(_counts(group, rule.name, [pick for task in tasks for pick in by_task[task]]))
    return tuple(found)


def _metric(task: str, metric: str, share: _Share) -> MetricValue:
    return MetricValue(task, metric, share.value, share.stderr, share.items, share.chance)


def _counts(task: str, rule: str, own: Sequence[Pick]) -> Iterator[MetricValue]:
    yield MetricValue(task, registry.ties(rule), float(sum(pick.margin == 0 for pick in own)), None, len(own), None)
    yield MetricValue(task, registry.near_ties(rule), float(sum(pick.is_near for pick in own)), None, len(own), None)


def _share(own: Sequence[Pick], chances: Mapping[int, float]) -> _Share:
    items, right = len(own), sum(pick.is_correct for pick in own)
    share = right / items
    stderr = math.sqrt(share * (1 - share) / (items - 1)) if items > 1 else None
    return _Share(share, stderr, items, math.fsum(chances[pick.sample] for pick in own) / items)


def _micro(shares: Sequence[_Share]) -> _Share:
    """The mean over items; its standard error pools the tasks' own spreads, as lm-eval pools them."""
    items = sum(share.items for share in shares)
    known = [(share.stderr, share.items) for share in shares if share.stderr is not None]
    stderr = None
    if len(known) == len(shares) and items > len(shares):
        squares = math.fsum((count - 1) * count * error**2 for error, count in known)
        stderr = math.sqrt(squares / (items - len(shares)) / items)
    return _Share(
        math.fsum(share.value * share.items for share in shares) / items,
        stderr,
        items,
        math.fsum(share.chance * share.items for share in shares) / items,
    )


def _macro(shares: Sequence[_Share]) -> _Share:
    """The mean over tasks; its standard error is that of a mean of independent numbers."""
    tasks = len(shares)
    known = [share.stderr for share in shares if share.stderr is not None]
    return _Share(
        math.fsum(share.value for share in shares) / tasks,
        math.sqrt(math.fsum(error**2 for error in known)) / tasks if len(known) == tasks else None,
        sum(share.items for share in shares),
        math.fsum(share.chance for share in shares) / tasks,
    )
