"""Small random models of several architectures, and GPT-NeoX-20B's own tokenizer, whole or cut to its first words."""

import copy
import json

import torch
from tokenizers import Tokenizer
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

WORDS = 50304
"""As GPT-NeoX's output head has them: more than its tokenizer, up to a round number."""
FEW_WORDS = 4096
"""A head of so many words costs the harness's own model a twelfth, and the tests of every day nothing that they look for."""
END = "<|endoftext|>"
LETTERS = (" A", " B", " C", " D")

# where a model makes queries and keys, some of them with values in one matrix
_LOOKING = {"query_key_value", "c_attn", "q_proj", "k_proj"}

ARCHITECTURES = ("gpt_neox", "llama", "gpt2")
"""Rotary positions in a part of each head; grouped queries; positions that are learned."""


def make_tokenizer(bench, *, words=WORDS):
    """The tokenizer of GPT-NeoX-20B; with fewer words, what its first merges make of a text."""
    definition = json.loads((bench / "gptneox_tokenizer" / "20B_tokenizer.json").read_text())
    if words < WORDS:
        known = {word: number for word, number in definition["model"]["vocab"].items() if number < words}
        definition["model"]["vocab"] = known
        definition["model"]["merges"] = [merge for merge in definition["model"]["merges"] if merge.replace(" ", "") in known]
        definition["added_tokens"] = [word for word in definition["added_tokens"] if word["id"] < words]
    made = Tokenizer.from_str(json.dumps(definition))
    return PreTrainedTokenizerFast(tokenizer_object=made, bos_token=END, eos_token=END, unk_token=END)


def make_model(architecture, *, words, context_length, layers=2, width=64, scale=4.0, seed=0):
    """A model of fixed seed, in evaluation mode, that reads its prompt closely.

    As initialised it barely does: its weights are scaled up, those by which words look for each other twice as much again. What
    a word is stays small beside what it has read, save where the output head is the same matrix.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _MAKERS[architecture](words=words, context_length=context_length, layers=layers, width=width)
    is_tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_embedding = parameter is model.get_input_embeddings().weight and not is_tied
            if parameter.dim() > 1 and not is_embedding:
                parameter.mul_(2 * scale if name.split(".")[-2] in _LOOKING else scale)
    return model.eval()


def copy_of(model):
    """The same weights apart: the engine changes how its model attends."""
    return copy.deepcopy(model)


def prefer(model, tokenizer, texts, *, by=6.0):
    """Makes some words the likeliest or unlikeliest of all in many places: their rows of the output head grow."""
    for text in texts:
        (word,) = tokenizer(text)["input_ids"]
        with torch.no_grad():
            model.get_output_embeddings().weight[word] *= by


def _gpt_neox(*, words, context_length, layers, width):
    return GPTNeoXForCausalLM(
        GPTNeoXConfig(
            vocab_size=words,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=4,
            intermediate_size=4 * width,
            max_position_embeddings=context_length,
            bos_token_id=0,
            eos_token_id=0,
        )
    )


def _llama(*, words, context_length, layers, width):
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=words,
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            intermediate_size=2 * width,
            max_position_embeddings=context_length,
            bos_token_id=0,
            eos_token_id=0,
        )
    )


def _gpt2(*, words, context_length, layers, width):
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=words,
            n_embd=width,
            n_layer=layers,
            n_head=4,
            n_positions=context_length,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=0,
            eos_token_id=0,
        )
    )


_MAKERS = {"gpt_neox": _gpt_neox, "llama": _llama, "gpt2": _gpt2}
