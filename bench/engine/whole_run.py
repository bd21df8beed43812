"""A whole run, from asking for it to its number: through Celery and the database, and by `lm_eval` on the command line.

PostgreSQL, Redis and a Celery worker of its own in a folder of its own. The first run finds a cold worker, the others a warm one.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.engine import shapes
from bench.engine.jobs import measured

if TYPE_CHECKING:
    from workers.models import ClaimMapping, Run

ROOT = Path(__file__).resolve().parents[2]
TASK, NUM_FEWSHOT = "mmlu_stem", 5
DTYPE = "float32"


def report(data: Path, folder: Path, *, limit: int, rounds: int = 2) -> None:
    """The first `limit` items of MMLU's 19 STEM subjects on a 70M-like model, both ways; and scoring them alone."""
    checkpoint = shapes.checkpoint("70M", folder, data, dtype=DTYPE)
    print(f"\nwhole run: {TASK}, {NUM_FEWSHOT} shots, {limit} items a subject, 70M, {DTYPE}", flush=True)
    with _site(data, folder) as log:
        mapping = _mapping(checkpoint, TASK)
        runs = [_finished(mapping, log, items_per_task=limit) for _ in range(rounds + 1)]
        scoring = [_spans(run)["scoring"] for run in runs[1:]]
        whole = [_spans(run)["whole"] for run in runs[1:]]
        cold, spans = _spans(runs[0])["whole"], _spans(runs[-1])
    alone = _scoring_alone(checkpoint, limit)
    command = _command_line(data, folder, checkpoint, limit)
    mine = statistics.median(whole)
    _tell("cold worker", f"{cold:.1f} s")
    _tell("warm worker", f"{mine:.1f} s ({', '.join(f'{one:.1f}' for one in whole)})")
    _tell("  of that", ", ".join(f"{name} {took:.1f} s" for name, took in spans.items() if name != "whole"))
    _tell("the engine alone on the same requests", f"{alone:.1f} s")
    _tell(
        "overhead beyond scoring",
        f"{mine / alone - 1:.0%} (in the run, scoring took {statistics.median(scoring):.1f} s)",
        asked="15%",
    )
    _tell("lm_eval on the command line", f"{command:.1f} s")
    _tell("lm_eval / warm run", f"{command / mine:.1f}", asked="4")


def report_planning(data: Path, folder: Path) -> None:
    """All of MMLU from asked for to stored: requests built, tokenised, cut into batches, in the database."""
    checkpoint = shapes.checkpoint("tiny", folder, data, dtype=DTYPE)
    print(f"\nplanning all of mmlu, {NUM_FEWSHOT} shots", flush=True)
    with _site(data, folder) as log:
        from workers import lifecycle

        mapping = _mapping(checkpoint, "mmlu")
        took = []
        for _ in range(2):
            run = lifecycle.request(mapping, by=None)
            run = _until(run, log, lambda run: run.state not in {"requested", "planning"})
            if run.state == "failed":
                raise SystemExit(f"planning failed: {run.error_message}")
            took.append(_spans(run)["planning"])
            if not run.has_ended:
                lifecycle.cancel(run, by=_someone())
    _tell("first run, cold worker", f"{took[0]:.1f} s", asked="60 s")
    _tell("second run", f"{took[1]:.1f} s")


@contextmanager
def _site(data: Path, folder: Path) -> Iterator[Path]:
    """Servers and a worker; gives the worker's log."""
    var = folder / "var"
    var.mkdir(parents=True, exist_ok=True)
    for place in (folder, var):
        place.chmod(0o711)  # the servers' account passes through
    os.environ.update(
        VAR_DIR=str(var), SELFTEST="0", DJANGO_SETTINGS_MODULE="portal.settings", BENCHMARK_DATA=str(data),
        CHECKPOINT_ROOTS=str(folder), HF_HUB_OFFLINE="1", WORKER_DEVICE="cpu",
    )  # fmt: skip
    from portal import embedded

    with embedded.running(var) as lease:
        os.environ.update(lease.addresses.environment())
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
        import django

        django.setup()
        with _worker(folder) as log:
            yield log
        from django.db import connection

        connection.close()


