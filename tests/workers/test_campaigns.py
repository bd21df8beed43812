"""Campaigns: what could test a claim, what measuring many costs, and asking for it."""

from datetime import timedelta
from importlib.metadata import version
from uuid import uuid4

import pytest
from django.utils import timezone

from leaderboards.models import Measurement, Score
from tests.factories.catalogue import make_board, make_dataset, make_result, make_task
from tests.factories.runs import GIGABYTE, make_checkpoint, make_mapping, make_protocol
from workers import campaigns
from workers.models import ClaimMapping, Run
from workers.states import RunState

pytestmark = pytest.mark.django_db

HERE = {"lm_eval": version("lm-eval")}


@pytest.mark.parametrize(
    ("name", "shots", "bare"),
    [
        ("GPT-NeoX 20B (5-shot)", 5, "gptneox20b"),
        ("GPT-NeoX-20B (Zero-Shot)", 0, "gptneox20b"),
        ("GPT-NeoX-20B", None, "gptneox20b"),
        ("GPT-3 175B (few-shot, k=32)", None, "gpt3175b"),
        ("LLaMA 65B one-shot", 1, "llama65b"),
        ("PaLM 540B (0-shot)", 0, "palm540b"),
        ("Slingshot 5B", None, "slingshot5b"),
    ],
)
def test_the_name_of_a_claims_model_says_its_shots_beside_the_model(name, shots, bare):
    assert (campaigns.shots_of(name), campaigns.bare_name(name)) == (shots, bare)


def scores():
    return Score.objects.select_related("claim", "metric__leaderboard__task").order_by("pk")


def suggested():
    return {
        scores().get(claim=cell[0], metric=cell[1]).claim.model_name: [
            (item.checkpoint.name, item.protocol.name, item.scale) for item in items
        ]
        for cell, items in campaigns.suggestions(scores()).items()
    }


@pytest.fixture
def board():
    return make_board(task=make_task(name="QA"), dataset=make_dataset(name="PIQA"), slug="qa-on-piqa")


def test_weights_of_the_claims_name_and_protocols_of_its_benchmark_and_shots_are_suggested(board):
    weights = make_checkpoint(name="GPT-NeoX-20B")
    make_checkpoint(name="Another")
    piqa = {"task": "piqa", "dataset_names": ["PIQA"], "versions": HERE}
    make_protocol(name="PIQA 0", num_fewshot=0, **piqa)
    make_protocol(name="PIQA 5", num_fewshot=5, **piqa)
    make_protocol(name="PIQA elsewhere", num_fewshot=0, **{**piqa, "versions": {"lm_eval": "2022"}})
    make_protocol(name="Any board", num_fewshot=0, task="x", versions=HERE)
    make_protocol(name="F1", num_fewshot=0, metric="f1", **piqa)
    for name in ("GPT-NeoX 20B (0-shot)", "GPT-NeoX-20B", "Unknown (0-shot)"):
        make_result(board, model_name=name, scores={"Accuracy": "77.9"})
    assert suggested() == {
        "GPT-NeoX 20B (0-shot)": [(weights.name, "PIQA 0", 100.0)],
        "GPT-NeoX-20B": [(weights.name, "PIQA 0", 100.0), (weights.name, "PIQA 5", 100.0)],
    }


def test_what_is_mapped_is_not_suggested_again(board):
    weights = make_checkpoint(name="M")
    protocol = make_protocol(task="piqa", dataset_names=["PIQA"], versions=HERE)
    claim = make_result(board, model_name="M", scores={"Accuracy": "0.779"})
    assert suggested() == {"M": [("M", protocol.name, 1.0)]}
    make_mapping(claim=claim, checkpoint=weights, protocol=protocol)
    assert suggested() == {"M": []}


def mapped(board, **values):
    return make_mapping(claim=make_result(board, scores={"Accuracy": "50"}), **values)


def measured(mapping, **values):
    return Measurement.objects.create(
        leaderboard=mapping.metric.leaderboard, metric=mapping.metric, claim=mapping.claim, model_name="M", protocol=mapping.protocol,
        checkpoint=mapping.checkpoint.name, value=1.0, items=1, run_id=uuid4(), measured_at=timezone.now(), **values,
    )  # fmt: skip


def test_the_cost_counts_runs_and_not_claims_and_what_earlier_runs_took(board):
    small, large = make_checkpoint(), make_checkpoint(memory_bytes=45 * GIGABYTE)
    protocol = make_protocol()
    mappings = [mapped(board, checkpoint=small, protocol=protocol) for _ in range(3)]
    mappings += [mapped(board, checkpoint=large, protocol=protocol), mapped(board, checkpoint=small)]
    start = timezone.now()
    Run.objects.create(
        checkpoint=small, protocol=protocol, state=RunState.FINISHED, started_at=start, finished_at=start + timedelta(minutes=20)
    )
    found = campaigns.cost(mappings)
    assert (found.claims, found.runs, found.open_runs, found.measured) == (5, 3, 0, 0)
    assert (found.took, found.unknown, found.memory_bytes) == (timedelta(minutes=20), 2, 45 * GIGABYTE)


def test_what_was_measured_costs_nothing_and_what_is_under_way_is_joined(board, admin_user):
    done, again, running = mapped(board), mapped(board), mapped(board)
    measured(done)
    measured(again, retracted_at=timezone.now(), retraction_reason="Wrong weights.")
    run = Run.objects.create(checkpoint=running.checkpoint, protocol=running.protocol)
    mappings = [done, again, running]
    found = campaigns.cost(mappings)
    assert (found.claims, found.runs, found.open_runs, found.measured) == (2, 1, 1, 1)
    asked = campaigns.measure(mappings, by=admin_user)
    assert {(item.checkpoint, item.protocol) for item in asked} == {
        (again.checkpoint, again.protocol), (running.checkpoint, running.protocol),
    }  # fmt: skip
    assert run in asked
    assert Run.objects.count() == 2
    assert campaigns.cost(mappings).runs == 0


def test_nothing_mapped_costs_nothing():
    found = campaigns.cost(list(ClaimMapping.objects.all()))
    assert (found.claims, found.runs, found.memory_bytes, found.took) == (0, 0, 0, timedelta())
