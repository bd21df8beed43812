"""The evaluation engine: paths and values in, values out. It knows no Django and runs on a bare GPU machine.

`open_door` comes first: it sets what torch, transformers, datasets and lm_eval read once, when they are imported. After it,
import `harness`, `loading`, `scoring`, `devices`, `batching`, `selftest` inside the function that needs them. `contract`,
`errors` and `checkpoints` import none of those packages and may be imported at any time.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workers.evaluation.benchmark_data import StagedData


def open_door(hf_home: Path, benchmark_data: Path | None, offline: bool, *, threads: int | None = None) -> StagedData | None:
    """Makes this process ready to evaluate, and gives what benchmark data of ours lie ready (None without `benchmark_data`).

    `threads` limits torch's CPU threads (default: the CPUs this process may use). Call it once, early: it takes
    some seconds of imports, and refuses if one of the packages was imported before under another HF_HOME.
    """
    # imported here so that importing workers.evaluation stays free of every package that reads the environment
    from workers.evaluation.benchmark_data import environment, stage

    hf_home = hf_home.resolve()
    _check_not_too_late(hf_home)
    os.environ.update(environment(hf_home, offline, has_own_data=benchmark_data is not None))
    # OpenMP's threads spin while they wait for each other: on a machine with other work that made small models 8 times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    staged = stage(benchmark_data, hf_home, require_all=False) if benchmark_data else None
    # torch is heavy: only a process that evaluates may pay for it
    import torch

    torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
    return staged


def _check_not_too_late(hf_home: Path) -> None:
    loaded = [name for name in ("datasets", "transformers", "lm_eval", "huggingface_hub") if name in sys.modules]
    if loaded and os.environ.get("HF_HOME") != str(hf_home):
        raise RuntimeError(f"open_door must come before {loaded[0]} is imported: it reads HF_HOME only then")
