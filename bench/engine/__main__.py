"""`python -m bench.engine` (make bench-engine): the engine beside lm-eval's `hf` model and beside the floor, in one run.

Both score the same requests of the same random weights, each in a process of its own and at its own best batch size (one
prompt at a time is `hf`'s best on a CPU), in turns. The floor is what the tree's tokens need at the rate of a matrix
product that is measured between the turns. `hf` gets each fifth item, since it takes minutes; its time is scaled by tokens
(`--whole`: all).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


@dataclass(frozen=True)
class Case:
    """A model in a dtype on some requests, with how many times as fast as `hf`, and how near the floor, it should be."""

    requests: str
    shape: str
    dtype: str
    faster: float
    of_floor: float | None = None
    budget: int = 2048

    @property
    def name(self) -> str:
        """As it is printed and chosen by."""
        return f"{self.requests}, {self.shape}, {self.dtype}"


CASES = (
    Case("MMLU slice", "70M", "float32", 9.0, 1.5),
    Case("MMLU slice", "70M", "bfloat16", 8.0, 2.5),
    Case("MMLU slice", "160M", "float32", 5.0, 1.5),
    Case("MMLU slice", "160M", "bfloat16", 4.5, 2.2),
    Case("four long endings", "70M", "float32", 2.2),
    Case("four long endings", "70M", "bfloat16", 1.6),
)

KEEPS_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "16000000000"}
"""Settings of glibc with which freed memory is used again: fetching logits' memory anew is half of what `hf` costs on a CPU.
Nobody runs it so, and the ratio that is asked for is without; the other stands beside it."""


def main() -> None:
    """Run what is asked for and print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        _open(options.data, folder)
        from bench.engine import planning, whole_run, writing

        for line in _cases(options, folder):
            print(line, flush=True)
        if options.only in "writing":
            for line in writing.report(options.data, folder, rounds=options.rounds):
                print(line, flush=True)
        if options.only in "tokens forwarded":
            planning.tokens_forwarded(options.data, folder)
        if options.only in "whole run":
            whole_run.report(options.data, folder, limit=options.items)
        if options.only in "planning":
            whole_run.report_planning(options.data, folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=_default_data(), help="with mmlu/, gptneox_tokenizer/, lambada_openai.jsonl")
    parser.add_argument("--only", default="", help="what has this in its name: a case, tokens forwarded, writing, ...")
    parser.add_argument("--rounds", type=int, default=3, help="of our engine; the median counts")
    parser.add_argument("--limit", type=int, default=50, help="items a subject")
    parser.add_argument("--items", type=int, default=20, help="items a subject of the whole run")
    parser.add_argument("--whole", action="store_true", help="give lm-eval's hf model every item, not each fifth")
    parser.add_argument("--keep", type=Path, help="make the checkpoints in this folder and leave them")
    options = parser.parse_args()
    if not (options.data / "mmlu").is_dir():
        parser.error("--data must name a folder with mmlu/ in it (or set SHARED_DATA to the folder above it)")
    return options


def _default_data() -> Path:
    return Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data") / "bench"


def _open(data: Path, folder: Path) -> None:
    from workers.evaluation import open_door

    open_door(hf_home=folder / "huggingface", benchmark_data=data, offline=True)


