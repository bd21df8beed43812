"""All subjects of MMLU come out of our engine as out of lm-eval's own `hf` model; a slice of what `make equality` asks."""

import numpy as np
import pytest

from tests.workers.evaluation.equality.asking import Question, Tasks
from tests.workers.evaluation.equality.comparing import compare
from tests.workers.evaluation.equality.models import FEW_WORDS, LETTERS, make_model, make_tokenizer, prefer
from tests.workers.evaluation.equality.sides import engine_side, harness_side, token_counter

pytestmark = [pytest.mark.usefixtures("mmlu", "one_thread"), pytest.mark.long]

ITEMS, SUBJECTS = 4, 57
CONTEXT_LENGTH = 3072
"""What 2,048 tokens of the whole tokenizer are: the longest prompts lose their beginning here too."""


@pytest.fixture(scope="module")
def tokenizer(bench):
    return make_tokenizer(bench, words=FEW_WORDS)


@pytest.fixture(scope="module")
def model(tokenizer):
    model = make_model("gpt_neox", words=FEW_WORDS, context_length=CONTEXT_LENGTH)
    prefer(model, tokenizer, LETTERS)
    return model


@pytest.mark.parametrize("num_fewshot", [5, 0])
def test_every_subject_comes_out_as_from_the_hf_model(num_fewshot, model, tokenizer):
    tasks = Tasks(Question("mmlu", num_fewshot, limit=ITEMS))
    harness, engine = harness_side(model, tokenizer, batch_size=1), engine_side(model, tokenizer)

    wanted = tasks.ask(harness)
    agreement = compare(wanted, tasks.ask(engine), token_counter(harness))

    assert (agreement.items, agreement.requests) == (SUBJECTS * ITEMS, SUBJECTS * ITEMS * 4)
    assert agreement.metrics == SUBJECTS + 5  # with the groups
    # the model is one whose answers differ from item to item, or its agreement would mean little
    assert len({int(np.argmax(values)) for values in wanted.picks.values()}) > 1
    assert 0 < agreement.greedy < agreement.requests
    lengths = [len(tokens) for tokens in tokenizer([request[0] for request in wanted.requests[::4]])["input_ids"]]
    assert (max(lengths) > CONTEXT_LENGTH) == (num_fewshot == 5)
    assert engine.forward.counts.tokens < sum(lengths) / (2 if num_fewshot else 1)  # of what is shared each is computed once
