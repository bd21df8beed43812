"""Runs, and what they are made of: shards and samples."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F

from leaderboards.models import Measurement
from portal.api.shapes.rows import Row, Source, by_keys, figure
from workers import models, waiting
from workers.models import Run, Sample
from workers.models import Shard as StoredShard
from workers.records import mapping

PUBLIC_PROVENANCE = ("checkpoint", "tasks", "seeds", "plan", "device", "software")
"""The parts of a run's record that everybody may read; others name workers, and their names tell hosts."""
_SOME_ID = "00000000-0000-4000-8000-000000000001"


class Progress(Row):
    """Batches done of all, and what they hold."""

    batches_done: int
    batches: int
    requests: int
    items: int

    example: ClassVar[dict[str, Any]] = {"batches_done": 2, "batches": 3, "requests": 4, "items": 2}


class RunState(Row):
    """Where a run is. `waits_for` says why nobody works on it; "" when somebody does or it has ended. No plan, no progress."""

    id: UUID
    checkpoint: str
    protocol: str
    is_selftest: bool
    items_per_task: int | None
    state: str
    waits_for: str
    activity: str
    error: str
    progress: Progress | None
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    example: ClassVar[dict[str, Any]] = {
        "id": _SOME_ID, "checkpoint": "gpt-neox-20b", "protocol": "mmlu-5-shot", "is_selftest": False, "items_per_task": None,
        "state": "scoring", "waits_for": "", "activity": "", "error": "", "progress": Progress.example,
        "requested_at": "2026-01-02T02:04:05Z", "started_at": "2026-01-02T03:04:05Z", "finished_at": None,
    }  # fmt: skip


class WholeRun(RunState):
    """A run with its record: what ran (checkpoint with digests, tasks, device, software, seeds) and what came out.

    `results` are the numbers that the harness computed, in its own unit; none while a measurement out of them waits to be
    published.
    """

    results: dict[str, Any]
    provenance: dict[str, Any]

    example: ClassVar[dict[str, Any]] = {
        **RunState.example, "results": {"metrics": [{"task": "mmlu", "metric": "acc", "value": 0.26}]},
        "provenance": {"seeds": {"fewshot": 1234}},
    }  # fmt: skip


def read_runs(keys: Sequence[int]) -> list[RunState]:
    """By keys, without their long records: five queries at most."""
    return [RunState(**said) for _, said in _runs(keys, Run.objects.defer("provenance", "results"))]


def read_whole_runs(keys: Sequence[int], *, is_staff: bool = False) -> list[WholeRun]:
    """By keys, with their records; staff see what waits to be published too."""
    return [WholeRun(**said, **_record(run, is_staff=is_staff)) for run, said in _runs(keys, Run.objects.all())]


def _runs(keys: Sequence[int], among: Any) -> list[tuple[Run, dict[str, Any]]]:
    found = among.select_related("checkpoint", "protocol").in_bulk(keys)
    runs = [found[key] for key in keys if key in found]
    reasons = waiting.reasons(runs)
    batches = StoredShard.objects.filter(run__in=keys).batch_counts() if runs else {}
    return [(run, _state(run, reasons, batches)) for run in runs]


def _state(run: Run, reasons: Mapping[int, str], batches: Mapping[int, tuple[int, int]]) -> dict[str, Any]:
    progress = None
    if run.pk in batches:
        done, planned = batches[run.pk]
        progress = Progress(batches_done=done, batches=planned, requests=run.requests_total, items=run.samples_total)
    same = ("items_per_task", "state", "activity", "requested_at", "started_at", "finished_at")
    return {
        **{name: getattr(run, name) for name in same},
        "id": run.public_id,
        "checkpoint": run.checkpoint.slug,
        "protocol": run.protocol.slug,
        "is_selftest": run.protocol.is_selftest,
        "waits_for": reasons[run.pk],
        "error": run.error_message,
        "progress": progress,
    }


def _record(run: Run, *, is_staff: bool) -> dict[str, Any]:
    held = not is_staff and Measurement.objects.filter(run_id=run.public_id, published_at=None).exists()
    record, results = mapping(run.provenance), mapping(run.results)
    judged_by = {"judged_by": results["judged_by"]} if "judged_by" in results else {}
    return {
        "results": {"metrics": [] if held else results.get("metrics", []), **judged_by},
        "provenance": {part: record[part] for part in PUBLIC_PROVENANCE if part in record},
    }


