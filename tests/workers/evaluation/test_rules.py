"""Scoring rules by themselves: what they ask for, what they pick, what they count. The numbers here were worked out by hand."""

import math

import pytest

from workers.evaluation.contract import FURTHER, MetricValue, Plan, PlannedRequest, PlannedSample, Response
from workers.evaluation.errors import ProtocolMismatch
from workers.evaluation.rules import registry
from workers.evaluation.rules.metrics import rule_metrics
from workers.evaluation.rules.picks import picks
from workers.evaluation.rules.requests import extended, own_part

LISTED = "Which?\nA. a cat\nB. dög\nC. no\nAnswer:"
TEXTS = ("a cat", "dög", "no")
LETTERS = ("A", "B", "C")


def sample(index=0, *, task="animals", choices=LETTERS, target="B", document=None):
    return PlannedSample(index, task, index, document or {"choices": list(TEXTS)}, tuple(choices), target)


def plan_of(*samples, context=LISTED, unconditional=False):
    requests = []
    for one in samples:
        pairs = [(context, f" {choice}") for choice in one.choices]
        pairs += [("", continuation) for _, continuation in pairs] if unconditional else []
        for choice, pair in enumerate(pairs):
            requests.append(PlannedRequest(len(requests), one.index, choice, "loglikelihood", *pair))
    return Plan(samples=samples, requests=tuple(requests), tasks=())


def pairs_of(plan, *, start=0):
    return [(request.context, request.continuation) for request in plan.requests[start:]]


def answered(plan, known):
    """`known` has the log-likelihood and the tokens of each (context, continuation)."""
    return [response_of(*known[request.context, request.continuation]) for request in plan.requests]


def response_of(log_likelihood, is_greedy, tokens):
    return Response(log_likelihood, is_greedy, tokens=tokens)


def picked(plan, rule, values, *, gold=(1,), tokens=(1, 1, 1)):
    """The pick of a rule on the only item, whose (context, continuation)s have these values."""
    whole = extended(plan, [rule])
    known = {pair: (value, False, count) for (pair, value), count in zip(values.items(), (*tokens, *tokens), strict=False)}
    responses = [response_of(*known[request.context, request.continuation]) for request in whole.requests]
    (pick,) = picks(whole, responses, registry.RULES[rule], gold={0: gold})
    return pick


def test_letters_and_texts_of_a_question_share_its_prompt():
    plan = plan_of(sample())

    whole = extended(plan, ["letter", "full_text"])

    assert whole.requests[:3] == plan.requests
    assert pairs_of(whole, start=3) == [(LISTED, " a cat"), (LISTED, " dög"), (LISTED, " no")]
    assert [(request.ordinal, request.sample, request.choice, request.kind) for request in whole.requests[3:]] == [
        (3, 0, FURTHER, "loglikelihood"), (4, 0, FURTHER + 1, "loglikelihood"), (5, 0, FURTHER + 2, "loglikelihood"),
    ]  # fmt: skip


def test_nothing_is_asked_twice():
    texts = sample(choices=TEXTS, target="dög")

    assert extended(
        plan_of(texts), ["full_text", "full_text_per_byte", "full_text_per_token", "full_text_per_character"]
    ) == plan_of(texts)
    assert pairs_of(extended(plan_of(texts), ["letter", "full_text"]), start=3) == [(LISTED, f" {letter}") for letter in LETTERS]
    assert len(extended(plan_of(sample()), list(registry.RULES)).requests) == 3 + 3 + 3 + 3
    has_them = plan_of(texts, unconditional=True)
    assert extended(has_them, ["full_text_unconditional"]) == has_them


def test_what_is_subtracted_stands_behind_no_prompt_or_behind_its_last_line():
    plan = plan_of(sample(choices=TEXTS, target="no"))

    assert pairs_of(extended(plan, ["full_text_unconditional"]), start=3) == [("", " a cat"), ("", " dög"), ("", " no")]
    assert pairs_of(extended(plan, ["full_text_less_last_line"]), start=3) == [
        ("Answer:", " a cat"), ("Answer:", " dög"), ("Answer:", " no"),
    ]  # fmt: skip


def test_items_keep_the_harness_order_and_rules_follow_item_by_item():
    plan = plan_of(sample(0), sample(1))

    whole = extended(plan, ["full_text"])

    assert [request.sample for request in whole.requests] == [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]
    assert [request.ordinal for request in whole.requests] == list(range(12))
    assert own_part(whole) == plan
    assert extended(own_part(whole), ["full_text"]) == whole


