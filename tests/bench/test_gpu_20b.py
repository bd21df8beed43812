"""The measurement for a GPU, run at its smallest scale on a CPU, so that it is known to work when a GPU is to be had."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
def test_it_runs_at_a_tiny_scale(shared_data, tmp_path):
    out = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench.gpu_20b", "--scale", "tiny", "--data", str(shared_data / "bench")]

    done = subprocess.run(
        [*command, "--folder", str(tmp_path), "--out", str(out)],
        cwd=ROOT, env={**os.environ, "HF_HUB_OFFLINE": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    assert figures["way"] == "shared"
    assert figures["requests scored"] == figures["requests"] == 2 * 57 * 4
    assert figures["unique tokens"] < 0.7 * figures["tokens one by one"]
    assert figures["largest difference of two log-likelihoods"] < 2e-5
    assert figures["picks that differ"].startswith("0 of ")
    assert 0 < figures["share of the matrix product's rate"] < 1
