"""Builders of checkpoints, protocols, runs and workers."""

from itertools import count

from django.utils import timezone

from leaderboards.models import Claim, Leaderboard, Metric, Model, Protocol, Score
from papers.models import Dataset, Task
from workers.models import Checkpoint, ClaimMapping, Prompt, Request, Run, Sample, Shard, Worker
from workers.states import RunState, ShardState

_numbers = count(1)

GIGABYTE = 10**9


def make_metric(*, name="Accuracy (%)"):
    number = next(_numbers)
    task = Task.objects.create(name=f"Task {number}", slug=f"task-{number}", source="form")
    dataset = Dataset.objects.create(name=f"Data {number}", slug=f"data-{number}", source="form")
    board = Leaderboard.objects.create(
        task=task, dataset=dataset, dataset_name=dataset.name, slug=f"task-{number}-on-data-{number}", source="form"
    )
    return Metric.objects.create(leaderboard=board, name=name, position=0, direction="higher")


def make_claim(*, metric=None, model_name="Model (5-shot)", value="33.6"):
    metric = metric or make_metric()
    claim = Claim.objects.create(leaderboard=metric.leaderboard, model_name=model_name, source="archive")
    Score.objects.create(claim=claim, metric=metric, raw=f'"{value}"', value=float(value))
    return claim


def make_checkpoint(**values):
    number = next(_numbers)
    model = Model.objects.create(name=f"Model {number}", slug=f"model-{number}", source="form")
    defaults = {
        "slug": f"checkpoint-{number}", "name": f"Checkpoint {number}", "model": model, "folder": f"folder-{number}",
        "dtype": "float32", "parameter_count": 1_000_000, "memory_bytes": GIGABYTE,
    }  # fmt: skip
    return Checkpoint.objects.create(**{**defaults, **values})


def make_protocol(**values):
    number = next(_numbers)
    defaults = {
        "slug": f"protocol-{number}", "name": f"Protocol {number}", "task": "mmlu_anatomy", "num_fewshot": 5,
        "scoring": "letter", "aggregation": "micro", "metric": "acc", "versions": {"number": number},
    }  # fmt: skip
    return Protocol.objects.create(**{**defaults, **values})


def make_mapping(*, claim=None, checkpoint=None, protocol=None, scale=100.0):
    claim = claim or make_claim()
    return ClaimMapping.objects.create(
        claim=claim,
        metric=claim.leaderboard.metrics.get(),
        checkpoint=checkpoint or make_checkpoint(),
        protocol=protocol or make_protocol(),
        scale=scale,
    )


def make_worker(*, memory_bytes=64 * GIGABYTE, device="cpu", seen_at=None, name="", **values):
    now = timezone.now()
    return Worker.objects.create(
        name=name or f"scorer{next(_numbers)}@host", device=device, device_name="a device", memory_bytes=memory_bytes,
        registered_at=now, last_seen_at=seen_at or now, **values,
    )  # fmt: skip


def make_planned_run(*, samples=4, batch_size=2, shards=1, checkpoint=None, protocol=None, **values):
    """A run that is being scored: `samples` items of two options each, cut into batches of 100 tokens each and shards."""
    checkpoint = checkpoint or make_checkpoint()
    protocol = protocol or make_protocol()
    run = Run.objects.create(
        checkpoint=checkpoint, protocol=protocol, state=RunState.SCORING, plan_version=1,
        samples_total=samples, requests_total=2 * samples,
        seeds={"python": 0, "numpy": 1234, "torch": 1234, "fewshot": 1234},
        provenance={"tasks": []}, **values,
    )  # fmt: skip
    for index in range(samples):
        prompt = Prompt.objects.create(digest=f"{run.pk}/{index}".encode(), text=f"Question {index}?")
        sample = Sample.objects.create(
            run=run, index=index, task=protocol.task, document_id=index, document={}, choices=["A", "B"], target="A"
        )
        for choice in range(2):
            Request.objects.create(
                run=run, ordinal=2 * index + choice, sample=sample, choice=choice, prompt=prompt, continuation=" AB"[choice]
            )
    batches = [
        {"samples": list(range(start, min(start + batch_size, samples))), "cuts": [], "tokens": 100, "kept": 0}
        for start in range(0, samples, batch_size)
    ]
    per_shard = -(-len(batches) // shards)
    for index in range(shards):
        own = batches[index * per_shard : (index + 1) * per_shard]
        Shard.objects.create(run=run, index=index, batches=own, tokens=100 * len(own), state=ShardState.QUEUED)
    return run
