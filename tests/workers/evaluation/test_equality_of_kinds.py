"""Our engine answers every kind of request as lm-eval's own `hf` model does: a slice of what `make equality` asks."""

import pytest
from lm_eval import simple_evaluate

from tests.workers.evaluation.equality.asking import Question, Tasks
from tests.workers.evaluation.equality.comparing import ABSOLUTE, compare
from tests.workers.evaluation.equality.kinds import KINDS, question
from tests.workers.evaluation.equality.models import ARCHITECTURES, FEW_WORDS, LETTERS, make_model, make_tokenizer, prefer
from tests.workers.evaluation.equality.sides import engine_side, harness_side, token_counter
from workers.evaluation import local_tasks, task_index

pytestmark = pytest.mark.usefixtures("one_thread")

ITEMS = 12
CONTEXT_LENGTHS = {"gpt_neox": 1024, "llama": 512, "gpt2": 192}
"""The last is shorter than many prompts and texts: they lose their beginning."""


@pytest.fixture(scope="module")
def tasks(bench, tmp_path_factory):
    folder = local_tasks.prepare(bench, tmp_path_factory.mktemp("local_tasks"))
    return {kind: Tasks(question(kind, folder, limit=ITEMS)) for kind in KINDS}


@pytest.fixture(scope="module")
def tokenizer(bench):
    return make_tokenizer(bench, words=FEW_WORDS)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def sides(request, tokenizer):
    model = make_model(request.param, words=FEW_WORDS, context_length=CONTEXT_LENGTHS[request.param])
    prefer(model, tokenizer, LETTERS)
    # a budget of a prompt or two makes trunks of what more of them share
    return harness_side(model, tokenizer), engine_side(model, tokenizer, token_budget=256)


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_the_one_of_the_hf_model(kind, tasks, sides):
    harness, engine = sides

    agreement = compare(tasks[kind].ask(harness), tasks[kind].ask(engine), token_counter(harness))

    assert agreement.items == ITEMS * (2 if "writing" in kind else 1)  # two ways of reading what was written
    assert agreement.metrics


@pytest.mark.parametrize("kind", ["letters", "writing behind shots"])
def test_some_prompts_do_not_fit_the_shortest_context(kind, tasks, sides, tokenizer):
    """So that cutting from the left is among what is compared."""
    harness, _ = sides

    lengths = [len(tokenizer(request[0])["input_ids"]) for request in tasks[kind].ask(harness).requests]

    assert max(lengths) > CONTEXT_LENGTHS["gpt2"]


@pytest.mark.parametrize("max_length", [1, 2, 7, 64])
def test_running_text_of_many_windows_is_the_one_of_the_hf_model(max_length, tasks, tokenizer):
    model = make_model("gpt_neox", words=FEW_WORDS, context_length=1024)
    harness = harness_side(model, tokenizer, max_length=max_length)
    engine = engine_side(model, tokenizer, token_budget=256, max_length=max_length)

    wanted = tasks["running text"].ask(harness)

    assert compare(wanted, tasks["running text"].ask(engine), token_counter(harness)).requests == ITEMS
    assert max(len(tokenizer(request[0])["input_ids"]) for request in wanted.requests) > 2 * max_length


def test_lm_eval_takes_the_engine_as_a_model(mmlu, tokenizer):
    model = make_model("gpt_neox", words=FEW_WORDS, context_length=1024)
    asked = Question("mmlu_abstract_algebra", 2, limit=5)
    manager = task_index.find(asked.task, include_path=None)

    results = simple_evaluate(
        model=engine_side(model, tokenizer), tasks=[asked.task], num_fewshot=2, limit=5, task_manager=manager, bootstrap_iters=0
    )

    wanted = Tasks(asked).ask(harness_side(model, tokenizer))
    assert results["results"][asked.task]["acc,none"] == wanted.metrics[asked.task, "acc,none"]
    assert [response[0] for sample in results["samples"][asked.task] for response in sample["resps"]] == [
        (pytest.approx(log_likelihood, abs=ABSOLUTE), is_greedy) for log_likelihood, is_greedy in wanted.answers
    ]
