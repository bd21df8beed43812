"""A finished run as files: lm-eval's results and samples, as its EvaluationTracker (0.4.13) writes them, and our manifest.

    MODEL/results_DATE.json, MODEL/samples_TASK_DATE.jsonl, manifest.json

Under a protocol with further scoring rules each task has a MODEL/further_TASK_DATE.jsonl besides, with what only the rules
asked and how many tokens each answer has: lm-eval has no place for either.

The same run gives the same bytes each time. `run_verify` reads them back.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db.models import Prefetch, QuerySet

from workers import licences, records
from workers.evaluation.contract import FURTHER
from workers.models import Request, Run, Sample
from workers.states import RunState

FORMAT = 1
MANIFEST = "manifest.json"
SAMPLES_AT_ONCE = 200
BOOTSTRAP_ITERATIONS = 100_000
"""lm-eval's own number of resamplings for standard errors, which the engine leaves as it is."""
_UNFIT = re.compile(r"[\"<>:/|\\?*\[\]]+")
_HOSTS = {"worker"}


class ExportRefused(Exception):
    """The run cannot be exported; the text is one sentence."""


@dataclass(frozen=True)
class Part:
    """A file of the export; its chunks are made as they are read, once, before the next part is asked for."""

    name: str
    chunks: Iterator[bytes]


def check(run: Run) -> None:
    """Raises ExportRefused for a run that has not finished, is older than an export needs, or has other answers."""
    if run.state != RunState.FINISHED:
        raise ExportRefused(f"The run is {run.get_state_display().lower()}: only a finished run can be exported.")
    if "responses_sha256" not in run.results:
        raise ExportRefused("The run ended before items were logged as lm-eval logs them: run it again to export it.")


def parts(run: Run) -> Iterator[Part]:
    """The export's files, the manifest last: it has the digests of those before it. Raises ExportRefused."""
    check(run)
    files: list[dict[str, Any]] = []
    folder, date = _UNFIT.sub("__", run.checkpoint.location), _date(run)
    yield Part(f"{folder}/results_{date}.json", _told(f"{folder}/results_{date}.json", _results(run), files))
    for task in records.tasks_of(run):
        name = f"{folder}/samples_{task['name']}_{date}.jsonl"
        yield Part(name, _told(name, _samples(run, str(task["name"])), files))
        if run.protocol.rules:
            name = f"{folder}/further_{task['name']}_{date}.jsonl"
            yield Part(name, _told(name, _further(run, str(task["name"])), files))
    yield Part(MANIFEST, iter([_json(manifest(run, files))]))


def write(run: Run, folder: Path) -> list[Path]:
    """Write the export into a folder that is new or empty. Raises ExportRefused and OSError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportRefused(f"{folder} is not empty: name a new folder.")
    written = []
    for part in parts(run):
        path = folder / part.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(part.chunks)
        written.append(path)
    return written


def manifest(run: Run, files: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What the run was, what it measured, and the files with their digests."""
    protocol = run.protocol
    return {
        "format": FORMAT,
        "run": {
            "id": str(run.public_id),
            "checkpoint": run.checkpoint.name,
            "protocol": protocol.name,
            "task": protocol.task,
            "num_fewshot": protocol.num_fewshot,
            "metric": protocol.metric,
            "scoring": protocol.scoring,
            "aggregation": protocol.aggregation,
            "rules": protocol.rules,
            "is_selftest": protocol.is_selftest,
            "items_per_task": run.items_per_task,
            "seeds": run.seeds,
            "requested_at": _moment(run.requested_at),
            "started_at": _moment(run.started_at),
            "finished_at": _moment(run.finished_at),
        },
        "licences": [
            {"dataset": licence.dataset, "name": licence.name, "url": licence.url} for licence in licences.terms_of(run).licences
        ],
        "provenance": without_hosts(run.provenance),
        "metrics": run.results["metrics"],
        "task_hashes": run.results["harness"]["task_hashes"],
        "responses_sha256": run.results["responses_sha256"],
        "files": list(files),
    }


def without_hosts(value: Any) -> Any:
    """A record without the names of workers, which are those of hosts."""
    if isinstance(value, dict):
        return {name: without_hosts(item) for name, item in value.items() if name not in _HOSTS}
    return [without_hosts(item) for item in value] if isinstance(value, list) else value


