"""Running text and writing through plan, batches, scorer and reduction: lm-eval's own numbers, each request answered once."""

import shutil
from dataclasses import replace

import pytest
from safetensors.torch import load_file, save_file

from tests.workers.evaluation.comparison import (
    TOLERANCE,
    asked_of,
    assert_equal,
    encoder_of,
    expected,
    largest_difference,
    measure,
)
from tests.workers.evaluation.equality import faults
from tests.workers.evaluation.writers import make_arithmetic, make_writer, spec_in
from workers.evaluation import harness, local_tasks
from workers.evaluation.batching import plan_batches
from workers.evaluation.checkpoints import CheckpointSource
from workers.evaluation.contract import PlannedRequest, ProtocolSpec, Response
from workers.evaluation.errors import CheckpointBroken, PlanChanged
from workers.evaluation.loading import load
from workers.evaluation.prefixes import generation
from workers.evaluation.prefixes.tree import KEPT
from workers.evaluation.scoring import PrefixScorer

pytestmark = pytest.mark.usefixtures("one_thread")

WRITING = ProtocolSpec("pwc2_arithmetic", 2, limit=12)
RUNNING = ProtocolSpec("pwc2_lambada_rolling", 0, limit=12)
BUDGET = 256
"""Tokens a batch: so little that a part of the prompts share a trunk, and texts of several windows have a batch each."""


@pytest.fixture(scope="module")
def writer(bench, tmp_path_factory):
    return make_writer(tmp_path_factory.mktemp("writers") / "writer", bench=bench)


@pytest.fixture(scope="module")
def short(bench, tmp_path_factory):
    """Reads 64 tokens at once: passages have several windows."""
    return make_writer(tmp_path_factory.mktemp("writers") / "short", bench=bench, context_length=64)


@pytest.fixture(scope="module")
def writing(writer, bench, tmp_path_factory):
    folder = tmp_path_factory.mktemp("arithmetic")
    return spec_in(make_arithmetic(folder, writer=writer, bench=bench, spec=WRITING), WRITING)


@pytest.fixture(scope="module")
def running(bench, tmp_path_factory):
    return spec_in(local_tasks.prepare(bench, tmp_path_factory.mktemp("rolling"), tasks=[RUNNING.task]), RUNNING)


@pytest.fixture(scope="module")
def written(writer, writing):
    """What lm-eval's own `hf` model wrote."""
    return expected(writer, writing, batch_size=1)


@pytest.fixture(scope="module")
def rolled(short, running):
    return expected(short, running)


def loaded(folder):
    return load(CheckpointSource(str(folder), True, None, "float32"), device="cpu")


def test_what_is_written_comes_out_as_from_simple_evaluate(writer, writing, written):
    plan, responses, reduction = measure(writer, writing, token_budget=BUDGET)

    assert asked_of(plan) == written.contexts
    assert_equal(written, responses, reduction.metrics)
    values = {metric.metric: metric.value for metric in reduction.metrics}
    assert values.keys() == {"exact_match,strict-match", "exact_match,flexible-extract"}
    assert 0 < values["exact_match,flexible-extract"] < 1
    assert {metric.chance for metric in reduction.metrics} == {None}


def test_some_texts_end_at_a_stop_sequence_and_some_at_their_most_tokens(writer, written):
    """So that both are among what is compared."""
    tokenizer = loaded(writer).tokenizer
    lengths = [len(tokenizer(text)["input_ids"]) for text in written.answers]

    assert min(lengths) < 24
    assert max(lengths) >= 44
    assert not any("\n\n" in text for text in written.answers)


def test_an_item_has_what_the_first_filter_took_out_of_its_text(writer, writing, written):
    plan, responses, reduction = measure(writer, writing, token_budget=BUDGET)

    assert [outcome.target for outcome in reduction.outcomes] == [sample.document["answer"] for sample in plan.samples]
    assert {outcome.margin for outcome in reduction.outcomes} == {None}
    is_marked = ["#### " in response.text for response in responses]
    assert [outcome.prediction == "[invalid]" for outcome in reduction.outcomes] == [not marked for marked in is_marked]
    strict = written.metrics[writing.task, "exact_match,strict-match"][0]
    assert sum(outcome.is_correct for outcome in reduction.outcomes) == round(strict * len(plan.samples))