@pytest.mark.parametrize(
    "document",
    [{"choices": list(TEXTS)}, {"choices": {"text": list(TEXTS), "label": list(LETTERS)}}, {"A": "a cat", "B": "dög", "C": "no"}],
    ids=["a list", "a list within", "a column a letter"],
)
def test_the_texts_of_letters_are_found_in_the_item(document):
    whole = extended(plan_of(sample(document=document)), ["full_text"])

    assert [request.continuation for request in whole.requests[3:]] == [" a cat", " dög", " no"]


@pytest.mark.parametrize(
    ("plan", "rule", "sentence"),
    [
        (
            plan_of(sample(choices=TEXTS, target="no"), context="Which?\nAnswer:"),
            "letter",
            "The scoring rule 'letter' does not suit 'animals', whose prompts show no letters: leave it out.",
        ),
        (
            plan_of(sample(document={"choices": ["a cat", "dög"]})),
            "full_text",
            "The scoring rule 'full_text' does not suit 'animals', whose items do not say which texts its letters stand for: leave it out.",
        ),
        (
            plan_of(sample(choices=TEXTS, target="no"), context="The animal is"),
            "full_text_less_last_line",
            "The scoring rule 'full_text_less_last_line' does not suit 'animals', whose prompts have no last line such as 'Answer:': leave it out.",
        ),
        (
            Plan((sample(),), tuple(PlannedRequest(n, 0, n, "loglikelihood", f"{n}", f" {LETTERS[n]}") for n in range(3)), ()),
            "letter",
            "Scoring rules do not suit 'animals', whose items are not several choices behind one prompt: ask for none.",
        ),
        (
            Plan((sample(choices=(), target="x"),), (PlannedRequest(0, 0, 0, "loglikelihood", "c", " x"),), ()),
            "letter",
            "Scoring rules do not suit 'animals', whose items are not several choices behind one prompt: ask for none.",
        ),
    ],
)
def test_a_rule_that_does_not_suit_is_refused_in_one_sentence(plan, rule, sentence):
    with pytest.raises(ProtocolMismatch) as refused:
        extended(plan, [rule])

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("letters",), "The protocol asks for the scoring rule 'letters', and there are letter, full_text, "),
        (("letter", "full_text", "letter"), "The protocol asks for the scoring rule 'letter' twice: name it once."),
    ],
)
def test_an_unknown_or_repeated_rule_is_refused(names, sentence):
    with pytest.raises(ProtocolMismatch) as refused:
        registry.named(names)

    assert str(refused.value).startswith(sentence)


def texts_plan():
    return plan_of(sample(choices=TEXTS, target="dög"))


def behind(context, *values):
    return {(context, f" {text}"): value for text, value in zip(TEXTS, values, strict=True)}


def test_each_rule_divides_by_what_it_says():
    # 5, 3 and 2 characters; 5, 4 and 2 bytes; tokens as given
    by_character = picked(texts_plan(), "full_text_per_character", behind(LISTED, -5.5, -3.0, -2.4))  # -1.1, -1.0, -1.2
    by_byte = picked(texts_plan(), "full_text_per_byte", behind(LISTED, -5.5, -4.6, -2.0))  # -1.1, -1.15, -1.0
    by_token = picked(texts_plan(), "full_text_per_token", behind(LISTED, -5.5, -3.0, -2.0), tokens=(6, 3, 1))  # -0.92, -1, -2
    plain = picked(texts_plan(), "full_text", behind(LISTED, -5.5, -3.0, -2.0))

    assert (by_character.choice, by_character.is_correct, by_character.margin) == (1, True, pytest.approx(0.1))
    assert (by_byte.choice, by_byte.is_correct, by_byte.margin) == (2, False, pytest.approx(0.1))
    assert (by_token.choice, by_token.margin) == (0, pytest.approx(1 - 5.5 / 6))
    assert (plain.choice, plain.margin) == (2, 1.0)


def test_tokens_are_needed_only_where_they_are_divided_by():
    whole = texts_plan()

    with pytest.raises(ValueError, match="full_text_per_token needs to know how many tokens"):
        picks(whole, [Response(-1.0, False)] * 3, registry.RULES["full_text_per_token"], gold={0: [1]})
    assert picks(whole, [Response(-1.0, False)] * 3, registry.RULES["full_text_per_byte"], gold={0: [1]})


@pytest.mark.parametrize(("rule", "context"), [("full_text_unconditional", ""), ("full_text_less_last_line", "Answer:")])
def test_what_an_answer_is_worth_without_its_prompt_is_subtracted(rule, context):
    values = behind(LISTED, -4.0, -5.0, -3.0) | behind(context, -4.5, -7.0, -2.0)  # 0.5, 2.0, -1.0

    pick = picked(texts_plan(), rule, values)

    assert (pick.choice, pick.is_correct, pick.margin) == (1, True, 1.5)