def _results(run: Run) -> Iterator[bytes]:
    """As lm-eval's `simple_evaluate` and its tracker put it together for the model type `hf`."""
    harness = dict(run.results["harness"])
    asked, hashes = harness.pop("config"), harness.pop("task_hashes")
    checkpoint, software = run.provenance.get("checkpoint", {}), run.provenance.get("software", {})
    model = run.checkpoint.location
    arguments = {"pretrained": model, "dtype": run.checkpoint.dtype}
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else 0.0
    version = harness.pop("lm_eval_version")
    record = {
        **harness,
        "config": {
            "model": "hf",
            "model_args": {**arguments, **({"revision": run.checkpoint.revision} if run.checkpoint.revision else {})},
            "model_num_parameters": checkpoint.get("parameter_count"),
            "model_dtype": f"torch.{run.checkpoint.dtype}",
            "model_revision": run.checkpoint.revision or "main",
            "model_sha": run.checkpoint.revision,
            "batch_size": None,
            "batch_sizes": [],
            "device": run.provenance.get("device", {}).get("kind"),
            "use_cache": None,
            "limit": asked.pop("limit"),
            "bootstrap_iters": BOOTSTRAP_ITERATIONS,
            "gen_kwargs": None,
            **asked,
        },
        "git_hash": software.get("portal"),
        "date": run.started_at.timestamp() if run.started_at else None,
        "pretty_env_info": "\n".join(f"{name}: {value}" for name, value in sorted(software.items())),
        "transformers_version": software.get("transformers"),
        "lm_eval_version": version,
        "upper_git_hash": None,
        **run.provenance.get("reading", {}),
        "task_hashes": hashes,
        "model_source": "hf",
        "model_name": model,
        "model_name_sanitized": _UNFIT.sub("__", model),
        "system_instruction": None,
        "system_instruction_sha": None,
        "fewshot_as_multiturn": True,
        "chat_template": None,
        "chat_template_sha": None,
        "total_evaluation_time_seconds": str(seconds),
    }
    yield _json(record)


def _samples(run: Run, task: str) -> Iterator[bytes]:
    """A line for each item under each of the task's filters, filter after filter."""
    rows = _rows(run, task, Request.objects.filter(choice__lt=FURTHER))
    first = rows.first()
    for place in range(len(first.logged) if first else 0):
        for sample in rows.iterator(chunk_size=SAMPLES_AT_ONCE):
            yield json.dumps(entry(sample, list(sample.requests.all()), place), ensure_ascii=False).encode() + b"\n"


def _further(run: Run, task: str) -> Iterator[bytes]:
    """A line for each item: what the rules asked beside lm-eval's own requests, and the tokens of all answers, own ones first."""
    for sample in _rows(run, task, Request.objects.all()).iterator(chunk_size=SAMPLES_AT_ONCE):
        requests = list(sample.requests.all())
        further = [request for request in requests if request.choice >= FURTHER]
        line = {
            "doc_id": sample.document_id,
            "arguments": _arguments(further),
            "resps": [[_answer(request)] for request in further],
            "tokens": [request.tokens for request in requests],
        }
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _rows(run: Run, task: str, requests: QuerySet[Request]) -> QuerySet[Sample]:
    asked = Prefetch("requests", requests.select_related("prompt").order_by("choice"))
    return Sample.objects.filter(run=run, task=task).order_by("index").prefetch_related(asked)


def entry(sample: Sample, requests: Iterable[Request], place: int) -> dict[str, Any]:
    """An item as a line of lm-eval's samples has it, under the filter at this place; in lm-eval's order of keys."""
    logged = sample.logged[place]
    requests = list(requests)
    answers = [_answer(request) for request in requests]
    return {
        "doc_id": sample.document_id,
        "doc": sample.document,
        "target": logged["target"],
        "arguments": _arguments(requests),
        "resps": [[answer] for answer in answers],
        "filtered_resps": logged.get("filtered_resps", answers),
        **{name: logged[name] for name in ("filter", "metrics", "doc_hash", "prompt_hash", "target_hash")},
        **{name: logged[name] for name in logged["metrics"]},
    }


def _arguments(requests: Iterable[Request]) -> dict[str, dict[str, Any]]:
    return {
        f"gen_args_{number}": {f"arg_{place}": value for place, value in enumerate(_asked(request))}
        for number, request in enumerate(requests)
    }


def _asked(request: Request) -> list[Any]:
    """What lm-eval asked with, as its requests of each kind have it."""
    more: dict[str, list[Any]] = {
        Request.Kind.LOGLIKELIHOOD: [request.continuation],
        Request.Kind.LOGLIKELIHOOD_ROLLING: [],
        Request.Kind.GENERATE_UNTIL: [request.settings],
    }
    return [request.prompt.text, *more[request.kind]]


def _answer(request: Request) -> list[str] | str:
    """What was answered, as lm-eval's samples write it: every number as text."""
    if request.kind == Request.Kind.GENERATE_UNTIL:
        return request.response_text or ""
    if request.kind == Request.Kind.LOGLIKELIHOOD_ROLLING:
        return str(request.log_likelihood)
    return [str(request.log_likelihood), str(request.is_greedy)]


def _told(name: str, chunks: Iterator[bytes], files: list[dict[str, Any]]) -> Iterator[bytes]:
    """The chunks; once they are read, the file stands in the list with its size and digest."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        yield chunk
    files.append({"name": name, "size": size, "sha256": digest.hexdigest()})


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _date(run: Run) -> str:
    """When the run ended, as lm-eval writes it into names."""
    ended = run.finished_at or run.requested_at
    return ended.astimezone(UTC).replace(tzinfo=None).isoformat().replace(":", "-")


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""