@contextmanager
def _worker(folder: Path) -> Iterator[Path]:
    log = folder / "worker.log"
    command = [
        sys.executable, "-m", "celery", "--app", "portal.celery", "worker", "--pool", "solo", "--queues", "cpu,gpu",
        "--hostname", "bench@%h", "--without-gossip", "--without-mingle",
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    try:
        from workers.models import Worker

        _wait(lambda: Worker.objects.online().exists(), log)
        yield log
    finally:
        process.terminate()
        process.wait()


def _mapping(checkpoint: Path, task: str) -> ClaimMapping:
    from leaderboards.models import Leaderboard, Metric, Model, Protocol
    from papers.models import Dataset, Task
    from workers.models import Checkpoint, ClaimMapping

    name = f"bench-{task}-{checkpoint.name.lower()}".replace("_", "-")
    found = ClaimMapping.objects.filter(checkpoint__slug=name).first()
    if found is not None:
        return found
    board = Leaderboard.objects.create(
        task=Task.objects.create(name=name, slug=name, source="form"),
        dataset=Dataset.objects.create(name=name, slug=name, source="form"),
        dataset_name=name,
        slug=name,
        source="form",
    )
    return ClaimMapping.objects.create(
        metric=Metric.objects.create(leaderboard=board, name="Accuracy (%)", position=0, direction="higher"),
        checkpoint=Checkpoint.objects.create(
            slug=name, name=name, model=Model.objects.create(name=name, slug=name, source="form"), folder=checkpoint.name,
            dtype=DTYPE, parameter_count=70_426_624, memory_bytes=10**9,
        ),
        protocol=Protocol.objects.create(
            slug=name, name=name, task=task, num_fewshot=NUM_FEWSHOT, scoring="letter", aggregation="micro", metric="acc"
        ),
        scale=100.0,
    )  # fmt: skip


def _finished(mapping: ClaimMapping, log: Path, **values: Any) -> Run:
    from workers import lifecycle

    run = _until(lifecycle.request(mapping, by=None, **values), log, lambda run: run.has_ended)
    if run.state != "finished":
        raise SystemExit(f"the run {run.state}: {run.error_message}")
    return run


def _until(run: Run, log: Path, is_so: Any) -> Run:
    from workers.models import Run

    _wait(lambda: is_so(Run.objects.get(pk=run.pk)), log)
    return Run.objects.get(pk=run.pk)


def _wait(is_so: Any, log: Path, *, seconds: float = 1800) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(
                f"Nothing happened in {seconds:.0f} s; the worker's log ends:\n{log.read_text(errors='replace')[-2000:]}"
            )
        time.sleep(0.1)


def _spans(run: Run) -> dict[str, float]:
    """Seconds of each part by the run's own events, and from asked for to ended."""
    events = list(run.events.order_by("at", "pk"))
    begin = {
        state: next((event.at for event in events if event.state == state), None) for state in ("planning", "scoring", "reducing")
    }
    marks = [run.requested_at, *(at for at in begin.values() if at), *([run.finished_at] if run.finished_at else [])]
    names = ["waiting", *(name for name, at in begin.items() if at)]
    spans = {name: (end - start).total_seconds() for name, start, end in zip(names, marks, marks[1:], strict=False)}
    return {**spans, "whole": (marks[-1] - marks[0]).total_seconds()}


def _someone() -> Any:
    from accounts.models import User

    return User.objects.get_or_create(username="bench")[0]


def _scoring_alone(checkpoint: Path, limit: int) -> float:
    """Seconds that the engine takes for the same requests in a process of its own, texts in and log-likelihoods out."""
    from workers.evaluation import harness
    from workers.evaluation.contract import ProtocolSpec

    plan = harness.build_plan(ProtocolSpec(TASK, NUM_FEWSHOT, limit=limit))
    job = {
        "side": "ours", "folder": str(checkpoint), "dtype": DTYPE, "device": "cpu", "batch": 2048, "rounds": 3,
        "requests": [(request.context, request.continuation) for request in plan.requests],
    }  # fmt: skip
    return statistics.median(float(turn["wall"]) for turn in measured(job)["rounds"])


def _command_line(data: Path, folder: Path, checkpoint: Path, limit: int) -> float:
    """Seconds of the harness's own command, imports and loading included, as anybody would run it."""
    environment = {
        **os.environ, "HF_HOME": str(folder / "huggingface"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "lm_eval", "--model", "hf", "--model_args", f"pretrained={checkpoint},dtype={DTYPE}",
        "--tasks", TASK, "--num_fewshot", str(NUM_FEWSHOT), "--limit", str(limit), "--batch_size", "1", "--device", "cpu",
    ]  # fmt: skip
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"lm_eval failed:\n{done.stderr[-3000:]}")
    return took


def _tell(what: str, figure: str, *, asked: str = "") -> None:
    print(f"  {what:<42} {figure}{f'   (asked: {asked})' if asked else ''}", flush=True)
