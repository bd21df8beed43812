"""Requests that rules need beside the harness's own, behind them in a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from workers.evaluation.contract import FURTHER, Plan, PlannedRequest
from workers.evaluation.rules.questions import Question, question_of
from workers.evaluation.rules.registry import Rule, named


def extended(plan: Plan, names: Sequence[str]) -> Plan:
    """The plan with what the rules of these names need besides. What the harness asks is not asked again, nor anything twice.

    The harness's own requests stay the first, with their ordinals. A pure function. Raises ProtocolMismatch.
    """
    rules = named(names)
    further: list[PlannedRequest] = []
    for question, own in questions(plan) if rules else ():
        known = {(request.context, request.continuation) for request in own}
        new = [pair for pair in _wanted(question, rules) if pair not in known]
        for choice, (context, continuation) in enumerate(new, start=FURTHER):
            ordinal = len(plan.requests) + len(further)
            further.append(PlannedRequest(ordinal, question.sample, choice, "loglikelihood", context, continuation))
    return replace(plan, requests=(*plan.requests, *further)) if further else plan


def own_part(plan: Plan) -> Plan:
    """The plan as the harness asked it, without what rules added."""
    own = tuple(request for request in plan.requests if request.choice < FURTHER)
    return plan if len(own) == len(plan.requests) else replace(plan, requests=own)


def questions(plan: Plan) -> Iterator[tuple[Question, list[PlannedRequest]]]:
    """Every item of the plan, with the harness's own requests for it. Raises ProtocolMismatch."""
    own: dict[int, list[PlannedRequest]] = defaultdict(list)
    for request in plan.requests:
        if request.choice < FURTHER:
            own[request.sample].append(request)
    for sample in plan.samples:
        yield question_of(sample, own[sample.index]), own[sample.index]


def _wanted(question: Question, rules: Sequence[Rule]) -> list[tuple[str, str]]:
    pairs = [pair for rule in rules for pair in (*question.conditional(rule), *question.subtracted(rule))]
    return list(dict.fromkeys(pairs))
