"""In bfloat16 our engine is no further from float32 than lm-eval's own `hf` model; `make equality` reports more of it."""

import pytest

from tests.workers.evaluation.equality.asking import Question, Tasks
from tests.workers.evaluation.equality.half_precision import distances
from tests.workers.evaluation.equality.models import FEW_WORDS, LETTERS, make_model, make_tokenizer, prefer
from workers.evaluation import local_tasks

pytestmark = pytest.mark.usefixtures("mmlu", "one_thread")


@pytest.fixture(scope="module")
def found(bench, mmlu, one_thread, tmp_path_factory):
    """Letters, sums over choices of many tokens, and last words."""
    folder = str(local_tasks.prepare(bench, tmp_path_factory.mktemp("local_tasks")))
    tokenizer = make_tokenizer(bench, words=FEW_WORDS)
    model = make_model("gpt_neox", words=FEW_WORDS, context_length=1024)
    prefer(model, tokenizer, LETTERS)
    questions = [
        Question("mmlu_stem", 0, limit=2),
        Question("pwc2_arc_easy", 0, limit=20, include_path=folder),
        Question("pwc2_lambada", 0, limit=50, include_path=folder),
    ]
    return distances(model, tokenizer, [Tasks(question) for question in questions])


def test_our_engine_is_no_further_from_float32_than_the_hf_model(found):
    assert found["ours"].values == 19 * 2 * 4 + 20 * 4 + 50
    assert 0 < found["ours"].mean <= 1.05 * found["hf"].mean


def test_a_softmax_in_half_precision_is_further_away(found):
    """The `hf` model's own default; so the measure tells engines apart."""
    assert found["hf by default"].mean > 1.5 * found["hf"].mean
    assert found["hf by default"].mean > 1.5 * found["ours"].mean
