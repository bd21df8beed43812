"""All items of every kind through both engines: what `make equality` asks, and the figures that it prints."""

import time
from dataclasses import dataclass

from tests.workers.evaluation.equality.asking import Question, Tasks
from tests.workers.evaluation.equality.comparing import compare
from tests.workers.evaluation.equality.half_precision import distances
from tests.workers.evaluation.equality.kinds import KINDS, question
from tests.workers.evaluation.equality.models import ARCHITECTURES, LETTERS, WORDS, make_model, make_tokenizer, prefer
from tests.workers.evaluation.equality.sides import engine_side, harness_side, token_counter

CONTEXT_LENGTHS = {"gpt_neox": 2048, "llama": 1024, "gpt2": 256}
"""In the last, the longest prompts of several kinds lose their beginning."""
WINDOW = 48
"""The context for running text, whose passages it cuts into several windows."""


@dataclass(frozen=True)
class Run:
    """One question to one model; `max_length` None leaves it its own."""

    name: str
    question: Question
    architecture: str
    batch_size: int
    max_length: int | None = None


def runs(folder, *, limit):
    """Every kind on every architecture; what shows shots that are drawn, whose prompts are long, on one."""
    for number, kind in enumerate(KINDS):
        is_long = "shots" in kind
        for architecture in [ARCHITECTURES[number % 2]] if is_long else ARCHITECTURES:
            max_length = WINDOW if kind == "running text" else None
            yield Run(kind, question(kind, folder, limit=limit), architecture, 8, max_length)
    for num_fewshot in (0, 5):
        yield Run(f"MMLU, {num_fewshot} shots", Question("mmlu", num_fewshot, limit=limit), "gpt_neox", 1 if num_fewshot else 4)


def report(bench, folder, *, limit=None):
    """Prints a line a run as it is done; gives the number of runs in which the two engines differ."""
    tokenizer = make_tokenizer(bench)
    models = {name: make_model(name, words=WORDS, context_length=length) for name, length in CONTEXT_LENGTHS.items()}
    for model in models.values():
        prefer(model, tokenizer, LETTERS)
    print(
        _line("kind", "model", "items", "requests", "largest", "mean", "of allowed", "greedy", "ties", "tokens", "hf s", "ours s")
    )
    failed = sum(not _agrees(run, models[run.architecture], tokenizer) for run in runs(folder, limit=limit))
    _report_half_precision(models, tokenizer, folder, limit=limit)
    return failed


def _agrees(run, model, tokenizer):
    tasks = Tasks(run.question)
    harness = harness_side(model, tokenizer, batch_size=run.batch_size, max_length=run.max_length)
    engine = engine_side(model, tokenizer, max_length=run.max_length)
    wanted, harness_seconds = _timed(tasks, harness)
    found, engine_seconds = _timed(tasks, engine)
    try:
        agreement = compare(wanted, found, token_counter(harness))
    except AssertionError as error:
        print(f"{run.name}, {run.architecture}: {error}", flush=True)
        return False
    figures = [agreement.items, agreement.requests, f"{agreement.largest:.1e}", f"{agreement.mean:.1e}", f"{agreement.share:.2f}"]
    figures += [agreement.greedy, agreement.near_ties, engine.forward.counts.tokens]
    print(_line(run.name, run.architecture, *figures, f"{harness_seconds:.0f}", f"{engine_seconds:.0f}"), flush=True)
    return True


def _timed(tasks, model):
    began = time.monotonic()
    return tasks.ask(model), time.monotonic() - began


def _report_half_precision(models, tokenizer, folder, *, limit):
    """On letters, sums over choices of many tokens and last words, ten items a subject or a few hundred."""
    few, many = min(limit or 10, 10), min(limit or 500, 500)
    questions = [Question("mmlu", 0, limit=few)]
    questions += [question(kind, folder, limit=many) for kind in ("choices of many tokens", "a last word")]
    asked = [Tasks(question) for question in questions]
    print("\nbfloat16: distance from float32 with the same weights")
    print(f"{'model':<10} {'engine':<15} {'values':>7} {'mean':>8} {'largest':>8} {'other picks':>12}")
    for architecture, model in models.items():
        for engine, distance in distances(model, tokenizer, asked).items():
            picks = f"{distance.picks} of {distance.items}"
            figures = f"{distance.values:>7} {distance.mean:>8.4f} {distance.largest:>8.3f} {picks:>12}"
            print(f"{architecture:<10} {engine:<15} {figures}", flush=True)


def _line(kind, *figures):
    widths = (9, 6, 9, 8, 8, 11, 7, 5, 9, 6, 7)
    return f"{kind:<50}" + "".join(f"{figure:>{width}}" for figure, width in zip(figures, widths, strict=True))