class Shard(Row):
    """Whole batches of a run's plan, the unit that a worker claims; where and how long it was last scored."""

    index: int
    state: str
    batches: int
    batches_done: int
    tokens: int
    attempts: int
    device: str
    device_tokens: int
    device_seconds: float
    device_joules: float | None
    claimed_at: datetime | None
    done_at: datetime | None
    error: str

    example: ClassVar[dict[str, Any]] = {
        "index": 0, "state": "done", "batches": 2, "batches_done": 2, "tokens": 200, "attempts": 1, "device": "1 × NVIDIA H200",
        "device_tokens": 200, "device_seconds": 0.5, "device_joules": None, "claimed_at": "2026-01-02T03:04:05Z",
        "done_at": "2026-01-02T03:04:06Z", "error": "",
    }  # fmt: skip


@by_keys(Shard)
def read_shards() -> Source:
    """Shards."""
    same = (
        "index", "state", "batches_done", "tokens", "attempts", "device", "device_tokens", "device_seconds", "device_joules",
        "claimed_at", "done_at",
    )  # fmt: skip
    return models.Shard.objects.all(), {**{name: name for name in same}, "batches": F("batch_count"), "error": F("error_message")}


class Asked(Row):
    """What the model was asked about an item, and its answer; texts are null for who may not read the item's."""

    choice: int
    kind: str
    prompt: str | None
    continuation: str | None
    log_likelihood: float | None
    is_greedy: bool | None
    response: str | None
    tokens: int | None

    example: ClassVar[dict[str, Any]] = {
        "choice": 0, "kind": "loglikelihood", "prompt": "Question: …\nAnswer:", "continuation": " A", "log_likelihood": -1.5,
        "is_greedy": True, "response": None, "tokens": 1,
    }  # fmt: skip


class Item(Row):
    """A benchmark item of a run; texts are null where the benchmark's licence does not let everybody read them.

    `prediction` and `is_correct` are by the metric `results.judged_by` of the run, by `acc` where it has none. `margin` is the
    log-likelihood of the best option less that of the second, or what that would have to be for the metric to be as near to its
    turn; `tokens_cut` of the prompt's `token_count` tokens the model did not read.
    """

    index: int
    task: str
    document_id: int
    is_correct: bool | None
    margin: float | None
    token_count: int | None
    tokens_cut: int | None
    choices: list[str] | None
    target: str | None
    prediction: str | None

    example: ClassVar[dict[str, Any]] = {
        "index": 0, "task": "mmlu_anatomy", "document_id": 0, "is_correct": True, "margin": 0.7, "token_count": 300,
        "tokens_cut": 0,
        "choices": ["A", "B", "C", "D"], "target": "A", "prediction": "A",
    }  # fmt: skip


class WholeItem(Item):
    """A benchmark item with all that was asked about it."""

    requests: list[Asked]

    example: ClassVar[dict[str, Any]] = {**Item.example, "requests": [Asked.example]}


def read_items(keys: Sequence[int], *, is_open: bool) -> list[Item]:
    """By keys."""
    found = Sample.objects.defer("document", "logged").in_bulk(keys)
    return [Item(**_item(found[key], is_open=is_open)) for key in keys if key in found]


def read_whole_items(keys: Sequence[int], *, is_open: bool) -> list[WholeItem]:
    """By keys, with what was asked: two queries."""
    found = Sample.objects.defer("document", "logged").in_bulk(keys)
    asked = models.Request.objects.filter(sample__in=keys).select_related("prompt").order_by("choice", "ordinal")
    by_item: dict[int, list[Asked]] = {}
    for request in asked:
        by_item.setdefault(request.sample_id, []).append(_asked(request, is_open=is_open))
    return [WholeItem(**_item(found[key], is_open=is_open), requests=by_item.get(key, [])) for key in keys if key in found]


def _item(sample: Sample, *, is_open: bool) -> dict[str, Any]:
    same = ("index", "task", "document_id", "is_correct", "token_count", "tokens_cut")
    return {
        **{name: getattr(sample, name) for name in same},
        "margin": figure(sample.margin),
        "choices": [str(choice) for choice in sample.choices] if is_open and isinstance(sample.choices, list) else None,
        "target": sample.target if is_open else None,
        "prediction": sample.prediction if is_open else None,
    }


def _asked(request: models.Request, *, is_open: bool) -> Asked:
    return Asked(
        choice=request.choice,
        kind=request.kind,
        prompt=request.prompt.text if is_open else None,
        continuation=request.continuation if is_open else None,
        log_likelihood=figure(request.log_likelihood),
        is_greedy=request.is_greedy,
        response=request.response_text if is_open else None,
        tokens=request.tokens,
    )