def test_an_item_is_right_by_its_first_filter(writer, writing):
    """A model that writes two answers: the marked one counts under the first filter, the last number under the second."""
    plan = harness.build_plan(writing)
    right = [sample.target.rpartition("#### ")[2] for sample in plan.samples]
    responses = [Response(text=f"It is #### {number} or 99999") for number in right]

    reduction = harness.reduce(writing, plan, responses)

    assert {metric.metric: metric.value for metric in reduction.metrics}["exact_match,flexible-extract"] == 0.0
    named = [(outcome.prediction, outcome.is_correct) for outcome in reduction.outcomes]
    assert named[1:2] == [(right[1], True)]
    assert {metric.metric: metric.value for metric in reduction.metrics}["exact_match,strict-match"] > 0.5


def test_running_text_comes_out_as_from_simple_evaluate(short, running, rolled):
    plan, responses, reduction = measure(short, running, token_budget=BUDGET)

    assert asked_of(plan) == rolled.contexts
    assert_equal(rolled, responses, reduction.metrics)
    assert {(metric.metric, metric.chance, metric.stderr) for metric in reduction.metrics} == {
        ("word_perplexity", None, None), ("byte_perplexity", None, None), ("bits_per_byte", None, None)
    }  # fmt: skip
    assert {(sample.choices, sample.target) for sample in plan.samples} == {((), "")}
    assert {(outcome.prediction, outcome.is_correct, outcome.margin) for outcome in reduction.outcomes} == {("", None, None)}


@pytest.mark.parametrize("token_budget", [1, 10_000])
def test_texts_of_several_windows_are_the_same_alone_and_together(token_budget, short, running, rolled):
    plan, responses, _ = measure(short, running, token_budget=token_budget)

    encoder = encoder_of(loaded(short))
    windows = [len(encoder.rolling(request.context)) for request in plan.requests]
    assert max(windows) > 1
    batches = plan_batches(plan, encoder, token_budget=token_budget)
    assert len(batches) == (len(plan.samples) if token_budget == 1 else 1)
    assert largest_difference(rolled, responses) <= TOLERANCE


def test_a_stop_sequence_that_is_ignored_makes_the_comparison_fail(writer, writing, written, monkeypatch):
    faults.stop_sequences_ignored(monkeypatch)

    _, responses, reduction = measure(writer, writing, token_budget=BUDGET)

    with pytest.raises(AssertionError, match="was answered '.* in place of "):
        assert_equal(written, responses, reduction.metrics)


def test_a_window_that_is_left_out_makes_the_comparison_fail(short, running, rolled, monkeypatch):
    faults.last_window_left_out(monkeypatch)

    _, responses, reduction = measure(short, running, token_budget=BUDGET)

    with pytest.raises(AssertionError, match="a log-likelihood differs by"):
        assert_equal(rolled, responses, reduction.metrics)


def test_a_group_of_all_kinds_comes_out_as_from_simple_evaluate(writer, bench, tmp_path):
    tasks = ["pwc2_arithmetic", "pwc2_arc_easy", "pwc2_lambada_rolling", "pwc2_lambada"]
    local_tasks.prepare(bench, tmp_path, tasks=tasks)
    (tmp_path / "every_kind.yaml").write_text(f"group: every_kind\ntask: [{', '.join(tasks)}]\n")
    spec = ProtocolSpec("every_kind", 1, limit=3, include_path=str(tmp_path))
    wanted = expected(writer, spec, batch_size=1)

    plan, responses, reduction = measure(writer, spec, token_budget=BUDGET)

    assert asked_of(plan) == wanted.contexts
    assert {response.kind for response in responses} == {"loglikelihood", "loglikelihood_rolling", "generate_until"}
    assert_equal(wanted, responses, reduction.metrics)
    kinds = {request.sample: request.kind for request in plan.requests}
    batches = plan_batches(plan, encoder_of(loaded(writer)), token_budget=10_000)
    assert [{kinds[sample] for sample in batch.samples} for batch in batches] == [
        {"loglikelihood"}, {"loglikelihood_rolling"}, {"generate_until"}
    ]  # fmt: skip


