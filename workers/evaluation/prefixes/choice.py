"""Which way a model computes: with shared beginnings where its attention can be exchanged and answers as before, else without."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedModel

from workers.evaluation.prefixes.attention import Unsupported
from workers.evaluation.prefixes.forward import Counts, PlainForward, Score, SharedForward
from workers.evaluation.prefixes.tokens import TokenSequence


def forward_of(model: PreTrainedModel) -> SharedForward | PlainForward:
    """The model with shared beginnings; where that cannot be done, or does not come out as the model itself, without.

    Tried on a few short sequences: each layer's attention has to accept what it is given, and every answer to be the model's own.
    """
    plain = PlainForward(model)
    tried = _trial(model)
    own = plain.score(tried)
    attention = model.config._attn_implementation
    try:
        shared = SharedForward(model)
        found = shared.score(tried, cuts=(2, 5))
    except (Unsupported, TypeError, ValueError, NotImplementedError):
        found = []
    plain.counts = Counts()
    if _is_close(own, found):
        shared.forget()
        shared.counts = Counts()
        return shared
    model.set_attn_implementation(attention)
    return plain


def _trial(model: PreTrainedModel) -> list[TokenSequence]:
    """Sequences of three depths with a shared beginning of five tokens."""
    words = int(model.config.get_text_config().vocab_size)
    tails = ((7,), (7, 3, 1), (7, 3, 1, 4), (7, 3, 2, 4, 9, 2), (8, 1, 1, 1, 3, 5, 8, 2))
    beginning = (11, 5, 13, 4, 6)
    return [
        TokenSequence(tuple(token % words for token in (*beginning, *tail)), tuple(token % words for token in (tail[-1], 2)))
        for tail in tails
        if len(tail) > 1
    ]


def _is_close(own: Sequence[Score], found: Sequence[Score]) -> bool:
    """Within what half precision leaves open: a wrong mask or position is off by far more."""
    if len(own) != len(found):
        return False
    pairs = [pair for one, other in zip(own, found, strict=True) for pair in zip(one.by_token, other.by_token, strict=True)]
    return all(abs(one - other) <= 0.05 + 0.02 * abs(one) for one, other in pairs)
