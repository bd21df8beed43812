"""Batches of a plan: every sample once, about so many tokens, always the same."""

import pytest

from workers import shards
from workers.evaluation.batching import plan_batches, sequences_of
from workers.evaluation.checkpoints import CheckpointSource
from workers.evaluation.contract import Plan, PlannedRequest, PlannedSample
from workers.evaluation.errors import Unscorable
from workers.evaluation.loading import load, load_encoder
from workers.evaluation.prefixes.choice import forward_of
from workers.evaluation.prefixes.tree import KEPT

SHOTS = "The following are questions. " + "Question: what colour is the sky? Answer: blue. " * 8


@pytest.fixture(scope="module")
def encoder(neox):
    return load_encoder(CheckpointSource(str(neox), True, None, "float32"))


def plan_of(*contexts, choices=(" A", " B")):
    """Two requests for each context."""
    samples = tuple(PlannedSample(index, "t", index, {}, choices, "A") for index in range(len(contexts)))
    requests = tuple(
        PlannedRequest(len(choices) * sample + choice, sample, choice, "loglikelihood", context, continuation)
        for sample, context in enumerate(contexts)
        for choice, continuation in enumerate(choices)
    )
    return Plan(samples, requests, ())


def test_every_sample_is_in_one_batch_and_those_that_begin_alike_share_a_beginning(encoder):
    plan = plan_of(*(f"{SHOTS}Question: how many are {number} and {number}? Answer:" for number in range(20)), "Alone:")

    batches = plan_batches(plan, encoder, token_budget=25)

    assert sorted(index for batch in batches for index in batch.samples) == list(range(21))
    shared = len(encoder.encode([SHOTS])[SHOTS])
    assert [batch for batch in batches if 20 in batch.samples][0].cuts == ()
    assert all(batch.cuts[0] >= shared for batch in batches if batch.cuts)
    assert sum(len(batch.cuts) > 0 for batch in batches) >= 5


def test_the_same_plan_is_cut_the_same_way_and_some_samples_by_themselves_too(encoder):
    plan = plan_of(*(f"{SHOTS}Question: how many are {number} and 2? Answer:" for number in range(9)))

    once = plan_batches(plan, encoder, token_budget=60)

    assert plan_batches(plan, encoder, token_budget=60) == once
    some = plan_batches(plan, encoder, token_budget=30, samples=[7, 3, 5])
    assert sorted(index for batch in some for index in batch.samples) == [3, 5, 7]


def test_a_batch_knows_what_it_costs_and_what_is_there_from_the_batches_before_it(encoder):
    other = SHOTS.replace("colour", "size")
    questions = [f"Question: how many are {number} and {number}? Answer:" for number in range(9)]
    alone, *batches = plan_batches(
        plan_of("A:", *(shots + question for shots in (SHOTS, other) for question in questions)), encoder, token_budget=25
    )

    assert (alone.cuts, alone.tokens, alone.kept) == ((), len(encoder.encode(["A:"])["A:"]), 0)
    begins = [batch for batch in batches if batch.kept == 0]
    assert [len(batch.cuts) for batch in begins] == [1, 1], "one trunk for each beginning"
    assert all(batch.kept == batch.cuts[-1] for batch in batches if batch not in begins)
    assert all(0 < batch.tokens <= 25 for batch in batches)