@pytest.mark.parametrize(("spec", "budget"), [("writing", BUDGET // KEPT), ("running", BUDGET)])
def test_a_batch_gives_the_same_answers_whatever_was_answered_before(spec, budget, writer, request):
    plan = harness.build_plan(request.getfixturevalue(spec))
    model = loaded(writer)
    batches = plan_batches(plan, encoder_of(model), token_budget=budget)
    assert len(batches) > 3
    asked = [[one for one in plan.requests if one.sample in batch.samples] for batch in batches]
    scorer = PrefixScorer(model)

    in_order = [scorer.prepare(requests, batch.cuts)() for requests, batch in zip(asked, batches, strict=True)]

    for place in (3, 1, 2, 0):
        assert scorer.prepare(asked[place], batches[place].cuts)() == in_order[place]
        scorer.forget()


def test_prompts_that_begin_alike_share_a_trunk_and_what_is_written_does_not_change(writer, bench, tmp_path):
    spec = spec_in(local_tasks.prepare(bench, tmp_path, tasks=[WRITING.task]), replace(WRITING, num_fewshot=0))
    plan = harness.build_plan(spec)
    shots = plan.requests[0].context * 3
    alike = replace(plan, requests=tuple(replace(one, context=f"{shots}\n\n{one.context}") for one in plan.requests))
    model = loaded(writer)
    batches = plan_batches(alike, encoder_of(model), token_budget=300 // KEPT)
    assert len(batches) > 2
    assert all(batch.cuts for batch in batches if len(batch.samples) > 1)

    scorer = PrefixScorer(model)
    together = {}
    for batch in batches:
        requests = [one for one in alike.requests if one.sample in batch.samples]
        together.update(zip((one.ordinal for one in requests), scorer.prepare(requests, batch.cuts)(), strict=True))

    assert [together[one.ordinal] for one in alike.requests] == [scorer.prepare([one])()[0] for one in alike.requests]


def test_prompts_that_are_read_in_parts_are_written_on_as_at_once(writer, writing, monkeypatch):
    plan = harness.build_plan(writing)
    scorer = PrefixScorer(loaded(writer))
    at_once = scorer.prepare(plan.requests)()

    monkeypatch.setitem(generation.READ_AT_ONCE, "cpu", 400)
    steps = []

    assert scorer.prepare(plan.requests)(lambda: steps.append(1)) == at_once
    # each part and each word; the longest text has as many as the task allows
    assert len(steps) >= 48 + 5


def test_a_text_without_a_token_has_a_likelihood_of_one(short):
    requests = [PlannedRequest(0, 0, 0, "loglikelihood_rolling", "")]

    assert PrefixScorer(loaded(short)).prepare(requests)() == [Response(0.0)]


def test_a_plan_whose_settings_changed_is_refused(writing):
    plan = harness.build_plan(writing)
    changed = replace(plan.requests[5], settings={**plan.requests[5].settings, "max_gen_toks": 47})
    other = replace(plan, requests=(*plan.requests[:5], changed, *plan.requests[6:]))

    with pytest.raises(PlanChanged, match="request 5 of pwc2_arithmetic differs"):
        harness.reduce(writing, other, [Response(text="") for _ in other.requests])


def test_an_answer_of_another_kind_is_a_fault(writing):
    plan = harness.build_plan(writing)

    with pytest.raises(ValueError, match="request 0 is generate_until, and its response is one to loglikelihood"):
        harness.reduce(writing, plan, [Response(-1.0, False) for _ in plan.requests])


def test_other_settings_are_another_prompt_digest(writing, tmp_path, bench):
    plan = harness.build_plan(writing)
    folder = local_tasks.prepare(bench, tmp_path, tasks=[WRITING.task])
    definition = folder / f"{WRITING.task}.yaml"
    definition.write_text(definition.read_text().replace("max_gen_toks: 48", "max_gen_toks: 47"))

    other = harness.build_plan(spec_in(folder, WRITING))

    assert [one.context for one in other.requests] == [one.context for one in plan.requests]
    assert other.tasks[0].prompt_sha256 != plan.tasks[0].prompt_sha256


def test_a_model_that_gives_no_number_writes_nothing(writer, tmp_path):
    folder = shutil.copytree(writer, tmp_path / "checkpoint")
    weights = load_file(folder / "model.safetensors")
    weights[next(name for name in weights if name in ("embed_out.weight", "lm_head.weight"))][:] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(CheckpointBroken) as refused:
        PrefixScorer(loaded(folder)).prepare([PlannedRequest(7, 0, 0, "generate_until", "Answer:", settings={"until": ["."]})])()

    assert str(refused.value) == (
        "The model (GPTNeoXForCausalLM in float32) answered request 7 with a logit of nan, by which no word is the likeliest: "
        "its weights are damaged or overflow this dtype; try another dtype."
    )
