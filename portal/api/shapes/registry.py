"""What is measured and how: models, checkpoints, protocols and workers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import F
from django.utils import timezone

from leaderboards.models import Protocol as StoredProtocol
from portal.api.shapes.rows import Row, Source, by_keys
from workers import models
from workers.models import WORKER_SILENCE


class Model(Row):
    """A model by its name, as claims have it, with how many claims are about it and the ids of checkpoints of it."""

    id: str
    name: str
    claims: int
    checkpoints: list[str]

    example: ClassVar[dict[str, Any]] = {
        "id": "gpt-neox-20b",
        "name": "GPT-NeoX-20B",
        "claims": 2,
        "checkpoints": ["gpt-neox-20b"],
    }


class Checkpoint(Row):
    """Weights that a worker can load: where they are, at which commit, and what loading takes, in bytes."""

    id: str
    name: str
    model: str
    hub_id: str
    revision: str
    dtype: str
    parameter_count: int
    memory_bytes: int
    device: str

    example: ClassVar[dict[str, Any]] = {
        "id": "gpt-neox-20b", "name": "GPT-NeoX-20B", "model": "gpt-neox-20b", "hub_id": "EleutherAI/gpt-neox-20b",
        "revision": "c292233c833e336628618a88a648727eb3dff0a7", "dtype": "float16", "parameter_count": 20_554_568_208,
        "memory_bytes": 45_220_000_000, "device": "gpu",
    }  # fmt: skip


@by_keys(Checkpoint)
def read_checkpoints() -> Source:
    """Checkpoints."""
    same = ("name", "hub_id", "revision", "dtype", "parameter_count", "memory_bytes", "device")
    return models.Checkpoint.objects.all(), {"id": "slug", "model": F("model__slug"), **{name: name for name in same}}


class Protocol(Row):
    """How a number is measured: an lm-eval task, its shots, and what counts as the answer."""

    id: str
    name: str
    task: str
    num_fewshot: int
    split: str
    scoring: str
    aggregation: str
    metric: str
    dataset_names: list[str]
    margin: float | None
    noise: float
    description: str
    is_selftest: bool

    example: ClassVar[dict[str, Any]] = {
        "id": "mmlu-5-shot", "name": "MMLU, 5 shots", "task": "mmlu", "num_fewshot": 5, "split": "test", "scoring": "letter",
        "aggregation": "micro", "metric": "acc", "dataset_names": ["MMLU"], "margin": 0.01, "noise": 0.0, "description": "",
        "is_selftest": False,
    }  # fmt: skip


@by_keys(Protocol)
def read_protocols() -> Source:
    """Protocols."""
    same = (
        "name", "task", "num_fewshot", "split", "scoring", "aggregation", "metric", "dataset_names", "margin", "noise",
        "description", "is_selftest",
    )  # fmt: skip
    return StoredProtocol.objects.all(), {"id": "slug", **{name: name for name in same}}


class Worker(Row):
    """A process that scores: what it has, and whether it was heard from of late. Its name tells a host, so only staff read it."""

    id: int
    name: str | None
    device: str
    device_name: str
    device_count: int
    memory_bytes: int
    is_online: bool
    is_set_aside: bool
    holds: str | None
    last_seen_at: datetime

    example: ClassVar[dict[str, Any]] = {
        "id": 1, "name": None, "device": "cuda", "device_name": "NVIDIA H200", "device_count": 2, "memory_bytes": 300_000_000_000,
        "is_online": True, "is_set_aside": False, "holds": "gpt-neox-20b", "last_seen_at": "2026-01-02T03:04:05Z",
    }  # fmt: skip


def read_workers(keys: Sequence[int], *, is_staff: bool) -> list[Worker]:
    """By keys."""
    found = models.Worker.objects.select_related("warm_checkpoint").in_bulk(keys)
    since = timezone.now() - WORKER_SILENCE
    return [
        Worker(
            id=key,
            name=worker.name if is_staff else None,
            device=worker.device,
            device_name=worker.device_name,
            device_count=worker.device_count,
            memory_bytes=worker.memory_bytes,
            is_online=worker.last_seen_at > since,
            is_set_aside=worker.set_aside_at is not None,
            holds=worker.warm_checkpoint.slug if worker.warm_checkpoint else None,
            last_seen_at=worker.last_seen_at,
        )
        for key in keys
        if (worker := found.get(key))
    ]