def test_what_batches_cost_is_what_the_engine_computes(neox, encoder):
    source = CheckpointSource(str(neox), True, None, "float32")
    forward = forward_of(load(source, device="cpu").model)
    contexts = [f"{SHOTS}{topic} {number}? Answer:" for topic in ("Question: what is", "Why is it that") for number in range(12)]
    plan = plan_of("A:", *contexts)
    batches = plan_batches(plan, encoder, token_budget=40)
    for start in (0, len(batches) // 2):
        forward.forget()
        before = forward.counts.tokens
        for batch in batches[start:]:
            requests = [request for request in plan.requests if request.sample in batch.samples]
            forward.score([sequence for (sequence,) in sequences_of(requests, encoder)], cuts=batch.cuts)
        computed = forward.counts.tokens - before
        assert 0 <= computed - shards.work(batches[start:]) < 0.1 * computed  # what is shared by few tokens is computed twice


def test_a_sample_larger_than_the_budget_has_a_batch_of_its_own(encoder):
    batches = plan_batches(plan_of(SHOTS, "Q:", "R:"), encoder, token_budget=3)

    assert sorted(len(batch.samples) for batch in batches) == [1, 1, 1]


def test_no_samples_are_no_batches(encoder):
    assert plan_batches(Plan((), (), ()), encoder, token_budget=10) == ()


def test_a_budget_below_one_is_refused(encoder):
    with pytest.raises(ValueError, match="at least 1, not 0"):
        plan_batches(plan_of("Q:"), encoder, token_budget=0)


@pytest.mark.parametrize(
    ("context", "continuation", "sentence"),
    [
        (
            "Q:",
            "",
            "Request 1 can't be scored: Its context or what follows has no token of its own. Choose another task or model.",
        ),
        (
            "Q:",
            " word" * 2100,
            "Request 1 can't be scored: What is to be scored has 2,100 tokens, and the model reads 2,048 at most.",
        ),
    ],
)
def test_what_cannot_be_scored_is_named_before_any_weight_is_read(encoder, context, continuation, sentence):
    with pytest.raises(Unscorable) as refused:
        plan_batches(plan_of(context, choices=(" A", continuation)), encoder, token_budget=10)
    assert str(refused.value).startswith(sentence)


def writing(*prompts, **settings):
    samples = tuple(PlannedSample(index, "t", index, {}, (), "") for index in range(len(prompts)))
    requests = tuple(
        PlannedRequest(index, index, 0, "generate_until", prompt, settings=settings) for index, prompt in enumerate(prompts)
    )
    return Plan(samples, requests, ())


def test_prompts_to_write_on_leave_room_for_what_is_written(encoder):
    plan = writing(" word" * 3000, until=["."], max_gen_toks=48)

    ((prompt,),) = sequences_of(plan.requests, encoder)

    assert len(prompt.tokens) == 2048 - 48
    assert prompt.tokens == tuple(encoder.encode([" word" * 3000])[" word" * 3000][-2000:])


def test_prompts_to_write_on_are_counted_with_all_that_is_kept_for_them(encoder):
    questions = [f"How many are {'two and ' * number}{number}? Answer:" for number in range(12)]
    plan = writing(*questions, until=["."], max_gen_toks=20)
    kept = [len(encoder.encode([text])[text]) + 20 for text in questions]

    batches = plan_batches(plan, encoder, token_budget=20)

    sizes = [len(batch.samples) * max(kept[index] for index in batch.samples) for batch in batches]
    assert sorted(index for batch in batches for index in batch.samples) == list(range(12))
    assert 2 < len(batches) < 12
    assert max(sizes) <= KEPT * 20
    assert plan_batches(writing(*questions, until=["."], max_gen_toks=200), encoder, token_budget=20) != batches


def test_prompts_to_write_on_that_begin_alike_share_a_trunk_even_where_one_batch_holds_them(encoder):
    shots = len(encoder.encode([SHOTS])[SHOTS])
    prompts = [f"{SHOTS}Question: how many are {number} and 2? Answer:" for number in range(12)]
    plan = writing(*prompts, until=["."], max_gen_toks=10)

    (batch,) = plan_batches(plan, encoder, token_budget=1000)
    several = plan_batches(plan, encoder, token_budget=10)

    assert sorted(batch.samples) == list(range(12))
    assert len(several) > 2
    assert all(one.cuts[0] >= shots for one in (batch, *several) if len(one.samples) > 1)
    assert plan_batches(plan_of(*prompts), encoder, token_budget=1000)[0].cuts == (), "what is only scored shares it anyway"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"do_sample": True, "temperature": 1.0}, "Request 0 asks for do_sample=True, and only greedy writing is done here"),
        (
            {"max_gen_toks": 2048},
            "Request 0 can't be scored: The task lets the model write 2,048 tokens, and it reads 2,048 at most",
        ),
    ],
)
def test_what_cannot_be_written_is_named_before_any_weight_is_read(encoder, settings, sentence):
    with pytest.raises(Unscorable) as refused:
        plan_batches(writing("Once", **settings), encoder, token_budget=10)
    assert str(refused.value).startswith(sentence)
    assert str(refused.value).endswith(".")


def rolling(*texts):
    samples = tuple(PlannedSample(index, "t", index, {}, (), "") for index in range(len(texts)))
    requests = tuple(PlannedRequest(index, index, 0, "loglikelihood_rolling", text) for index, text in enumerate(texts))
    return Plan(samples, requests, ())


def test_a_text_of_several_windows_is_one_request_in_one_batch(encoder):
    plan = rolling("A short one.", " word" * 5000, "", "Another.", "")

    windows = sequences_of(plan.requests, encoder)

    assert [len(own) for own in windows] == [1, 3, 0, 1, 0]
    assert sum(len(window.targets) for window in windows[1]) == 5000
    batches = plan_batches(plan, encoder, token_budget=100)
    assert batches[-1].samples == (2, 4), "texts without a token stand together"
    assert sorted(batch.samples for batch in batches[:-1]) == [(0,), (1,), (3,)]
    assert {batch.cuts for batch in batches} == {()}