def _cases(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    chosen = [case for case in CASES if options.only in case.name]
    asked = {}
    if any(case.requests == "MMLU slice" for case in chosen):
        from bench.engine import requests

        asked["MMLU slice"] = requests.together(requests.mmlu(limit=options.limit), "MMLU slice")
    if any(case.requests == "four long endings" for case in chosen):
        from bench.engine import requests

        asked["four long endings"] = requests.endings(options.data / "lambada_openai.jsonl")
    for case in chosen:
        yield from _compare(case, asked[case.requests], options, folder)


def _compare(case: Case, items: Any, options: argparse.Namespace, folder: Path) -> Iterator[str]:
    import torch

    from bench.engine import floor, shapes
    from bench.engine.jobs import measured
    from workers.evaluation import loading
    from workers.evaluation.checkpoints import CheckpointSource

    shape, dtype = shapes.SHAPES[case.shape], getattr(torch, case.dtype)
    checkpoint = shapes.checkpoint(case.shape, folder, options.data, dtype=case.dtype)
    encoder = loading.load_encoder(CheckpointSource(str(checkpoint), is_folder=True, revision=None, dtype=case.dtype))
    part = items if options.whole else items.every(5)
    whole, some = (encoder.pairs(chosen.pairs()) for chosen in (items, part))
    work = floor.unique(whole)
    job = {"folder": str(checkpoint), "dtype": case.dtype, "device": "cpu"}
    rates = [floor.matmul_rate(dtype)]
    ours = [measured({**job, "side": "ours", "batch": case.budget, "rounds": options.rounds, "requests": items.pairs()})]
    rates.append(floor.matmul_rate(dtype))
    theirs = measured({**job, "side": "hf", "batch": 1, "rounds": 1, "requests": part.pairs()})
    helped = measured({**job, "side": "hf", "batch": 1, "rounds": 1, "requests": part.pairs()}, **KEEPS_MEMORY)
    rates.append(floor.matmul_rate(dtype))
    ours.append(measured({**job, "side": "ours", "batch": case.budget, "rounds": options.rounds, "requests": items.pairs()}))
    rates.append(floor.matmul_rate(dtype))
    took = [turn["wall"] for side in ours for turn in side["rounds"]]
    mine, rate = statistics.median(took), statistics.median(rates)
    scale = floor.one_by_one(whole).tokens / floor.one_by_one(some).tokens
    other = theirs["rounds"][0]["wall"] * scale
    least = work.flops(shape) / rate
    yield f"\n{case.name}: {len(items.items):,} items, {len(whole):,} requests"
    yield _row(
        "tokens: one by one; unique; forwarded", f"{floor.one_by_one(whole).tokens:,}; {work.tokens:,}; {ours[0]['tokens']:,}"
    )
    yield _row("matrix product", f"{rate / 1e9:,.0f} GFLOP/s ({', '.join(f'{each / 1e9:,.0f}' for each in rates)})")
    yield _row("ours", f"{mine:.1f} s ({min(took):.1f} to {max(took):.1f}), {ours[0]['peak'] / 1e9:.2f} GB")
    scaled = "" if scale == 1 else f", {theirs['rounds'][0]['wall']:.1f} s for {len(part.items)} items scaled by tokens"
    yield _row("hf", f"{other:.1f} s{scaled}, {theirs['peak'] / 1e9:.2f} GB")
    yield _row("hf / ours", f"{other / mine:.1f}", asked=f"{case.faster:g}")
    yield _row("  hf with freed memory kept", f"{helped['rounds'][0]['wall'] * scale / mine:.1f}")
    yield _row(
        "ours / floor", f"{mine / least:.2f} (floor {least:.1f} s)", asked=f"at most {case.of_floor:g}" if case.of_floor else ""
    )
    yield _row("agreement on the items of both", _agreement(items, part, ours[0]["found"], theirs["found"]))


def _agreement(items: Any, part: Any, ours: Sequence[Any], theirs: Sequence[Any]) -> str:
    """The largest difference of two log-likelihoods, and how many items' best choices differ."""
    starts, at = {}, 0
    for item in items.items:
        starts[id(item)] = at
        at += len(item)
    largest, picks, at = 0.0, 0, 0
    for item in part.items:
        mine = [value for value, _ in ours[starts[id(item)] :][: len(item)]]
        other = [value for value, _ in theirs[at : at + len(item)]]
        at += len(item)
        largest = max(largest, *(abs(one - two) for one, two in zip(mine, other, strict=True)))
        picks += mine.index(max(mine)) != other.index(max(other))
    return f"largest difference {largest:.1e}, {picks} of {len(part.items)} picks differ"


def _row(what: str, figure: str, *, asked: str = "") -> str:
    return f"  {what:<42} {figure}{f'   (asked: {asked})' if asked else ''}"


if __name__ == "__main__":
    main()
