"""The self-test: a small benchmark and a small model of our own, so that a machine without hub and GPU shows a real measurement.

This module only names things and imports nothing heavy; `training.prepare` makes the checkpoint.
"""

from __future__ import annotations

from pathlib import Path

TASK = "portal_selftest"
NUM_FEWSHOT = 0
DTYPE = "float32"
DATASET = "workers.evaluation.selftest.dataset.load"
"""What its task definitions name as their dataset."""
TASK_FOLDER = Path(__file__).parent / "tasks"