def test_the_first_of_equal_choices_is_picked_and_any_right_one_counts():
    tie = picked(texts_plan(), "full_text", behind(LISTED, -2.0, -1.0, -1.0), gold=(2,))
    either = picked(texts_plan(), "full_text", behind(LISTED, -2.0, -1.0, -1.5), gold=(0, 1))

    assert (tie.choice, tie.is_correct, tie.margin, tie.is_near) == (1, False, 0.0, True)
    assert (either.is_correct, either.is_near) == (True, False)


@pytest.mark.parametrize(
    ("rule", "gap", "is_near"),
    [
        ("full_text", 0.000095, True),  # two log-likelihoods, each off by 0.00005
        ("full_text", 0.000105, False),
        ("full_text_unconditional", 0.000195, True),  # four of them
        ("full_text_unconditional", 0.000205, False),
        ("full_text_per_character", 0.000026, True),  # 1/3 and 1/5 of 0.00005
        ("full_text_per_character", 0.0000275, False),
    ],
)
def test_a_near_tie_is_one_that_the_rounding_of_float32_could_turn(rule, gap, is_near):
    first, second = (-3.0, -3.0 - gap) if "per" not in rule else (3 * -1.0, 5 * (-1.0 - gap))
    values = behind(LISTED, second, first, -60.0) | behind("", 0.0, 0.0, 0.0)

    pick = picked(texts_plan(), rule, values)

    assert (pick.choice, pick.is_near) == (1, is_near)


def test_an_empty_choice_is_never_picked_by_its_length():
    texts = ("", "dög", "no")
    plan = plan_of(sample(choices=texts, target="dög"))
    values = {(LISTED, f" {text}"): value for text, value in zip(texts, (-0.1, -9.0, -8.0), strict=True)}

    assert picked(plan, "full_text_per_character", values).choice == 1
    assert picked(plan, "full_text", values).choice == 0


def test_numbers_of_tasks_and_groups():
    """Four items of one task, of which three are right; two of another, of which one is, by a tie."""
    cats = [sample(index, task="cats") for index in range(4)]
    dogs = [sample(index, task="dogs") for index in (4, 5)]
    plan = plan_of(*cats, *dogs)
    right, wrong, tied = (-2.0, -1.0, -2.0), (-1.0, -2.0, -3.0), (-2.0, -1.0, -1.0)
    values = [right, right, wrong, right, wrong, tied]
    responses = [Response(values[request.sample][request.choice], False) for request in plan.requests]

    found = rule_metrics(plan, responses, ["letter"], gold={n: [1] for n in range(6)}, groups={"pets": ["cats", "dogs"]})

    numbers = {(metric.task, metric.metric): metric for metric in found}
    third = pytest.approx(1 / 3)
    assert numbers["cats", "acc[letter]"] == MetricValue("cats", "acc[letter]", 0.75, pytest.approx(0.25), 4, third)
    assert numbers["dogs", "acc[letter]"] == MetricValue("dogs", "acc[letter]", 0.5, pytest.approx(0.5), 2, third)
    # (3 * 4 * 1/16 + 1 * 2 * 1/4) / (6 - 2) / 6
    assert numbers["pets", "acc[letter]"] == MetricValue(
        "pets", "acc[letter]", 4 / 6, pytest.approx(math.sqrt(1.25 / 24)), 6, third
    )
    assert numbers["pets", "acc[letter],macro"] == MetricValue(
        "pets", "acc[letter],macro", 0.625, pytest.approx(math.sqrt(0.0625 + 0.25) / 2), 6, third
    )
    counts = {key: metric.value for key, metric in numbers.items() if "ties" in key[1]}
    assert counts == {
        ("cats", "ties[letter]"): 0, ("cats", "near_ties[letter]"): 0,
        ("dogs", "ties[letter]"): 1, ("dogs", "near_ties[letter]"): 1,
        ("pets", "ties[letter]"): 1, ("pets", "near_ties[letter]"): 1,
    }  # fmt: skip


def test_one_item_has_no_spread():
    (metric, *_) = rule_metrics(
        plan_of(sample()), [Response(-1.0 - n, False) for n in range(3)], ["letter"], gold={0: [0]}, groups={"all": ["animals"]}
    )

    assert metric == MetricValue("animals", "acc[letter]", 1.0, None, 1, pytest.approx(1 / 3))


def test_metrics_are_declared_with_the_mean_that_they_take():
    assert registry.declared(["letter"], is_group=False) == {"acc[letter]": {"micro", "macro"}}
    assert registry.declared(["letter"], is_group=True) == {"acc[letter]": {"micro"}, "acc[letter],macro": {"macro"}}
