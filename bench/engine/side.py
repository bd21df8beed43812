"""One engine on one model in a process of its own: reads a job as JSON from its input, writes what it measured.

    {"side": "hf" | "ours", "folder": ..., "dtype": ..., "device": ..., "batch": ..., "rounds": ..., "requests": [[c, t], ...]}

With "kind": "generate_until" a request is a context and the settings by which it is written on. Loading is not timed with
scoring; tokenising is. The answers of the last round are given back.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Do the job on the standard input."""
    job = json.load(sys.stdin)
    from workers.evaluation import open_door

    home = Path(os.environ.get("HF_HOME") or tempfile.mkdtemp(prefix="bench-engine-"))
    open_door(hf_home=home, benchmark_data=None, offline=True, threads=job.get("threads"))
    json.dump(measure(job), sys.stdout)


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Seconds of each round, of loading; tokens that went through the model; answers; peak memory in bytes."""
    import torch
    from lm_eval.api.instance import Instance

    began = time.perf_counter()
    model = _hf(job) if job["side"] == "hf" else _ours(job)
    loaded = time.perf_counter() - began
    kind = job.get("kind", "loglikelihood")
    asked = [Instance(kind, {}, tuple(request), number) for number, request in enumerate(job["requests"])]
    answer = getattr(model, kind)
    tokens = _counting(model)
    rounds, found = [], []
    with torch.inference_mode():
        # the first prompts warm caches and allocators up
        answer(asked[: job.get("warmup", 16)], disable_tqdm=True)
        for _ in range(job["rounds"]):
            gc.collect()
            tokens[0] = 0
            start, used = time.perf_counter(), time.process_time()
            found = answer(asked, disable_tqdm=True)
            rounds.append({"wall": time.perf_counter() - start, "cpu": time.process_time() - used})
    return {
        "rounds": rounds,
        "loaded": loaded,
        "tokens": tokens[0],
        "found": [one if isinstance(one, str) else [float(one[0]), bool(one[1])] for one in found],
        "peak": _peak(job),
    }


def _ours(job: dict[str, Any]) -> Any:
    from workers.evaluation import loading
    from workers.evaluation.checkpoints import CheckpointSource
    from workers.evaluation.prefixes.model import PrefixSharingLM

    source = CheckpointSource(location=job["folder"], is_folder=True, revision=None, dtype=job["dtype"])
    loaded = loading.load(source, device=job["device"])
    return PrefixSharingLM(loaded.model, loaded.tokenizer, token_budget=job["batch"])


def _hf(job: dict[str, Any]) -> Any:
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=job["folder"], dtype=job["dtype"], device=job["device"], batch_size=job["batch"], backend="causal")


def _counting(model: Any) -> list[int]:
    """Counts the tokens that enter the model, padding too."""
    counted = [0]

    def count(module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        ids = named["input_ids"] if "input_ids" in named else given[0]
        counted[0] += ids.numel()

    model.model.register_forward_pre_hook(count, with_kwargs=True)
    return counted


def _peak(job: dict[str, Any]) -> int:
    import torch

    if job["device"].startswith("cuda"):
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
