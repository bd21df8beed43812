"""lm-eval's results JSON as others publish it, of 2022 ("acc") and of today ("acc,none"): what it says, or why it is refused.

Pure.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SUBJECTS = "hendrycksTest-"
"""What the names of MMLU's 57 subjects begin with in the harness of 2022 and 2023."""
SUBJECT_COUNT = 57
_LONGEST = 16 << 20
_SLIP = 0.01
"""How far from a whole number n, and the right answers among them, may come out: files give all digits."""
_BOOTSTRAPPED = {"ppl", "perplexity", "word_perplexity"}


class ResultsRefused(Exception):
    """A file is no results JSON that can be imported; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class HarnessNumber:
    """A task's metric in the harness's unit; `items` is read off the standard error, since old files do not say n."""

    task: str
    version: str
    metric: str
    value: float
    standard_error: float | None
    items: int


@dataclass(frozen=True, kw_only=True)
class HarnessResults:
    """A file: whose numbers they are (a repository, and its revision if it says one), with how many worked examples."""

    model: str
    revision: str
    num_fewshot: int
    numbers: tuple[HarnessNumber, ...]


def read(text: str) -> HarnessResults:
    """What a results file says. Raises `ResultsRefused`."""
    content = _mapping(_parsed(text), "The file")
    config = _mapping(content.get("config"), 'Its "config"')
    if config.get("limit") is not None:
        raise ResultsRefused(f"It was run over a part of the items (limit {config['limit']}), which measures no claim.")
    shots = config.get("num_fewshot")
    if isinstance(shots, bool) or not isinstance(shots, int) or shots < 0:
        raise ResultsRefused('Its "config" does not say "num_fewshot", how many worked examples the prompts have.')
    model, revision = _model(config.get("model_args"))
    results = _mapping(content.get("results"), 'Its "results"')
    versions = _mapping(content.get("versions", {}), 'Its "versions"')
    numbers = [number for task, values in results.items() for number in _numbers(task, values, versions)]
    if not numbers:
        raise ResultsRefused("It has no number of any task.")
    return HarnessResults(model=model, revision=revision, num_fewshot=shots, numbers=tuple(numbers))


def over_subjects(numbers: Sequence[HarnessNumber], *, metric: str) -> HarnessNumber | None:
    """MMLU as a whole out of its subjects: the mean over items, with the standard error of that; None unless all 57 are there."""
    found = [number for number in numbers if number.task.startswith(SUBJECTS) and number.metric == metric]
    if len(found) != SUBJECT_COUNT or len({number.version for number in found}) != 1:
        return None
    items = sum(number.items for number in found)
    squares = sum((number.items * (number.standard_error or 0.0)) ** 2 for number in found)
    return HarnessNumber(
        task=SUBJECTS.rstrip("-"),
        version=found[0].version,
        metric=metric,
        value=sum(number.items * number.value for number in found) / items,
        standard_error=math.sqrt(squares) / items,
        items=items,
    )


def _parsed(text: str) -> object:
    if len(text) > _LONGEST:
        raise ResultsRefused("It is far longer than results of the harness are.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ResultsRefused("It is no JSON.") from error


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ResultsRefused(f"{name} is no JSON object, as lm-eval writes it.")
    return value


def _model(arguments: object) -> tuple[str, str]:
    """The repository and revision out of "pretrained=owner/name,revision=step143000"."""
    pairs = arguments if isinstance(arguments, dict) else dict(_pairs(arguments if isinstance(arguments, str) else ""))
    model = pairs.get("pretrained")
    if not isinstance(model, str) or not model:
        raise ResultsRefused('Its "config" does not say in "model_args" which model it is (pretrained=owner/name).')
    return model, str(pairs.get("revision") or "")


def _pairs(text: str) -> list[tuple[str, str]]:
    parts = (part.partition("=") for part in text.split(","))
    return [(name.strip(), value.strip()) for name, sign, value in parts if sign]


def _numbers(task: str, values: object, versions: Mapping[str, Any]) -> list[HarnessNumber]:
    """A task's metrics; n is that of the first whose standard error tells it."""
    found = {name.removesuffix(",none"): value for name, value in _mapping(values, f"What it says of {task}").items()}
    metrics = {name: value for name, value in found.items() if not name.endswith("_stderr") and f"{name}_stderr" in found}
    shares = {name: value for name, value in metrics.items() if name not in _BOOTSTRAPPED}
    for name, value in metrics.items():
        for number in (value, found[f"{name}_stderr"]):
            if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
                raise ResultsRefused(f'"{name}" of {task} is no number with a standard error.')
    counted = (_items(value, found[f"{name}_stderr"]) for name, value in shares.items())
    items = next((number for number in counted if number), 0)
    if not items:
        return []
    return [
        HarnessNumber(
            task=task,
            version=str(versions.get(task, "")),
            metric=name,
            value=float(value),
            standard_error=float(found[f"{name}_stderr"]),
            items=items,
        )
        for name, value in metrics.items()
    ]


def _items(share: float, error: float) -> int:
    """How many items a share with this standard error, √(p (1 − p) / (n − 1)), is of; 0 where the two do not tell."""
    if not 0 < share < 1 or error <= 0:
        return 0
    items = share * (1 - share) / error**2 + 1
    is_whole = all(abs(number - round(number)) < _SLIP for number in (items, share * round(items)))
    return round(items) if is_whole else 0
