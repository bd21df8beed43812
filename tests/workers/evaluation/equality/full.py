"""All items of every kind through both engines: what `make equality` asks, and the figures that it prints."""

import time
from dataclasses import dataclass

from tests.workers.evaluation.equality.asking import Question, Tasks
from tests.workers.evaluation.equality.comparing import compare
from tests.workers.evaluation.equality.half_precision import distances
from tests.workers.evaluation.equality.kinds import KINDS, question
from tests.workers.evaluation.equality.models import ARCHITECTURES, LETTERS, WORDS, copy_of, make_model, make_tokenizer, prefer
from tests.workers.evaluation.equality.sides import engine_side, harness_side, token_counter

CONTEXT_LENGTHS = {"gpt_neox": 2048, "llama": 1024, "gpt2": 256}
"""In the last, the longest prompts of several kinds lose their beginning."""
WINDOW = 48
"""The context for running text, whose passages it cuts into several windows."""
HALF_PRECISION = "bfloat16"

COLUMNS = {
    "model": 9,
    "items": 6,
    "requests": 9,
    "largest": 8,
    "mean": 8,
    "of allowed": 11,
    "greedy": 7,
    "ties": 5,
    "tokens": 9,
    "hf cpu s": 9,
    "ours": 6,
}
"""What is printed of a run: see Agreement; the tokens that our engine computed; seconds of processor time."""


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


def report(bench, folder, *, limit=None, only=""):
    """Prints a line a run as it is done; gives the number of runs in which the two engines differ."""
    tokenizer = make_tokenizer(bench)
    models = {name: make_model(name, words=WORDS, context_length=length) for name, length in CONTEXT_LENGTHS.items()}
    for model in models.values():
        prefer(model, tokenizer, LETTERS)
    print(_line("kind", *COLUMNS))
    asked = [run for run in runs(folder, limit=limit) if only in run.name]
    failed = sum(not _agrees(run, models[run.architecture], tokenizer) for run in asked)
    if only in HALF_PRECISION:
        failed += _report_half_precision(models, tokenizer, folder, limit=limit)
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
        agreement = _by_double_precision(run, model, tokenizer, tasks, found)
        if agreement is None:
            return False
    figures = [agreement.items, agreement.requests, f"{agreement.largest:.1e}", f"{agreement.mean:.1e}", f"{agreement.share:.2f}"]
    figures += [agreement.greedy, agreement.near_ties, engine.forward.counts.tokens]
    print(_line(run.name, run.architecture, *figures, f"{harness_seconds:.0f}", f"{engine_seconds:.0f}"), flush=True)
    return True


def _by_double_precision(run, model, tokenizer, tasks, found):
    """What the `hf` model says in float64 decides: how our answers agree with that; None where they do not.

    Its float32 softmax over 50,000 words adds them up one by one: beside a word of probability near 1 most of the others are
    lost, up to 6e-5 of a log-likelihood in all.
    """
    exact = harness_side(
        copy_of(model).double(), tokenizer, batch_size=run.batch_size, softmax_dtype="float64", max_length=run.max_length
    )
    try:
        agreement = compare(tasks.ask(exact), found, token_counter(exact))
    except AssertionError as error:
        print(f"{run.name}, {run.architecture}, beside the hf model in float64: {error}", flush=True)
        return None
    print(f"{run.name}, {run.architecture}: ours are the hf model's in float64, and the differences its float32's:", flush=True)
    return agreement


def _timed(tasks, model):
    """What the model answers, and how many seconds of processor time that took, the harness's own work included."""
    began = time.process_time()
    return tasks.ask(model), time.process_time() - began


def _report_half_precision(models, tokenizer, folder, *, limit):
    """On letters, sums over choices of many tokens and last words; gives for how many models ours is the further one."""
    few, many = min(limit or 20, 20), min(limit or 1000, 1000)
    questions = [Question("mmlu", 0, limit=few)]
    questions += [question(kind, folder, limit=many) for kind in ("choices of many tokens", "a last word")]
    asked = [Tasks(question) for question in questions]
    print(f"\n{HALF_PRECISION}: distance from float32 with the same weights")
    print(f"{'model':<10} {'engine':<15} {'values':>7} {'mean':>8} {'largest':>8} {'other picks':>12}")
    further = 0
    for architecture, model in models.items():
        found = distances(model, tokenizer, asked)
        further += found["ours"].mean > 1.05 * found["hf"].mean
        for engine, distance in found.items():
            picks = f"{distance.picks} of {distance.items}"
            figures = f"{distance.values:>7} {distance.mean:>8.4f} {distance.largest:>8.3f} {picks:>12}"
            print(f"{architecture:<10} {engine:<15} {figures}", flush=True)
    return further


def _line(kind, *figures):
    return f"{kind:<50}" + "".join(f"{figure:>{width}}" for figure, width in zip(figures, COLUMNS.values(), strict=True))
