"""The self-test's model really learns: it is judged on options that its questions never had in training."""

import json
import math
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from tests.workers.evaluation.comparison import measure
from workers.evaluation import harness, selftest
from workers.evaluation.contract import ProtocolSpec
from workers.evaluation.errors import TrainingStopped
from workers.evaluation.selftest import training
from workers.evaluation.selftest.items import LETTERS, prompt, subjects, training_items

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[3]
SPEC = ProtocolSpec(selftest.TASK, selftest.NUM_FEWSHOT, include_path=str(selftest.TASK_FOLDER))


def never(*_):
    return False


def test_there_are_three_subjects_of_80_test_items_and_5_examples():
    assert [(subject.name, len(subject.test), len(subject.dev)) for subject in subjects()] == [
        ("minerals", 80, 5),
        ("birds", 80, 5),
        ("crafts", 80, 5),
    ]


def test_no_training_item_has_the_options_of_a_held_out_one():
    held_out = {item.options for subject in subjects() for item in (*subject.test, *subject.dev)}
    steps = training.RECIPE.steps * training.RECIPE.batch

    seen = {item.options for _, item in islice(training_items(training.RECIPE.seed), steps)}

    assert len(held_out) == 3 * 85
    assert not held_out & seen
    assert {question for question, _ in held_out} == {question for question, _ in seen}


def test_right_answers_stand_in_every_place_and_are_facts():
    for subject in subjects():
        facts = dict(subject.facts)
        assert all(item.choices[item.answer] == facts[item.question] for item in subject.test)
        assert all(len(set(item.choices)) == 4 for item in subject.test)
        places = [item.answer for item in subject.test]
        assert all(8 <= places.count(place) <= 32 for place in range(4))


def test_the_stock_template_asks_what_the_training_text_asks():
    plan = harness.build_plan(SPEC)

    assert [request.context for request in plan.requests[::4]] == [
        prompt(subject, item) for subject in subjects() for item in subject.test
    ]
    assert [sample.target for sample in plan.samples] == [LETTERS[item.answer] for subject in subjects() for item in subject.test]
    assert [request.continuation for request in plan.requests[:4]] == [" A", " B", " C", " D"]
    assert [(fact.items, fact.num_fewshot, fact.dataset) for fact in plan.tasks] == [
        (80, selftest.NUM_FEWSHOT, "workers.evaluation.selftest.dataset.load")
    ] * 3


def test_the_trained_model_is_well_above_chance_on_held_out_items(trained):
    _, _, reduction = measure(trained, SPEC, token_budget=4096)

    (group,) = [metric for metric in reduction.metrics if metric.task == selftest.TASK]
    assert (group.items, group.chance) == (240, 0.25)
    assert group.value >= 0.8
    assert group.value - 1.96 * max(group.stderr, math.sqrt(0.25 / 240)) > 0.25
    assert group.value == sum(outcome.is_correct for outcome in reduction.outcomes) / 240
    assert "workers/evaluation" not in json.dumps(reduction.harness)


def test_an_untrained_model_of_the_same_shape_is_at_chance(trained, tmp_path):
    """The score comes from training: fresh weights in the same folder know nothing."""
    import shutil

    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    folder = shutil.copytree(trained, tmp_path / "untrained")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(folder)

    _, _, reduction = measure(folder, SPEC, token_budget=4096)

    (group,) = [metric for metric in reduction.metrics if metric.task == selftest.TASK]
    assert group.value - 1.96 * group.stderr < 0.35


def test_a_checkpoint_that_is_there_is_not_trained_again(trained):
    before = (trained / "model.safetensors").stat().st_mtime_ns

    assert training.prepare(trained, progress=never, should_stop=lambda: True) == trained
    assert (trained / "model.safetensors").stat().st_mtime_ns == before


def test_provenance_says_how_the_checkpoint_was_made(trained):
    provenance = json.loads((trained / "provenance.json").read_text())

    assert provenance["recipe_digest"] == training.RECIPE.digest
    assert provenance["recipe"]["seed"] == training.RECIPE.seed
    assert provenance["last_loss"] < 0.2 < 3 < provenance["first_loss"]
    assert sorted(provenance["trained_with"]) == ["tokenizers", "torch", "transformers"]


def test_a_checkpoint_of_another_recipe_is_not_ready(trained, tmp_path):
    (tmp_path / "provenance.json").write_text(json.dumps({"recipe_digest": "another"}))

    assert training.is_ready(trained)
    assert not training.is_ready(tmp_path)
    assert not training.is_ready(tmp_path / "nowhere")


def test_training_stops_when_told_and_leaves_nothing(tmp_path):
    folder = tmp_path / "checkpoint"
    steps = []

    with pytest.raises(TrainingStopped) as stopped:
        training.train(folder, progress=lambda done, of: steps.append(done), should_stop=lambda: len(steps) == 2)

    assert str(stopped.value) == "The self-test's training was stopped at step 2 of 300: start it again."
    assert steps == [1, 2]
    assert list(tmp_path.iterdir()) == []


def test_the_same_recipe_gives_the_same_weights(tmp_path):
    short = training.Recipe(steps=3)

    first, second = (
        training.train(tmp_path / name, progress=never, should_stop=never, recipe=short) for name in ("first", "second")
    )

    assert (first / "model.safetensors").read_bytes() == (second / "model.safetensors").read_bytes()
    assert not training.is_ready(first)


KILLED_WHILE_TRAINING = """
import os, pathlib, signal, sys
from workers.evaluation.selftest import training
def die(done, of):
    os.kill(os.getpid(), signal.SIGKILL)
training.prepare(pathlib.Path(sys.argv[1]), progress=die, should_stop=lambda: False)
"""


def test_the_next_training_sweeps_away_what_a_killed_one_left(tmp_path):
    folder = tmp_path / "selftest"
    others = [".selftest-big-abcd1234", ".selftestabcd1234", "selftest-abcd1234"]
    for name in others:
        (tmp_path / name).mkdir()
    died = subprocess.run([sys.executable, "-c", KILLED_WHILE_TRAINING, str(folder)], cwd=ROOT, timeout=120)
    assert died.returncode == -signal.SIGKILL
    (left,) = [path for path in tmp_path.glob(".selftest-*") if path.name not in others]
    (tmp_path / f"{left.name}-old").mkdir()

    with pytest.raises(TrainingStopped):
        training.prepare(folder, progress=never, should_stop=lambda: True)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, ".selftest.lock"])
