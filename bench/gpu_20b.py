"""GPT-NeoX-20B's shape on one GPU: loading, all of MMLU by our engine, lm-eval's `hf` model on a slice. `python -m bench.gpu_20b`

Random weights of the real shape are written as fp16 safetensors shards to a local folder (42 GB), loaded by the product's own
loader and scored in the batches of a plan of all 56,168 requests. It needs this tree, a folder with mmlu/ and
gptneox_tokenizer/, and torch, transformers, lm-eval and what they need; no network. `--scale tiny` is the same on any CPU in a
minute, to know that it works.

Each figure is printed as soon as it is there, and `--out` has all as JSON; what is not done after `--seconds` is left out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

ASKED = {"share of the matrix product's rate": "0.5", "scoring all requests": "270 s", "hf / ours": "4.2"}
SLICE_STEP = 100
"""Each so many-th item is scored by `hf` too."""


@dataclass(frozen=True)
class Scale:
    """A shape with what it is computed in; `limit` items a subject, `step` of the slice, batch sizes that `hf` is tried with."""

    shape: str
    dtype: str
    limit: int | None
    step: int
    batch_sizes: tuple[int, ...]
    budget: int


SCALES = {
    "20B": Scale("20B", "float16", None, SLICE_STEP, (8, 16, 32), 8192),
    "tiny": Scale("tiny", "float32", 2, 5, (1, 2), 2048),
}


@dataclass
class Report:
    """Figures as they come; seconds since the beginning."""

    out: Path | None
    limit: float
    asked: Mapping[str, str]
    began: float = field(default_factory=time.monotonic)
    figures: dict[str, Any] = field(default_factory=dict)

    def tell(self, what: str, value: Any, unit: str = "") -> None:
        """Print a figure and put it into the file."""
        self.figures[what] = value
        shown = f"{value:,.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
        asked = f"   (asked: {self.asked[what]})" if what in self.asked else ""
        print(f"[{time.monotonic() - self.began:5.0f} s] {what:<44} {shown}{unit}{asked}", flush=True)
        if self.out is not None:
            self.out.write_text(json.dumps(self.figures, indent=1))

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() - self.began > self.limit


def main(words: Sequence[str] | None = None) -> dict[str, Any]:
    """Run all of it; gives the figures too."""
    options = _options(words)
    report = Report(options.out, options.seconds, ASKED if options.scale == "20B" else {})
    folder = options.folder or Path(tempfile.mkdtemp(prefix="gpu-20b-"))
    try:
        _measure(options, report, folder)
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    return report.figures


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder with mmlu/ and gptneox_tokenizer/")
    parser.add_argument("--scale", choices=SCALES, default="20B")
    parser.add_argument("--device", help="default: cuda for 20B, cpu for tiny")
    parser.add_argument("--budget", type=int, help="tokens a batch (default: 8192 for 20B, 2048 for tiny)")
    parser.add_argument("--folder", type=Path, help="on a local disk, for the checkpoint, which is left there")
    parser.add_argument("--out", type=Path, help="a file for the figures as JSON")
    parser.add_argument("--seconds", type=float, default=570.0)
    return parser.parse_args(words)


def _measure(options: argparse.Namespace, report: Report, folder: Path) -> None:
    from workers.evaluation import open_door

    open_door(hf_home=folder / "huggingface", benchmark_data=options.data, offline=True)
    import lm_eval
    import torch
    import transformers

    from bench.engine import floor, shapes
    from workers.evaluation import batching, devices, harness, loading, scoring
    from workers.evaluation.checkpoints import CheckpointSource
    from workers.evaluation.contract import ProtocolSpec

    scale = SCALES[options.scale]
    device = options.device or ("cuda" if options.scale == "20B" else "cpu")
    shape, dtype = shapes.SHAPES[scale.shape], getattr(torch, scale.dtype)
    report.tell("versions", f"torch {torch.__version__}, transformers {transformers.__version__}, lm-eval {lm_eval.__version__}")
    report.tell("device", devices.describe(device).name)
    rate = floor.matmul_rate(dtype, device=device)
    report.tell("matrix product", rate / 1e12, " TFLOP/s")

    start = time.perf_counter()
    checkpoint = shapes.checkpoint(scale.shape, folder, options.data, dtype=scale.dtype, device=device)
    report.tell("writing the checkpoint", time.perf_counter() - start, " s")
    source = CheckpointSource(str(checkpoint), is_folder=True, revision=None, dtype=scale.dtype)

    start = time.perf_counter()
    plan = harness.build_plan(ProtocolSpec("mmlu", 5, limit=scale.limit))
    report.tell("building the requests", time.perf_counter() - start, " s")
    start = time.perf_counter()
    encoder = loading.load_encoder(source)
    sequences = [sequence for (sequence,) in batching.sequences_of(plan.requests, encoder)]
    batches = batching.plan_batches(plan, encoder, token_budget=options.budget or scale.budget)
    report.tell("tokenising twice and cutting into batches", time.perf_counter() - start, " s")
    report.tell("requests", len(plan.requests))
    report.tell("batches", len(batches))
    least, whole = floor.unique(sequences), floor.one_by_one(sequences)
    report.tell("tokens one by one", whole.tokens)
    report.tell("unique tokens", least.tokens)

    start = time.perf_counter()
    loaded = loading.load(source, device=device)
    _wait_for(device)
    report.tell("loading", time.perf_counter() - start, " s")
    _forget_peak(device)
    scorer = scoring.PrefixScorer(loaded)
    report.tell("way", scorer.way)

    answers, took, done = _score(plan, batches, scorer, report, device=device)
    scored = [sequences[ordinal] for ordinal in answers]
    share = floor.unique(scored).flops(shape) / took / rate
    report.tell("requests scored", len(answers))
    report.tell("scoring" if done < len(batches) else "scoring all requests", took, " s")
    report.tell("share of the matrix product's rate", share)
    report.tell("peak memory", _peak(device) / 1e9, " GB")
    scorer.forget()
    _compare(plan, sequences, answers, took, loaded, scale, report, device=device)


def _score(plan: Any, batches: Sequence[Any], scorer: Any, report: Report, *, device: str) -> tuple[dict[int, float], float, int]:
    """Log-likelihoods by ordinal, seconds, and how many batches were done before the time was up; texts are made tokens ahead."""
    requests: dict[int, list[Any]] = {}
    for request in plan.requests:
        requests.setdefault(request.sample, []).append(request)
    asked = [[request for sample in batch.samples for request in requests[sample]] for batch in batches]
    answers: dict[int, float] = {}
    done = 0
    with ThreadPoolExecutor(max_workers=1) as beside:
        ahead = beside.submit(scorer.prepare, asked[0], batches[0].cuts)
        start = time.perf_counter()
        for number, batch in enumerate(asked):
            score, following = ahead.result(), number + 1
            if following < len(asked):
                ahead = beside.submit(scorer.prepare, asked[following], batches[following].cuts)
            for request, response in zip(batch, score(), strict=True):
                answers[request.ordinal] = response.log_likelihood
            done += 1
            if report.is_over:
                break
        _wait_for(device)
        return answers, time.perf_counter() - start, done


def _compare(
    plan: Any,
    sequences: Sequence[Any],
    answers: dict[int, float],
    took: float,
    loaded: Any,
    scale: Scale,
    report: Report,
    *,
    device: str,
) -> None:
    """lm-eval's `hf` model around the same weights: its best batch size, its time scaled by tokens, and its answers."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    from bench.engine import floor

    loaded.model.set_attn_implementation("sdpa")  # as it came; the engine had exchanged it
    chosen = [r for r in plan.requests if r.sample % scale.step == 0 and r.ordinal in answers]
    asked = [Instance("loglikelihood", {}, (r.context, r.continuation), number) for number, r in enumerate(chosen)]
    if not asked:
        report.tell("hf", "not run: no item of the slice was scored in time")
        return
    best: tuple[float, int] | None = None
    found: list[tuple[float, bool]] = []
    for size in scale.batch_sizes:
        if report.is_over and best is not None:
            break
        side = HFLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, backend="causal", batch_size=size)
        side.loglikelihood(asked[:4], disable_tqdm=True)
        start = time.perf_counter()
        answered = side.loglikelihood(asked, disable_tqdm=True)
        _wait_for(device)
        seconds = time.perf_counter() - start
        report.tell(f"hf on the slice, batch size {size}", seconds, " s")
        if best is None or seconds < best[0]:
            best, found = (seconds, size), answered
    assert best is not None
    part = floor.one_by_one([sequences[r.ordinal] for r in chosen]).tokens
    of_scored = floor.one_by_one([sequences[ordinal] for ordinal in answers]).tokens
    scaled = best[0] * of_scored / part
    report.tell("tokens of the slice", part)
    report.tell("hf, its best scaled by tokens", scaled, " s")
    report.tell("hf / ours", scaled / took)
    differences = [abs(answers[r.ordinal] - value) for r, (value, _) in zip(chosen, found, strict=True)]
    report.tell("largest difference of two log-likelihoods", max(differences))
    report.tell("mean difference", sum(differences) / len(differences))
    picks: dict[int, list[tuple[float, float]]] = {}
    for r, (value, _) in zip(chosen, found, strict=True):
        picks.setdefault(r.sample, []).append((answers[r.ordinal], value))
    other = sum(_best([one for one, _ in pairs]) != _best([two for _, two in pairs]) for pairs in picks.values())
    report.tell("picks that differ", f"{other} of {len(picks)}")


def _best(values: Sequence[float]) -> int:
    return list(values).index(max(values))


def _wait_for(device: str) -> None:
    import torch

    if device.startswith("cuda"):
        torch.cuda.synchronize()


def _forget_peak(device: str) -> None:
    import torch

    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()


def _peak(device: str) -> int:
    import resource

    import torch

    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
