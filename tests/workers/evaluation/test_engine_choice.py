"""Which way a model computes: shared where its attention can be exchanged and answers as before, else each sequence alone."""

import pytest
import torch
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
)

from workers.evaluation.prefixes import attention
from workers.evaluation.prefixes.choice import forward_of
from workers.evaluation.prefixes.forward import PlainForward, SharedForward
from workers.evaluation.prefixes.tokens import TokenSequence

SHAPE = {"vocab_size": 300, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
MIDDLE = {**SHAPE, "intermediate_size": 64, "max_position_embeddings": 128}
MODELS = {
    "gpt-neox": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(**MIDDLE)),
    "llama with shared heads": lambda: LlamaForCausalLM(LlamaConfig(**MIDDLE, num_key_value_heads=2)),
    "gpt-2": lambda: GPT2LMHeadModel(
        GPT2Config(vocab_size=300, n_embd=32, n_layer=2, n_head=4, n_positions=128, bos_token_id=0, eos_token_id=0)
    ),
    "mistral with a window as wide as its context": lambda: MistralForCausalLM(
        MistralConfig(**MIDDLE, num_key_value_heads=2, sliding_window=128)
    ),
}
ALONE = {
    "mistral with a window": lambda: MistralForCausalLM(MistralConfig(**MIDDLE, num_key_value_heads=2, sliding_window=4)),
    "bloom, whose places are in its scores": lambda: BloomForCausalLM(
        BloomConfig(vocab_size=300, hidden_size=32, n_layer=2, n_head=4)
    ),
}
BEGINNING = tuple(range(20, 60))
SEQUENCES = [TokenSequence((*BEGINNING, *tail), (tail[-1], 7)) for tail in ((1, 2, 3), (1, 2, 4, 9), (5, 6), (1, 2, 4, 9, 250))]


def made(build):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(4)
    return model


def answers(model):
    """What the model itself says of each target."""
    found = []
    for sequence in SEQUENCES:
        with torch.inference_mode():
            logits = model(torch.tensor([sequence.tokens])).logits[0].log_softmax(-1)
        places = range(sequence.first_scored, len(sequence.tokens))
        found += [float(logits[place, target]) for place, target in zip(places, sequence.targets, strict=True)]
    return found


def scored(forward):
    return [value for score in forward.score(SEQUENCES, cuts=(8, 40)) for value in score.by_token]


@pytest.mark.parametrize("name", MODELS)
def test_models_whose_attention_can_be_exchanged_share_and_answer_as_before(name):
    model = made(MODELS[name])
    own = answers(model)
    forward = forward_of(model)
    assert isinstance(forward, SharedForward)
    assert scored(forward) == pytest.approx(own, abs=2e-5)
    assert forward.counts.tokens == 40 + sum(len(sequence.tokens) - 40 for sequence in SEQUENCES), "the trunk once"


@pytest.mark.parametrize("name", ALONE)
def test_any_other_model_reads_each_sequence_alone_with_its_own_attention(name):
    model = made(ALONE[name])
    own = answers(model)
    forward = forward_of(model)
    assert isinstance(forward, PlainForward)
    assert scored(forward) == pytest.approx(own, abs=2e-5)
    assert answers(model) == own, "its attention is what it was"


def test_an_exchange_that_answers_otherwise_is_not_trusted(monkeypatch):
    def without_the_trunk(made, sums, where, more, more_sums):
        """Forgets what it should merge."""

    model = made(MODELS["gpt-neox"])
    own = answers(model)
    monkeypatch.setattr(attention, "merge", without_the_trunk)
    forward = forward_of(model)
    assert isinstance(forward, PlainForward)
    assert scored(forward) == pytest.approx(own, abs=2e-5)


def test_the_exchanged_attention_says_what_it_cannot_do():
    model = made(MODELS["gpt-neox"])
    forward_of(model)
    with pytest.raises(RuntimeError, match="only within `attending`"):
        model(torch.tensor([[1, 2, 3]]))
