"""Requests become the very tokens that lm-eval's `hf` model would read, whatever the texts are made of."""

import random

import pytest
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from tokenizers.processors import TemplateProcessing
from transformers import AutoModelForCausalLM, AutoTokenizer

from workers.evaluation import harness
from workers.evaluation.contract import ProtocolSpec
from workers.evaluation.prefixes.texts import Texts
from workers.evaluation.prefixes.tokens import Encoder, TokenSequence, Unreadable

PIECES = [
    "\n", "\n\n", " \n", "\n ", "\r\n", "\t", " ", "  ", "     ", "A", "Answer:", " answer", "é", "e\u0301", "\u0301", "日本語", "🙂",
    "<|endoftext|>", "'s", "don't", "1234567", "3.14", "?!", "...", "\u00a0", "\u2028", "x\n\n\ny", "$x_i$", "ﬁ", "\x00", "#",
]  # fmt: skip


class Asked(HFLM):
    """The harness's own model up to the tokens: it keeps what it would compute."""

    def _loglikelihood_tokens(self, requests, **options):
        self.asked = [(context, continuation) for _, context, continuation in requests]
        return [(0.0, False)] * len(requests)


@pytest.fixture(scope="module")
def model(neox):
    return AutoModelForCausalLM.from_pretrained(neox).eval()


def plain(neox):
    return AutoTokenizer.from_pretrained(neox)


def with_a_beginning(neox):
    """As Llama's: a token of its own before each text."""
    tokenizer = AutoTokenizer.from_pretrained(neox)
    end = tokenizer.eos_token_id
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|endoftext|> $A", pair="<|endoftext|> $A $B", special_tokens=[("<|endoftext|>", end)]
    )
    return tokenizer


def harness_sequences(model, tokenizer, pairs, *, max_length=2048):
    """What the harness would read and score, by its own tokens and its own way to cut them."""
    asked = Asked(pretrained=model, tokenizer=tokenizer, batch_size=1, max_length=max_length)
    asked.loglikelihood([Instance("loglikelihood", {}, pair, 0) for pair in pairs], disable_tqdm=True)
    return [
        TokenSequence(tuple((context + continuation)[-(max_length + 1) :][:-1]), tuple(continuation))
        for context, continuation in asked.asked
    ]


def by_chance(number, *, seed):
    chance = random.Random(seed)

    def text(most):
        return "".join(chance.choices(PIECES, k=chance.randint(1, most)))

    shots = text(30)
    pairs = [(shots + text(8), text(4)) for _ in range(number)] + [("", text(4)) for _ in range(number // 4)]
    return [(context, continuation) for context, continuation in pairs if not context or context.rstrip()]


@pytest.mark.parametrize("make", [plain, with_a_beginning])
@pytest.mark.parametrize("seed", range(4))
def test_texts_by_chance_become_the_harness_s_tokens(neox, model, make, seed):
    tokenizer = make(neox)
    wanted, pairs = [], []
    for pair in by_chance(150, seed=seed):
        (sequence,) = harness_sequences(model, tokenizer, [pair])
        if sequence.targets and sequence.tokens and len(sequence.targets) <= len(sequence.tokens):
            wanted.append(sequence)
            pairs.append(pair)
    assert len(pairs) > 100
    assert Encoder.of(tokenizer, model.config).pairs(pairs) == wanted


@pytest.mark.parametrize("max_length", [2048, 400])
def test_all_prompts_of_some_subjects_become_the_harness_s_tokens_and_too_long_ones_are_cut_alike(mmlu, neox, model, max_length):
    tokenizer = plain(neox)
    pairs = []
    for subject in ("abstract_algebra", "high_school_european_history", "formal_logic", "professional_law"):
        plan = harness.build_plan(ProtocolSpec(f"mmlu_{subject}", 5, limit=12))
        pairs += [(request.context, request.continuation) for request in plan.requests]
    encoder = Encoder.of(tokenizer, model.config, max_length=max_length)

    found = encoder.pairs(pairs)

    assert found == harness_sequences(model, tokenizer, pairs, max_length=max_length)
    assert {len(sequence.tokens) for sequence in found} & {max_length}
    assert found[0].tokens is found[3].tokens, "a question's letters share what is read"


@pytest.mark.parametrize("make", [plain, with_a_beginning])
@pytest.mark.parametrize("text", ["", "word", "<|endoftext|>word", "one two three four five\n" * 90])
def test_windows_of_a_text_are_the_harness_s(neox, model, make, text):
    tokenizer = make(neox)
    asked = Asked(pretrained=model, tokenizer=tokenizer, batch_size=64, max_length=50)
    asked.asked = []
    asked.loglikelihood_rolling([Instance("loglikelihood_rolling", {}, (text,), 0)], disable_tqdm=True)

    windows = Encoder.of(tokenizer, model.config, max_length=50).rolling(text)

    assert windows == [TokenSequence(tuple((context + more)[:-1]), tuple(more)) for context, more in asked.asked]


def test_lines_are_encoded_once_where_the_tokenizer_allows_it(neox):
    texts = Texts(plain(neox))
    assert texts.pieces("one\ntwo\n\nthree\n four\nfive") == ["one\n", "two\n\nthree\n four\n", "five"]


@pytest.mark.parametrize("change", ["a blank in front", "another expression", "a token over lines", "a normalizer"])
def test_where_it_may_not_a_text_is_one_piece(neox, change):
    from tokenizers import AddedToken, normalizers, pre_tokenizers

    tokenizer = plain(neox)
    backend = tokenizer.backend_tokenizer
    if change == "a blank in front":
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    elif change == "another expression":
        backend.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(".+", "isolated"), pre_tokenizers.ByteLevel(False)])
    elif change == "a token over lines":
        tokenizer.add_tokens([AddedToken("\n\n#", normalized=False)])
    else:
        backend.normalizer = normalizers.Replace("\n", " ")
    assert Texts(tokenizer).pieces("one\ntwo") == ["one\ntwo"]


def test_a_request_without_a_token_to_score_is_named(neox, model):
    with pytest.raises(Unreadable, match="no token of its own") as refused:
        Encoder.of(plain(neox), model.config).pairs([("a", " b"), ("a", "")])
    assert refused.value.place == 1
