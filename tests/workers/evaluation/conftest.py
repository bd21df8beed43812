"""The engine's environment is set here, in the folder that the tests' first lines made: packages read it only once."""

import os
import shutil
from pathlib import Path

import pytest

from workers.evaluation.benchmark_data import environment

_HOME = Path(os.environ["HF_HOME"])
os.environ.update(environment(_HOME, True, has_own_data=True))
os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(_HOME / "hypothesis")


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """As behind the door: other tests' modules may have imported the hub's package before this file could say so."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture(scope="session")
def bench(shared_data):
    """The folder that BENCHMARK_DATA names."""
    return shared_data / "bench"


@pytest.fixture(scope="session")
def mmlu(bench):
    """All of MMLU, ready for the stock tasks of this process."""
    from workers.evaluation.benchmark_data import stage

    return stage(bench, _HOME)


@pytest.fixture(scope="session")
def neox(bench, tmp_path_factory):
    """A GPT-NeoX of fixed seed with GPT-NeoX-20B's own tokenizer."""
    from tests.workers.evaluation.comparison import make_checkpoint

    tokenizer_file = bench / "gptneox_tokenizer" / "20B_tokenizer.json"
    return make_checkpoint(tmp_path_factory.mktemp("checkpoints") / "neox", tokenizer_file=tokenizer_file)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The self-test's checkpoint, really trained once, by whichever of the processes that run tests comes first."""
    from workers.evaluation.selftest import training

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    steps = []
    folder = training.prepare(
        shared / "selftest" / "checkpoint", progress=lambda done, of: steps.append((done, of)), should_stop=lambda: False
    )
    every_step = [(step, training.RECIPE.steps) for step in range(1, training.RECIPE.steps + 1)]
    assert steps in ([], every_step)
    return folder


@pytest.fixture(scope="module")
def one_thread():
    """For models so small that threads wait longer for each other than they compute."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def log(tmp_path):
    """Where the worker writes."""
    return tmp_path / "worker.log"


@pytest.fixture(scope="module")
def worker_environment(bench, neox):
    """What a worker is told that scores the checkpoint `neox` and those that lie beside it."""
    return {
        "BENCHMARK_DATA": str(bench), "CHECKPOINT_ROOTS": str(neox.parent), "HF_HUB_OFFLINE": "1", "WORKER_DEVICE": "cpu",
    }  # fmt: skip


@pytest.fixture(scope="module")
def worker_log(tmp_path_factory):
    """Where the module's worker writes."""
    return tmp_path_factory.mktemp("logs") / "worker.log"


@pytest.fixture(scope="module")
def worker(committed_db_of_module, worker_environment, worker_log):
    """One worker process for all tests of a module: a start costs ten seconds of processor time."""
    from tests.factories.celery_worker import celery_worker  # needs the site's settings, which come after this file

    with celery_worker(worker_log, **worker_environment) as process:
        yield process


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A tiny GPT-NeoX with a word-level tokenizer, saved by transformers."""
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    from workers.evaluation.selftest.training import _tokenizer

    folder = tmp_path_factory.mktemp("whole") / "checkpoint"
    tokenizer = _tokenizer()
    config = GPTNeoXConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=128,
    )
    GPTNeoXForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def checkpoint(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "checkpoint")
