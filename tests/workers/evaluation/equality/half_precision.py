"""How far answers in bfloat16 are from those in float32 with the same weights, by both engines."""

from dataclasses import dataclass

import numpy as np
import torch

from tests.workers.evaluation.equality.models import copy_of
from tests.workers.evaluation.equality.sides import engine_side, harness_side


@dataclass(frozen=True)
class Distance:
    """Of `values` log-likelihoods: the mean and the largest distance, and how many picks of how many items are others."""

    values: int
    mean: float
    largest: float
    picks: int
    items: int


def distances(model, tokenizer, questions):
    """By name: our engine, the `hf` model with its softmax in float32, and with its own default, the softmax in bfloat16.

    `model` is a float32 one; its weights are rounded first, so that the distance is what computing in bfloat16 costs.
    """
    rounded = copy_of(model).to(torch.bfloat16)
    exact = harness_side(copy_of(rounded).float(), tokenizer)
    wanted = [tasks.ask(exact) for tasks in questions]
    sides = {
        "ours": engine_side(rounded, tokenizer),
        "hf": harness_side(rounded, tokenizer),
        "hf by default": harness_side(rounded, tokenizer, softmax_dtype=None),
    }
    return {name: _distance(wanted, [tasks.ask(side) for tasks in questions]) for name, side in sides.items()}


def _distance(wanted, found):
    off = np.concatenate(
        [np.abs(_log_likelihoods(one) - _log_likelihoods(other)) for one, other in zip(wanted, found, strict=True)]
    )
    picks = [(_picks(one), _picks(other)) for one, other in zip(wanted, found, strict=True)]
    return Distance(
        values=len(off),
        mean=float(off.mean()),
        largest=float(off.max()),
        picks=sum(int((one != other).sum()) for one, other in picks),
        items=sum(len(one) for one, _ in picks),
    )


def _log_likelihoods(answers):
    return np.array([log_likelihood for log_likelihood, _ in answers.answers])


def _picks(answers):
    return np.array([int(np.argmax(values)) for values in answers.picks.values()])
