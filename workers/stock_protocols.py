"""Protocols of the harness's stock tasks, for the benchmarks that papers about language models claim most.

They are what campaigns suggest for claims on the boards of these benchmarks. A task's accuracies with the same worked examples
come out of one run (workers/passes.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from leaderboards.models import Protocol

Scoring = Protocol.Scoring

_WORDS = {
    Scoring.FULL_TEXT: "whole answers",
    Scoring.CHARACTERS: "whole answers by length",
    Scoring.WRITTEN: "written answers",
}


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A stock task: the names that boards have for its data, its part, the worked examples in use, and metrics by scoring."""

    task: str
    name: str
    boards: tuple[str, ...]
    split: str
    shots: tuple[int, ...] = (0,)
    metrics: tuple[tuple[str, str], ...]


_BOTH = (("acc", Scoring.FULL_TEXT), ("acc_norm", Scoring.CHARACTERS))
_PLAIN = (("acc", Scoring.FULL_TEXT),)
_LAST_WORD = (("acc", Scoring.WRITTEN),)

BENCHMARKS = (
    Benchmark(task="hellaswag", name="HellaSwag", boards=("HellaSwag",), split="validation", shots=(0, 10), metrics=_BOTH),
    Benchmark(task="lambada_openai", name="LAMBADA", boards=("LAMBADA",), split="test", metrics=_LAST_WORD),
    Benchmark(task="piqa", name="PIQA", boards=("PIQA",), split="validation", metrics=_BOTH),
    Benchmark(
        task="arc_challenge", name="ARC-Challenge", boards=("ARC (Challenge)", "ARC-Challenge", "ARC-C"), split="test",
        shots=(0, 25), metrics=_BOTH,
    ),
    Benchmark(task="arc_easy", name="ARC-Easy", boards=("ARC (Easy)", "ARC-Easy", "ARC-E"), split="test", metrics=_BOTH),
    Benchmark(task="winogrande", name="WinoGrande", boards=("WinoGrande",), split="validation", shots=(0, 5), metrics=_PLAIN),
    Benchmark(task="sciq", name="SciQ", boards=("SciQ",), split="test", metrics=_BOTH),
    Benchmark(task="openbookqa", name="OpenBookQA", boards=("OpenBookQA",), split="test", metrics=_BOTH),
    Benchmark(task="boolq", name="BoolQ", boards=("BoolQ",), split="validation", metrics=_PLAIN),
    Benchmark(
        task="triviaqa", name="TriviaQA", boards=("TriviaQA",), split="validation", shots=(0, 5),
        metrics=(("exact_match,remove_whitespace", Scoring.WRITTEN),),
    ),
    Benchmark(
        task="gsm8k", name="GSM8K", boards=("GSM8K",), split="test", shots=(5,),
        metrics=(("exact_match,strict-match", Scoring.WRITTEN), ("exact_match,flexible-extract", Scoring.WRITTEN)),
    ),
)  # fmt: skip


def facts() -> Iterator[dict[str, object]]:
    """Each protocol's fields, save its versions: those of the harness that is installed."""
    for benchmark in BENCHMARKS:
        for shots in benchmark.shots:
            for metric, scoring in benchmark.metrics:
                yield _facts(benchmark, shots, metric, Scoring(scoring))


def _facts(benchmark: Benchmark, shots: int, metric: str, scoring: Scoring) -> dict[str, object]:
    read_by = metric.partition(",")[2].replace("_", " ")
    words = _WORDS[scoring] + (f" ({read_by})" if read_by else "")
    slug = f"{benchmark.task}-{shots}-shot-{metric}".replace("_", "-").replace(",", "-")
    examples = f"{shots} worked examples" if shots else "no worked example"
    return {
        "slug": slug,
        "task": benchmark.task,
        "num_fewshot": shots,
        "metric": metric,
        "scoring": scoring,
        "split": benchmark.split,
        "dataset_names": list(benchmark.boards),
        "name": f"{benchmark.name}, {shots}-shot, {words}",
        "description": f"The harness's stock task {benchmark.task}: {examples}, the {benchmark.split} part.",
    }
