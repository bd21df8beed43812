"""MMLU as the evaluation harness of 2022 asked it: no topic line, shots that answer in full text, drawn for each item.

Two forms, each a group of 57 tasks, for lm-eval changed in 2022 where it takes the shots from. `mmlu_2022` is that of lm-eval
0.2.0 (March 2022): from the five items of the dev split. `mmlu_2022_validation` is that of 0.3.0 (December 2022): from the
validation split. Both are verified against these versions themselves (`make harness-2022`). This module only names things.
"""

from __future__ import annotations

from pathlib import Path

TASK = "mmlu_2022"
VALIDATION_TASK = "mmlu_2022_validation"
TASK_FOLDER = Path(__file__).parent / "tasks"


def has(task: str) -> bool:
    """Whether this family has the task or group of this name: its definition is then in `TASK_FOLDER`."""
    return task == TASK or task.startswith(f"{TASK}_")
