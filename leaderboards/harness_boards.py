"""Where the numbers of lm-eval's results files go: the boards of its tasks, and the protocols that they were measured under."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max

from leaderboards import harness_results, measurements, published
from leaderboards.harness_results import HarnessNumber, HarnessResults
from leaderboards.measurements import Obtained, Publication
from leaderboards.models import Metric, Protocol, shown
from leaderboards.verdicts import DEFAULT_MARGIN

_RULES = {"acc": Protocol.Scoring.FULL_TEXT, "acc_norm": Protocol.Scoring.CHARACTERS, "ppl": Protocol.Scoring.FULL_TEXT}
_WORDS = {"acc": "whole answers", "acc_norm": "whole answers by length", "ppl": "perplexity"}


@dataclass(frozen=True, kw_only=True)
class KnownTask:
    """A task of the harness: the names that boards have for its data, its part, and what guessing reaches."""

    name: str
    datasets: tuple[str, ...]
    split: str
    chance: float | None
    column: str = "Accuracy"
    is_written: bool = False


TASKS = {
    "lambada_openai": KnownTask(name="LAMBADA", datasets=("LAMBADA",), split="test", chance=None, is_written=True),
    "piqa": KnownTask(name="PIQA", datasets=("PIQA",), split="validation", chance=0.5),
    "sciq": KnownTask(name="SciQ", datasets=("SciQ",), split="test", chance=0.25),
    "arc_easy": KnownTask(name="ARC-Easy", datasets=("ARC (Easy)", "ARC-Easy"), split="test", chance=0.25),
    "arc_challenge": KnownTask(name="ARC-Challenge", datasets=("ARC (Challenge)", "ARC-Challenge"), split="test", chance=0.25),
    "winogrande": KnownTask(name="WinoGrande", datasets=("WinoGrande",), split="validation", chance=0.5),
    "logiqa": KnownTask(name="LogiQA", datasets=("LogiQA",), split="test", chance=0.25),
    "wsc": KnownTask(name="WSC", datasets=("Winograd Schema Challenge", "WSC"), split="validation", chance=0.5),
    "hendrycksTest": KnownTask(name="MMLU", datasets=("MMLU",), split="test", chance=0.25, column="Average (%)"),
}
"""What files of 2022 and 2023 are read for; today's group `mmlu` asks for letters, and is no `hendrycksTest`."""


@dataclass
class Imported:
    """What became of a file: numbers that are new, that stood here, and tasks that have no board here."""

    new: int = 0
    known: int = 0
    left_out: list[str] = field(default_factory=list)


@transaction.atomic
def store(results: HarnessResults, *, publication: Publication) -> Imported:
    """Put a file's numbers on the boards of their tasks, as rows of their own; once, however often it is called."""
    report = Imported()
    for number in _of_tasks(results):
        metrics = list(_columns(number))
        if not metrics:
            report.left_out += [number.task] if number.task not in report.left_out else []
        for metric in metrics:
            is_new = _store(number, metric, results, publication)
            report.new += is_new
            report.known += not is_new
    return report


def _of_tasks(results: HarnessResults) -> Iterator[HarnessNumber]:
    """The file's numbers by task, MMLU's subjects as one."""
    for number in results.numbers:
        if not number.task.startswith(harness_results.SUBJECTS):
            yield number
    for metric in ("acc", "acc_norm"):
        whole = harness_results.over_subjects(results.numbers, metric=metric)
        if whole is not None:
            yield whole


def _columns(number: HarnessNumber) -> Iterator[Metric]:
    """The columns that a number belongs in: none where no board is known for its task."""
    task = TASKS.get(number.task)
    if task is None or number.metric not in _RULES:
        return
    name = "Perplexity" if number.metric == "ppl" else task.column
    boards = Metric.objects.filter(shown("leaderboard__"), leaderboard__dataset_name__in=task.datasets, name=name)
    yield from boards.select_related("leaderboard").order_by("pk")


def _store(number: HarnessNumber, metric: Metric, results: HarnessResults, publication: Publication) -> bool:
    task = TASKS[number.task]
    is_share = measurements.is_proportion(number.metric)
    obtained = Obtained(
        value=number.value,
        standard_error=number.standard_error,
        items=number.items,
        chance_level=task.chance if is_share else None,
    )
    model = results.model.rpartition("/")[2]
    note = "The file does not say n: it follows from the standard error."
    if number.task == "hendrycksTest":
        note += " The number is the mean over the items of the file’s 57 subjects."
    return measurements.record_published(
        obtained.scaled(scale_of(metric) if is_share else 1.0),
        metric=metric,
        claim=None,
        model_name=model,
        protocol=_protocol(number, task, num_fewshot=results.num_fewshot),
        checkpoint=f"{results.model} at {results.revision}" if results.revision else results.model,
        publication=publication,
        note=note,
    )


def _protocol(number: HarnessNumber, task: KnownTask, *, num_fewshot: int) -> Protocol:
    version = number.version or "not said"
    scoring = Protocol.Scoring.WRITTEN if task.is_written and number.metric == "acc" else _RULES[number.metric]
    rule = "" if scoring == Protocol.Scoring.WRITTEN else f", {_WORDS[number.metric]}"
    return published.protocol_of(
        slug=f"{number.task}-{num_fewshot}-shot-{number.metric}-version-{version}".lower().replace("_", "-").replace(" ", "-"),
        name=f"{task.name}, {num_fewshot}-shot{rule} (lm-eval’s task version {version})",
        task=number.task,
        num_fewshot=num_fewshot,
        scoring=scoring,
        aggregation=Protocol.Aggregation.MICRO,
        metric=number.metric,
        versions={"task": version},
        prompt_family=number.task,
        split=task.split,
        dataset_names=list(task.datasets),
        margin=DEFAULT_MARGIN if measurements.is_proportion(number.metric) else None,
        description="As a results file of lm-eval states it: task, version of the task, worked examples, metric.",
    )


def scale_of(metric: Metric) -> float:
    """What takes a share to the board's unit: percent, unless all that is claimed in the column is within 0 and 1."""
    highest = metric.scores.aggregate(highest=Max("value"))["highest"]
    return 1.0 if highest is not None and highest <= 1 else 100.0
