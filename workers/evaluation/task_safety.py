"""Which of lm-eval's tasks this engine takes; told from their definitions, before any of their data or code is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lm_eval.api.registry import METRIC_REGISTRY
from lm_eval.tasks._index import Entry, Kind

from workers.evaluation.errors import UnknownTask, UnsafeTask
from workers.evaluation.prefixes.generation import WritingRefused, settings_of

_KINDS = ("multiple_choice", "loglikelihood", "loglikelihood_rolling", "generate_until")
_LOADS_METRICS = re.compile(r"^\s*(?:import|from)\s+evaluate\b", flags=re.MULTILINE)
"""A package whose metrics are code that it fetches from a hub."""
_OWN_FUNCTION = re.compile(r"(?P<module>/[^\n{}]{1,1000})\.\w{1,200}")
"""How the index keeps "!function utils.x": as a path that ends in ".x"."""


def check_definition(name: str, entry: Entry) -> None:
    """Refuses a task that runs generated or fetched code, and one whose requests can't be answered here."""
    config = entry.cfg or {}
    if config.get("unsafe_code"):
        raise UnsafeTask(f"The task {name!r} executes code that the model writes, which is never done here: choose another task.")
    has_own_results = config.get("process_results") is not None  # then a metric is a name, which lm-eval looks up nowhere
    for metric in config.get("metric_list") or []:
        _check_metric(name, metric, is_own=has_own_results)
    if entry.kind is Kind.PY_TASK:
        raise UnknownTask(
            f"The task {name!r} is a Python class of lm-eval's, which this engine can't score yet: choose another task."
        )
    kind = config.get("output_type", "generate_until")  # lm-eval's own default
    if kind not in _KINDS:
        raise UnknownTask(f"The task {name!r} asks for {kind} output, which lm-eval does not have: correct its definition.")
    if config.get("doc_to_image") or config.get("doc_to_audio"):
        raise UnknownTask(f"The task {name!r} shows pictures or sound, which this engine can't score: choose a text task.")
    if config.get("repeats", 1) != 1:
        raise UnknownTask(f"The task {name!r} repeats each request, which this engine can't score yet: choose another task.")
    if kind == "generate_until":
        _check_settings(name, config)
    if kind == "generate_until" or has_own_results:
        _check_own_functions(name, config)


def _check_metric(name: str, metric: dict[str, Any], *, is_own: bool) -> None:
    function = str(metric.get("metric"))
    is_own = is_own or "/" in function  # "!function utils.x", which the index keeps as a path
    if metric.get("hf_evaluate") or (not is_own and function not in METRIC_REGISTRY):
        raise UnsafeTask(
            f"The task {name!r} fetches the code of its metric {function!r} from a hub, which is never done here: "
            "choose another task."
        )


def _check_settings(name: str, config: dict[str, Any]) -> None:
    """Refuses texts that would be drawn by lot."""
    try:
        settings_of(config.get("generation_kwargs") or {})
    except WritingRefused as refused:
        raise UnknownTask(f"The task {name!r} {refused}: choose another task.") from refused


def _check_own_functions(name: str, config: dict[str, Any]) -> None:
    """Refuses metrics that a task's own functions fetch."""
    for module in sorted(set(_own_modules(config))):
        if _LOADS_METRICS.search(module.read_text(encoding="utf-8", errors="replace")):
            raise UnsafeTask(
                f"The task {name!r} fetches the code of its metrics from a hub ({module.name} does), which is never done here: "
                "choose another task."
            )


def _own_modules(value: Any) -> Iterator[Path]:
    """The files of the functions that a definition names."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _own_modules(item)
    elif isinstance(value, str) and (named := _OWN_FUNCTION.fullmatch(value)):
        module = Path(f"{named['module']}.py")
        if module.is_file():
            yield module
