"""The old harness beside ours on the same items: every request, and with a model every log-likelihood and both accuracies."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.workers.evaluation.comparison import TOLERANCE, measure
from workers.evaluation import harness, mmlu_2022
from workers.evaluation.contract import ProtocolSpec

GROUPS = {"0.2.0": mmlu_2022.TASK, "0.3.0": mmlu_2022.VALIDATION_TASK}


@dataclass(frozen=True)
class Case:
    """So many shots, and of each subject the first items in the old harness's order, or all; with a checkpoint, scored."""

    version: str
    subjects: tuple
    num_fewshot: int
    limit: int | None = None
    checkpoint: str | None = None

    def spec(self, subject):
        """One subject of it as our harness takes it."""
        task = f"{GROUPS[self.version]}_{subject}"
        return ProtocolSpec(task, self.num_fewshot, self.limit, str(mmlu_2022.TASK_FOLDER))


def ask_old(case, *, installed, folder):
    """What the old harness asks and says, by subject; `installed` is where its versions were installed to."""
    job = {
        "version": case.version,
        "mmlu": str(folder / "mmlu"),
        "subjects": case.subjects,
        "num_fewshot": case.num_fewshot,
        "limit": case.limit,
        "checkpoint": case.checkpoint,
    }
    with tempfile.TemporaryDirectory() as work:
        asked, said = Path(work) / "job.json", Path(work) / "answer.json"
        asked.write_text(json.dumps(job))
        environment = {**os.environ, "PYTHONPATH": str((installed / case.version).resolve())}
        program = [sys.executable, str(Path(__file__).with_name("old.py")), str(asked), str(said)]
        done = subprocess.run(program, env=environment, capture_output=True, text=True, cwd=work)
        if done.returncode:
            raise RuntimeError(f"lm-eval {case.version} failed: {done.stderr[-2000:]}")
        return json.loads(said.read_text())


def digest(requests):
    """As TaskFact.prompt_sha256 is made."""
    found = hashlib.sha256()
    for context, continuation in requests:
        found.update(json.dumps([context, continuation]).encode())
    return found.hexdigest()


def differences(case, old):
    """What differs, a sentence each: nothing, if ours is the old harness's."""
    for subject in case.subjects:
        where = f"{subject} at {case.num_fewshot} shots"
        wanted = [tuple(request) for request in old[subject]["requests"]]
        if case.checkpoint is None:
            plan = harness.build_plan(case.spec(subject))
        else:
            plan, responses, reduction = measure(case.checkpoint, case.spec(subject))
            yield from _scores(where, old[subject], responses, reduction)
        found = [(request.context, request.continuation) for request in plan.requests]
        if found != wanted:
            first = next(
                (n for n, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]), min(len(found), len(wanted))
            )
            yield f"{where}: request {first} of {len(wanted)} differs ({len(found)} of ours)"
        if plan.tasks[0].prompt_sha256 != digest(wanted):
            yield f"{where}: the digest of its prompts differs"


def _scores(where, old, responses, reduction):
    # a request of the old harness asks for one part of a pair, and the pair is what the model said
    pairs = list(zip(responses, old["answers"], strict=True))
    worst = max(abs(response.log_likelihood - answer[0]) / response.tokens for response, answer in pairs)
    if worst > TOLERANCE:
        yield f"{where}: a log-likelihood differs by {worst} a token"
    if [response.is_greedy for response, _ in pairs] != [answer[1] for _, answer in pairs]:
        yield f"{where}: a greedy mark differs"
    found = {metric.metric: (metric.value, metric.stderr) for metric in reduction.metrics}
    wanted = {name: (old["results"][name], old["results"][f"{name}_stderr"]) for name in ("acc", "acc_norm")}
    for name, (value, stderr) in wanted.items():
        if found[name][0] != value or abs(found[name][1] - stderr) > 1e-12:
            yield f"{where}: {name} is {found[name]} and not {(value, stderr)}"
