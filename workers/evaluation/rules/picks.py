"""What a rule picks on each item, out of the responses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workers.evaluation import ties
from workers.evaluation.contract import Plan, Response
from workers.evaluation.rules.questions import Question
from workers.evaluation.rules.registry import Rule
from workers.evaluation.rules.requests import questions
from workers.evaluation.ties import Option

Answers = Mapping[tuple[str, str], Response]
"""What the model said to an item's (context, continuation)."""


@dataclass(frozen=True)
class Pick:
    """What a rule picked on an item: the place of a choice, the first where several are best.

    `margin` is the best value less the second, `reach` how far it moves when each log-likelihood behind it moves by 1; `is_near`
    says whether rounding may have decided.
    """

    sample: int
    task: str
    choice: int
    is_correct: bool
    margin: float
    reach: float
    is_near: bool


def picks(
    plan: Plan, responses: Sequence[Response], rule: Rule, *, gold: Mapping[int, Sequence[int]], dtype: str = "float32"
) -> list[Pick]:
    """One for each item in order; `responses` are by ordinal, `gold` has the right choices' places by sample.

    `dtype` is the number format that the model computed in, by which rounding is reckoned.

    Raises ProtocolMismatch for a rule that does not suit the task.
    """
    answers: dict[int, dict[tuple[str, str], Response]] = defaultdict(dict)
    for request in plan.requests:
        answers[request.sample][request.context, request.continuation] = responses[request.ordinal]
    return [_pick(question, rule, answers[question.sample], gold[question.sample], dtype) for question, _ in questions(plan)]


def _pick(question: Question, rule: Rule, answers: Answers, gold: Sequence[int], dtype: str) -> Pick:
    place, margin, reach = ties.best(list(_options(question, rule, answers)))
    is_near = ties.is_near(margin, dtype=dtype, reach=reach)
    return Pick(question.sample, question.task, place, place in gold, margin, reach, is_near)


def _options(question: Question, rule: Rule, answers: Answers) -> Iterator[Option]:
    subtracted = question.subtracted(rule)
    for place, (answer, pair) in enumerate(zip(question.answers(rule), question.conditional(rule), strict=True)):
        response = answers[pair]
        value, count = _likelihood(response), 1
        if subtracted:
            value, count = value - _likelihood(answers[subtracted[place]]), 2
        option = Option(value, count)
        yield option if rule.per is None else option.per(_size(rule, answer, response))


def _likelihood(response: Response) -> float:
    if response.log_likelihood is None:
        raise ValueError("a scoring rule compares log-likelihoods, and a response has none")
    return response.log_likelihood


def _size(rule: Rule, answer: str, response: Response) -> float:
    if rule.per == "characters":
        return float(len(answer))
    if rule.per == "bytes":
        return float(len(answer.encode()))
    if response.tokens is None:
        raise ValueError(f"the rule {rule.name} needs to know how many tokens were scored, and a response does not say")
    return float(response.tokens)
