"""Jobs for `bench.engine.side`, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def measured(job: dict[str, Any], **environment: str) -> dict[str, Any]:
    """What the job measured; ends the program with the job's last words where it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.engine.side"], cwd=ROOT, env={**os.environ, **environment}, input=json.dumps(job),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{job['side']} on {job['folder']} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
