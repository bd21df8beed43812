"""The engine's environment is set here, before any test module imports a package that reads it only once."""

import os
import tempfile
from pathlib import Path

import pytest

from workers.evaluation.benchmark_data import environment

_HOME = tempfile.TemporaryDirectory(prefix="evaluation-tests-")
os.environ.update(environment(Path(_HOME.name), True, has_own_data=True))


def pytest_unconfigure():
    _HOME.cleanup()


@pytest.fixture(scope="session")
def bench(shared_data):
    """The folder that BENCHMARK_DATA names."""
    return shared_data / "bench"


@pytest.fixture(scope="session")
def mmlu(bench):
    """All of MMLU, ready for the stock tasks of this process."""
    from workers.evaluation.benchmark_data import stage

    return stage(bench, Path(_HOME.name))


@pytest.fixture(scope="session")
def neox(bench, tmp_path_factory):
    """A GPT-NeoX of fixed seed with GPT-NeoX-20B's own tokenizer."""
    from tests.workers.evaluation.comparison import make_checkpoint

    tokenizer_file = bench / "gptneox_tokenizer" / "20B_tokenizer.json"
    return make_checkpoint(tmp_path_factory.mktemp("checkpoints") / "neox", tokenizer_file=tokenizer_file)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The self-test's checkpoint, really trained (once a session)."""
    from workers.evaluation.selftest import training

    steps = []
    folder = training.prepare(
        tmp_path_factory.mktemp("selftest") / "checkpoint",
        progress=lambda done, of: steps.append((done, of)),
        should_stop=lambda: False,
    )
    assert steps == [(step, training.RECIPE.steps) for step in range(1, training.RECIPE.steps + 1)]
    return folder
