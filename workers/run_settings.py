"""In which settings two runs differ, by their records: what could explain that their numbers do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workers import records
from workers.models import Run
from workers.records import mapping, mappings

DIGEST_SHOWN = 12
JUDGED_BEFORE = "acc"
"""By which items were judged before that went by the protocol's metric; written texts by their task's first filter."""
_TOKENIZER_FILES = ("tokenizer", "vocab", "merges", "special_tokens", "added_tokens")
_WAYS = {"shared": "once for many prompts", "plain": "anew for each"}


@dataclass(frozen=True)
class Setting:
    """A setting that differs: the change that it belongs to, what it is, and what it was on each side."""

    change: str
    name: str
    first: str
    second: str


MODEL, TOKENIZER, FORMAT = "the model", "the tokenizer", "the number format"
PROTOCOL, PROMPTS = "the protocol", "the prompts"
DEVICE, SOFTWARE, BATCHES = "the device", "the software", "how items were batched"
NUMERIC = frozenset({FORMAT, DEVICE, SOFTWARE, BATCHES})
"""Changes that should move a number in its last digits only."""


def differing(first: Run, second: Run) -> tuple[Setting, ...]:
    """Every setting that differs, those that weigh most first."""
    sides = _facts(first), _facts(second)
    keys = dict.fromkeys([*sides[0], *sides[1]])
    order = [MODEL, TOKENIZER, FORMAT, PROTOCOL, PROMPTS, DEVICE, SOFTWARE, BATCHES]
    found = (Setting(change, name, *(side.get((change, name), "not recorded") for side in sides)) for change, name in keys)
    return tuple(sorted((item for item in found if item.first != item.second), key=lambda item: order.index(item.change)))


def judged_by(run: Run) -> str:
    """The metric by which the run's items were judged; runs of before knew one only."""
    if run.protocol.metric == JUDGED_BEFORE:
        return JUDGED_BEFORE
    # not `run.results`, which holds the harness's whole record
    return Run.objects.filter(pk=run.pk).values_list("results__judged_by", flat=True).get() or JUDGED_BEFORE


def changes(settings: Iterable[Setting]) -> list[str]:
    """What changed, each once."""
    return list(dict.fromkeys(setting.change for setting in settings))


def _facts(run: Run) -> dict[tuple[str, str], str]:
    """The settings of one run by the change that each belongs to; what is not recorded is not there."""
    record = mapping(run.provenance)
    checkpoint, plan = mapping(record.get("checkpoint")), mapping(record.get("plan"))
    protocol = run.protocol
    found: dict[tuple[str, str], Any] = {
        (MODEL, "Checkpoint"): run.checkpoint.location,
        (MODEL, "Revision"): checkpoint.get("revision") or run.checkpoint.revision,
        (MODEL, "Weights"): _digests(checkpoint, lambda name: not name.startswith(_TOKENIZER_FILES)),
        (TOKENIZER, "Tokenizer's files"): _digests(checkpoint, lambda name: name.startswith(_TOKENIZER_FILES)),
        (TOKENIZER, "Tokens read at most"): mapping(record.get("reading")).get("max_length"),
        (FORMAT, "Number format"): checkpoint.get("dtype") or run.checkpoint.dtype,
        (PROTOCOL, "Task"): protocol.task,
        (PROTOCOL, "Worked examples"): protocol.num_fewshot,
        (PROTOCOL, "What is scored"): protocol.get_scoring_display(),
        (PROTOCOL, "Aggregation"): protocol.get_aggregation_display(),
        (PROTOCOL, "Metric"): protocol.metric,
        (PROTOCOL, "Items judged by"): judged_by(run),
        (PROTOCOL, "Items per task"): run.items_per_task or "all",
        (DEVICE, "Device"): mapping(record.get("device")).get("name"),
        (BATCHES, "Tokens a batch"): plan.get("token_budget"),
        (BATCHES, "CPU threads"): plan.get("threads"),
        (BATCHES, "Beginnings computed"): {"shared": "once for many prompts", "plain": "anew for each"}.get(
            str(record.get("way"))
        ),
    }
    for name, seed in mapping(run.seeds).items():
        found[PROMPTS, f"Seed ({name})"] = seed
    for task in records.tasks_of(run):
        found[PROTOCOL, f"Version of {task.get('name')}"] = task.get("version")
        found[PROMPTS, f"Prompts of {task.get('name')}"] = str(task.get("prompt_sha256") or "")[:DIGEST_SHOWN]
    for name, version in mapping(record.get("software")).items():
        found[SOFTWARE, name] = version
    return {key: str(value) for key, value in found.items() if value not in (None, "")}


def _digests(checkpoint: Mapping[str, Any], is_meant: Callable[[str], bool]) -> str:
    """The digests of some files as one text."""
    files = checkpoint.get("files")
    named = sorted((str(file.get("name")), str(file.get("sha256"))[:DIGEST_SHOWN]) for file in mappings(files))
    return ", ".join(f"{name} {digest}" for name, digest in named if is_meant(name))
