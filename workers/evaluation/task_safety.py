"""Which of lm-eval's tasks this engine takes; told from their definitions, before any of their data or code is loaded."""

from __future__ import annotations

from typing import Any

from lm_eval.api.registry import METRIC_REGISTRY
from lm_eval.tasks._index import Entry, Kind

from workers.evaluation.errors import EvaluationError, UnknownTask, UnsafeTask

SCORED_KINDS = ("multiple_choice", "loglikelihood")


def check_definition(name: str, entry: Entry) -> None:
    """Refuses a task that runs generated or fetched code, and one whose kind of output can't be scored here."""
    config = entry.cfg or {}
    if config.get("unsafe_code"):
        raise UnsafeTask(f"The task {name!r} executes code that the model writes, which is never done here: choose another task.")
    for metric in config.get("metric_list") or []:
        _check_metric(name, metric)
    if entry.kind is Kind.PY_TASK:
        raise UnknownTask(
            f"The task {name!r} is a Python class of lm-eval's, which this engine can't score yet: choose another task."
        )
    if config.get("output_type") not in SCORED_KINDS:
        raise _unscored(name, str(config.get("output_type")))
    if config.get("doc_to_image") or config.get("doc_to_audio"):
        raise UnknownTask(f"The task {name!r} shows pictures or sound, which this engine can't score: choose a text task.")
    if config.get("repeats", 1) != 1:
        raise UnknownTask(f"The task {name!r} repeats each request, which this engine can't score yet: choose another task.")


def _check_metric(name: str, metric: dict[str, Any]) -> None:
    function = str(metric.get("metric"))
    is_own_function = "/" in function  # "!function utils.x", which the index keeps as a path
    if metric.get("hf_evaluate") or (not is_own_function and function not in METRIC_REGISTRY):
        raise UnsafeTask(
            f"The task {name!r} fetches the code of its metric {function!r} from a hub, which is never done here: "
            "choose another task."
        )


def _unscored(name: str, output_type: str) -> EvaluationError:
    return UnknownTask(
        f"The task {name!r} asks for {output_type} output, and this engine so far scores only "
        f"{' and '.join(SCORED_KINDS)}: choose another task."
    )
