"""A model is found by its folded name."""

import pytest
from django.db import connection

from leaderboards import model_names
from leaderboards.models import Claim
from tests.factories.catalogue import make_board, make_result

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("GPT-NeoX-20B", "gpt-neox-20b"),
        ("GPT-3 (175B)", "gpt-3-175b"),
        ("  GPT\u20113\u00a0175B ", "gpt-3-175b"),
        ("ResNet-50+", "resnet-50-plus"),
        ("PPO++", "ppo-plus-plus"),
        ("Dauphiné & Co.", "dauphine-co"),
        ("β-VAE", "β-vae"),
        ("模型 2", "模型-2"),
        ("../../etc/passwd", "etc-passwd"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("--", ""),
        ("", ""),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_name_becomes_an_address(name, slug):
    assert model_names.fold(name) == slug


@pytest.mark.parametrize(
    "name", ["GPT-3 (175B)", "PPO++", "β-VAE", "模型 2", "İstanbul-Net", "ŁódźNet ² ½", "a\tb\u3000c", "x" * 300]
)
def test_the_address_of_an_address_is_itself(name):
    assert model_names.fold(model_names.fold(name)) == model_names.fold(name)


def test_variants_go_on_behind_a_name_and_are_whole_words():
    board = make_board()
    for name in ("BERT", "BERT (large)", "BERT-base", "BERT large", "BERTha", "RoBERTa", "BERT+"):
        make_result(board, model_name=name)
    named = model_names.named(Claim.objects.all(), "bert")
    variants = model_names.variants(Claim.objects.all(), "bert")
    assert [claim.model_name for claim in named] == ["BERT"]
    assert sorted(claim.model_name for claim in variants) == ["BERT (large)", "BERT large", "BERT+", "BERT-base"]


@pytest.mark.parametrize("find", [model_names.named, model_names.variants])
def test_indexes_answer_by_name(find):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        query, values = find(Claim.objects.all(), "bert").query.sql_with_params()
        cursor.execute(f"EXPLAIN {query}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "leaderboards_claim_model_slug" in plan
