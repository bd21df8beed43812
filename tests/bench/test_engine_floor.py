"""What the engine's speed is held against: tokens, pairs and scored places of a tree, counted."""

import torch

from bench.engine import floor
from bench.engine.shapes import SHAPES
from workers.evaluation.prefixes.tokens import TokenSequence


def test_shared_tokens_count_once_and_every_token_sees_those_before_it():
    sequences = [TokenSequence((1, 2, 3), (9,)), TokenSequence((1, 2, 3), (8,)), TokenSequence((1, 2, 4, 5), (9, 9))]

    unique, whole = floor.unique(sequences), floor.one_by_one(sequences)

    # 1 2 3 and 4 5 behind 1 2: places 1, 2, 3 and 3, 4; the words behind 3, 4 and 5 are scored
    assert unique == floor.Work(tokens=5, pairs=1 + 2 + 3 + 3 + 4, places=3)
    assert whole == floor.Work(tokens=7, pairs=6 + 10, places=7)


def test_operations_of_a_known_model():
    # GPT-NeoX-20B: 39.9 GFLOP a token, 0.62 more where its head is used, 1.08 MFLOP a pair
    shape = SHAPES["20B"]

    assert round(floor.Work(1, 0, 0).flops(shape) / 1e9, 1) == 39.9
    assert round(floor.Work(0, 0, 1).flops(shape) / 1e9, 2) == 0.62
    assert round(floor.Work(0, 1, 0).flops(shape) / 1e6, 2) == 1.08


def test_the_rate_is_that_of_a_product():
    assert floor.matmul_rate(torch.float32, size=64, seconds=0.01) > 1e6
