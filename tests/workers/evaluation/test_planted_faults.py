"""The comparison with lm-eval's own `hf` model fails when the engine is at fault: a test that cannot fail shows nothing."""

from dataclasses import replace

import pytest
from lm_eval.api.instance import Instance

from tests.workers.evaluation.equality import faults
from tests.workers.evaluation.equality.asking import Question, Tasks
from tests.workers.evaluation.equality.comparing import ABSOLUTE, compare
from tests.workers.evaluation.equality.models import FEW_WORDS, LETTERS, make_model, make_tokenizer, prefer
from tests.workers.evaluation.equality.sides import engine_side, harness_side, token_counter
from workers.evaluation.prefixes.forward import SharedForward

pytestmark = pytest.mark.usefixtures("mmlu", "one_thread")

CONTEXT_LENGTH = 1400
BUDGET = 384
"""Less than a subject's prompts take: what they share becomes a trunk."""


@pytest.fixture(scope="module")
def tokenizer(bench):
    return make_tokenizer(bench, words=FEW_WORDS)


@pytest.fixture(scope="module")
def model(tokenizer):
    model = make_model("gpt_neox", words=FEW_WORDS, context_length=CONTEXT_LENGTH)
    prefer(model, tokenizer, LETTERS)
    return model


@pytest.fixture(scope="module")
def mmlu_tasks(mmlu):
    """Thirteen subjects, of which some have prompts that do not fit."""
    return Tasks(Question("mmlu_humanities", 5, limit=2))


@pytest.fixture(scope="module")
def harness(model, tokenizer):
    return harness_side(model, tokenizer, batch_size=1)


@pytest.fixture(scope="module")
def wanted(mmlu_tasks, harness):
    return mmlu_tasks.ask(harness)


@pytest.fixture
def engine(model, tokenizer):
    engine = engine_side(model, tokenizer, token_budget=BUDGET)
    assert isinstance(engine.forward, SharedForward)
    return engine


def test_without_a_fault_the_two_agree(mmlu_tasks, wanted, engine, harness):
    agreement = compare(wanted, mmlu_tasks.ask(engine), token_counter(harness))

    assert agreement.requests == 13 * 2 * 4
    assert agreement.share < 1


@pytest.mark.parametrize(
    "fault",
    [
        faults.no_shots,
        faults.shots_shuffled,
        faults.positions_off_by_one,
        faults.mask_lets_a_neighbour_be_seen,
        faults.mask_lets_the_future_be_seen,
        faults.mask_hides_the_end_of_a_trunk,
        faults.prefix_of_another_subject,
        faults.cut_one_token_too_many,
        faults.answers_of_the_request_before,
    ],
    ids=lambda fault: fault.__name__,
)
def test_a_planted_fault_makes_the_comparison_fail(fault, mmlu_tasks, wanted, engine, harness, monkeypatch):
    fault(monkeypatch)

    found = mmlu_tasks.ask(engine)

    with pytest.raises(AssertionError, match="a log-likelihood of"):
        compare(wanted, found, token_counter(harness))
    largest = max(abs(one - other) for (one, _), (other, _) in zip(wanted.answers, found.answers, strict=True))
    assert largest > 100 * ABSOLUTE


def test_a_wrong_greedy_mark_alone_makes_the_comparison_fail(wanted, harness):
    log_likelihood, is_greedy = wanted.answers[5]
    wrong = [*wanted.answers[:5], (log_likelihood, not is_greedy), *wanted.answers[6:]]

    with pytest.raises(AssertionError, match=f"1 differences:\nrequest 5: is_greedy is {not is_greedy}"):
        compare(wanted, replace(wanted, answers=wrong), token_counter(harness))


def test_a_wrong_number_alone_makes_the_comparison_fail(wanted, harness):
    key = ("mmlu_philosophy", "acc,none")
    wrong = {**wanted.metrics, key: wanted.metrics[key] + 1e-9}

    with pytest.raises(AssertionError, match="1 differences:\nall metrics: "):
        compare(wanted, replace(wanted, metrics=wrong), token_counter(harness))


def test_a_pick_that_rounding_turned_makes_the_comparison_fail(wanted, harness):
    item = ("mmlu_philosophy", 1)
    tied = {**wanted.picks, item: [-2.0, -1.0, -1.0, -3.0]}
    turned = {**wanted.picks, item: [-2.0, -1.000001, -1.0, -3.0]}

    with pytest.raises(AssertionError, match="choice 2 was picked in place of 1, with a margin of 0"):
        compare(replace(wanted, picks=tied), replace(wanted, picks=turned), token_counter(harness))


def test_a_log_likelihood_of_nothing_makes_the_comparison_fail(wanted, harness):
    wrong = [(float("nan"), wanted.answers[0][1]), *wanted.answers[1:]]

    with pytest.raises(AssertionError, match="a log-likelihood of nan"):
        compare(wanted, replace(wanted, answers=wrong), token_counter(harness))


def test_sums_may_be_off_by_more_than_single_tokens(wanted, harness):
    """Two requests whose log-likelihood is -100 in both, off by 1e-4: ` A` is one token, a sentence is a sum."""
    single, whole = ("Question:", " A"), ("Question:", " A long answer, of many words.")
    one = replace(wanted, kinds=["loglikelihood"], answers=[(-100.0, False)], picks={}, items={}, metrics={})
    other = replace(one, answers=[(-100.0001, False)])

    compare(replace(one, requests=[whole]), replace(other, requests=[whole]), token_counter(harness))
    with pytest.raises(AssertionError, match="a log-likelihood of -100.0001"):
        compare(replace(one, requests=[single]), replace(other, requests=[single]), token_counter(harness))


@pytest.fixture(scope="module")
def continued(harness, tokenizer):
    """Requests for what the model itself writes on, of one to six tokens, and for the same with another first token."""
    contexts = [
        f"Question: {word} of the day\nAnswer:" for word in ("What", "Which", "Who", "Why", "Some", "None", "Each", "Most")
    ]
    made = []
    for length, context in enumerate(contexts, 1):
        (text,) = harness.generate_until([Instance("generate_until", {}, (context, {"max_gen_toks": length}), 0)])
        made.extend((context, continuation) for continuation in (text, f" B{text}", f"{text} C"))
    return [Instance("loglikelihood", {}, arguments, 0) for arguments in made]


def test_greedy_continuations_of_many_tokens_are_told_from_others(continued, harness, engine):
    wanted = harness.loglikelihood(continued)

    found = engine.loglikelihood(continued)

    assert [is_greedy for _, is_greedy in found] == [is_greedy for _, is_greedy in wanted]
    assert sum(is_greedy for _, is_greedy in wanted) > len(wanted) / 4


def test_a_continuation_that_is_greedy_at_its_end_alone_is_not(continued, harness, engine, monkeypatch):
    wanted = harness.loglikelihood(continued)
    faults.greedy_where_a_part_is(monkeypatch)

    found = engine.loglikelihood(continued)

    assert [is_greedy for _, is_greedy in found] != [is_greedy for _, is_greedy in wanted]
