"""The two that are compared: lm-eval's own `hf` model and our engine, each around its own copy of one model."""

import logging

from lm_eval.models.huggingface import HFLM

from tests.workers.evaluation.equality.models import copy_of
from workers.evaluation.prefixes.model import PrefixSharingLM

# the harness warns about each prompt that it cuts, and that it was handed a model rather than its name
logging.getLogger("lm_eval").setLevel(logging.ERROR)


def harness_side(model, tokenizer, *, batch_size=4, softmax_dtype="float32", max_length=None):
    """lm-eval's `hf` model."""
    return HFLM(
        pretrained=copy_of(model),
        tokenizer=tokenizer,
        backend="causal",
        batch_size=batch_size,
        softmax_dtype=softmax_dtype,
        max_length=max_length,
    )


def engine_side(model, tokenizer, *, token_budget=1024, max_length=None):
    """Our engine; the budget decides what becomes a trunk and what is packed together."""
    return PrefixSharingLM(copy_of(model), tokenizer, token_budget=token_budget, max_length=max_length)


def token_counter(harness):
    """How many tokens of a request the harness scores, for `compare`."""

    def tokens_of(context, continuation):
        if not context:
            return len(harness.tok_encode(continuation, add_special_tokens=False))
        return len(harness._encode_pair(context, continuation)[1])

    return tokens_of
