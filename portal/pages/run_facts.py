"""What ran and what came out, from a run's own record.

The record (`Run.provenance`, `Run.results`) is JSON that workers write; a part that is missing or of another shape is
left out rather than guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.pages import figures
from workers.models import Run
from workers.records import Json, mapping, mappings

DIGEST_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class TaskFact:
    """A benchmark task as it was run."""

    name: str
    version: str
    shots: str
    items: str
    dataset: str
    prompt: str


@dataclass(frozen=True, kw_only=True)
class MetricFact:
    """A number as the harness computed it, in the harness's own unit."""

    task: str
    metric: str
    value: str
    standard_error: str
    items: str
    chance: str


@dataclass(frozen=True, kw_only=True)
class FileFact:
    """A file of the checkpoint."""

    name: str
    size: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a run's record says, in words."""

    what: tuple[tuple[str, str], ...]
    software: tuple[tuple[str, str], ...]
    seeds: tuple[tuple[str, str], ...]
    tasks: tuple[TaskFact, ...]
    files: tuple[FileFact, ...]
    metrics: tuple[MetricFact, ...]
    ties: str


def read(run: Run) -> Facts:
    """The facts of a run; what is not recorded yet comes from what was asked for."""
    record = mapping(run.provenance)
    checkpoint = mapping(record.get("checkpoint"))
    return Facts(
        what=_pairs(_what(run, record, checkpoint)),
        software=_pairs(sorted(mapping(record.get("software")).items())),
        seeds=_pairs(sorted((mapping(record.get("seeds")) or mapping(run.seeds)).items())),
        tasks=tuple(_task(task) for task in mappings(record.get("tasks"))),
        files=tuple(_file(file) for file in mappings(checkpoint.get("files"))),
        metrics=tuple(_metric(metric) for metric in mappings(mapping(run.results).get("metrics"))),
        ties=_ties(mapping(run.results), metric=run.protocol.metric),
    )


def _ties(results: Mapping[str, Json], *, metric: str) -> str:
    """What a reader has to know of items that a rounding could have decided; empty where nothing was compared.

    Runs of before compared the options' likelihoods as they stand, whatever their own number goes by.
    """
    judged = _text(results.get("judged_by")) or "acc"
    said = _ties_said(mapping(results.get("ties")))
    return said if metric == judged or not said else f"{said} So it is for {judged}; the run’s own number is {metric}."


def _ties_said(counts: Mapping[str, Json]) -> str:
    items, exact, near, within = (counts.get(name) for name in ("items", "exact", "near", "within"))
    if not (isinstance(items, int) and isinstance(exact, int) and isinstance(near, int) and items):
        return ""
    if not exact and not near:
        return f"On none of {items:,} items are the best two options so close that rounding may turn them."
    return (
        f"On {exact:,} of {items:,} items the best two options are exactly alike, and the first of them counts; "
        f"on {near:,} more they are within {within:g} of each other, which rounding may turn."
    )


def _what(run: Run, record: Mapping[str, Json], checkpoint: Mapping[str, Json]) -> Sequence[tuple[str, Json]]:
    device = mapping(record.get("device"))
    plan = mapping(record.get("plan"))
    memory = device.get("memory_bytes")
    return (
        ("Model", checkpoint.get("location") or run.checkpoint.location),
        ("Revision", checkpoint.get("revision") or run.checkpoint.revision),
        ("Number format", checkpoint.get("dtype") or run.checkpoint.dtype),
        ("Parameters", figures.parameters(_whole(checkpoint.get("parameter_count")) or run.checkpoint.parameter_count)),
        ("Device", _device(device)),
        ("Device memory", figures.size(memory) if isinstance(memory, int) else ""),
        ("Scored on", _scored_on(record)),
        ("Benchmark task", f"{run.protocol.task}, {run.protocol.num_fewshot}-shot"),
        ("Scoring", run.protocol.get_scoring_display()),
        ("Aggregation", run.protocol.get_aggregation_display()),
        ("Tokens a batch", _budget(plan, run)),
        ("Plan", _plan(plan, run)),
    )


def _budget(plan: Mapping[str, Json], run: Run) -> str:
    """What batches are cut by; runs of before were cut by items."""
    if "batch_size" in plan:
        return f"{plan['batch_size']} items"
    return f"{run.token_budget:,}{' (made smaller: memory ran out)' if plan.get('changes') else ''}"


def _plan(plan: Mapping[str, Json], run: Run) -> str:
    """The plan's version and size, and whether another machine of the kind would give the same bits."""
    batches, shards = _whole(plan.get("batches")), _whole(plan.get("shards"))
    if not (run.plan_version and batches and shards):
        return ""
    bits = "" if plan.get("is_bit_identical", True) else "; other bits are possible another time"
    return (
        f"version {run.plan_version}: {figures.counted(batches, 'batch', 'batches')} in {figures.counted(shards, 'shard')}{bits}"
    )


def _device(device: Mapping[str, Json]) -> str:
    return figures.device(str(device.get("name") or ""), _whole(device.get("count")), has_cores=device.get("kind") == "cpu")


def _scored_on(record: Mapping[str, Json]) -> str:
    """The kinds of devices that scored with how many shards each; empty where they were all of one kind."""
    shards: dict[str, set[int]] = {}
    for scorer in mappings(record.get("scored_by")):
        places = scorer.get("shards")
        if isinstance(places, list):
            device = _device(mapping(scorer.get("device"))) or "a device that is not on record"
            shards.setdefault(device, set()).update(place[0] for place in places if isinstance(place, list) and place)
    if len(shards) < 2:
        return ""
    return "; ".join(f"{device} ({figures.counted(len(places), 'shard')})" for device, places in shards.items())


def _task(task: Mapping[str, Json]) -> TaskFact:
    return TaskFact(
        name=_text(task.get("name")),
        version=_text(task.get("version")),
        shots=_text(task.get("num_fewshot")),
        items=figures.count(_whole(task.get("items"))),
        dataset=_text(task.get("dataset")),
        prompt=_text(task.get("prompt_sha256"))[:DIGEST_SHOWN],
    )


def _file(file: Mapping[str, Json]) -> FileFact:
    return FileFact(
        name=_text(file.get("name")), size=figures.size(_whole(file.get("size"))), sha256=_text(file.get("sha256"))[:DIGEST_SHOWN]
    )


def _metric(metric: Mapping[str, Json]) -> MetricFact:
    return MetricFact(
        task=_text(metric.get("task")),
        metric=_text(metric.get("metric")),
        value=_number(metric.get("value")),
        standard_error=_number(metric.get("stderr")),
        items=figures.count(_whole(metric.get("items"))),
        chance=_number(metric.get("chance")),
    )


def _pairs(pairs: Sequence[tuple[str, Json]]) -> tuple[tuple[str, str], ...]:
    """Those that say something."""
    return tuple((label, _text(value)) for label, value in pairs if _text(value))


def _text(value: Json) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _whole(value: Json) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _number(value: Json) -> str:
    return f"{value:.4f}" if isinstance(value, int | float) else ""
