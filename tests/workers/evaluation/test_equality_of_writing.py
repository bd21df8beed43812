"""What our engine writes is what lm-eval's own `hf` model writes: every way of ending, prompts of every length, in any company."""

import json

import pytest
from lm_eval.api.instance import Instance

from tests.workers.evaluation.equality.models import ARCHITECTURES, END, FEW_WORDS, copy_of, make_model, make_tokenizer, prefer
from tests.workers.evaluation.equality.sides import engine_side, harness_side
from workers.evaluation.prefixes.tree import KEPT

pytestmark = pytest.mark.usefixtures("one_thread")

CONTEXT_LENGTH = 192
MOST = 24


@pytest.fixture(scope="module")
def tokenizer(bench):
    return make_tokenizer(bench, words=FEW_WORDS)


@pytest.fixture(scope="module")
def contexts(bench):
    """Beginnings of real texts of many lengths; some share so much that it becomes a trunk, and the longest do not fit."""
    with (bench / "lambada_openai.jsonl").open() as lines:
        texts = [json.loads(line)["context"] for line, _ in zip(lines, range(24), strict=False)]
    alike = [f"{texts[0][:250]} {text[:100]}" for text in texts[1:9]]
    too_long = [" ".join(texts[number : number + 8]) for number in (0, 0, 8)]
    return [*(text[: 30 + 12 * number] for number, text in enumerate(texts)), *alike, *too_long, "Question: ", " ", f"{END}Once"]


@pytest.fixture(scope="module")
def models(tokenizer):
    """One a kind of architecture; each likes to end its texts, now and then."""
    made = {}
    for architecture in ARCHITECTURES:
        made[architecture] = make_model(architecture, words=FEW_WORDS, context_length=CONTEXT_LENGTH)
        prefer(made[architecture], tokenizer, [END, "!"], by=2.5)
    return made


def requests(contexts, **settings):
    return [Instance("generate_until", {}, (context, settings), 0) for context in contexts]


def written(model, tokenizer, asked, *, batch_size=1):
    """What both write; the harness must not change its answers by what is asked beside, or there is nothing to be equal to."""
    harness, engine = (
        harness_side(model, tokenizer, batch_size=batch_size),
        engine_side(model, tokenizer, token_budget=400 // KEPT),
    )
    wanted, found = harness.generate_until(asked), engine.generate_until(asked)
    assert found == wanted
    return wanted


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_texts_end_at_the_end_or_at_their_most_tokens(architecture, models, tokenizer, contexts):
    asked = requests(contexts, until=["\n\n"], max_gen_toks=MOST)

    texts = written(models[architecture], tokenizer, asked, batch_size=4)

    lengths = [len(tokenizer(text)["input_ids"]) for text in texts]
    assert sum(length < MOST / 2 for length in lengths) >= 4
    assert sum(length >= MOST - 2 for length in lengths) >= 4
    assert len(set(texts)) > len(texts) / 2


@pytest.mark.parametrize(
    "settings",
    [
        {"until": ["e"]},
        {"until": ["the", " t", "!"]},
        {"until": "o"},
        {"until": []},
        {"until": ["a", ""]},
        {"until": ["\u00e9", "\u2014"]},
        {"until": [END]},
        {"until": ["e"], "max_new_tokens": 5},
        {"until": ["e"], "do_sample": False, "temperature": 0.0},
        {"max_gen_toks": 1},
        {"max_gen_toks": CONTEXT_LENGTH - 1, "until": [" "]},
    ],
    ids=str,
)
def test_whatever_ends_a_text_ends_it_there(settings, models, tokenizer, contexts):
    length = {} if {"max_gen_toks", "max_new_tokens"} & settings.keys() else {"max_gen_toks": MOST}

    written(models["gpt_neox"], tokenizer, requests(contexts[::4], **settings, **length))


def test_requests_of_different_settings_are_answered_in_their_order(models, tokenizer, contexts):
    asked = [
        Instance("generate_until", {}, (context, {"until": ["e", "\n"][number % 2 :], "max_gen_toks": 3 + number % 7}), 0)
        for number, context in enumerate(contexts)
    ]

    written(models["llama"], tokenizer, asked, batch_size=3)


@pytest.mark.parametrize("ends", [2, [0, 2], [5, 2], None])
def test_an_end_that_is_a_word_stays_in_the_text(ends, models, tokenizer, contexts):
    """As GPT-NeoX's default configuration has it: a model made from it ends its texts by `!`.

    Where the model's ends lack the tokenizer's, the harness keeps in a batch what stands behind the latter: so batches of one.
    """
    model = copy_of(models["gpt_neox"])
    model.generation_config.eos_token_id = ends

    texts = written(model, tokenizer, requests(contexts[::3], until=["\n\n"], max_gen_toks=MOST))

    assert any(text.endswith("!") for text in texts) == (ends is not None)
