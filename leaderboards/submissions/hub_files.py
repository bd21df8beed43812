"""Results in the hub's own files: `model-index` of a model card, and `.eval_results/*.yaml`. Pure.

The shapes are those of huggingface_hub 2.4 (`repocard_data.model_index_to_eval_results`, `_eval_results`), which the web
process does not import: a test compares.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from leaderboards.submissions.rows import Defaults, Row, RowFault


def model_index(data: Any, *, defaults: Defaults) -> list[Row]:
    """The results that a model card's data states, one a metric-bearing entry."""
    index = data.get("model-index") if isinstance(data, Mapping) else None
    if not isinstance(index, list) or not index:
        raise RowFault("The model card has no `model-index` with results.")
    return [Row(number, values) for number, values in enumerate(_indexed(index, defaults), start=1)]


def eval_results(data: Any, *, defaults: Defaults) -> list[Row]:
    """The results of an `.eval_results` file, one an entry; the model's name and the board come from the form."""
    if not isinstance(data, list) or not data:
        raise RowFault("An .eval_results file is a list of results.")
    if not defaults.model_name:
        raise RowFault("Name the model: an .eval_results file does not.")
    return [Row(number, _entry(each, defaults)) for number, each in enumerate(data, start=1)]


def of_yaml(data: Any, *, defaults: Defaults) -> list[Row]:
    """What a YAML file states: a model card's data, or a list as `.eval_results` has it."""
    return eval_results(data, defaults=defaults) if isinstance(data, list) else model_index(data, defaults=defaults)


def _indexed(index: list[Any], defaults: Defaults) -> Iterator[dict[str, Any]]:
    for model in index:
        name = _text(model, "name")
        results = model.get("results") if isinstance(model, Mapping) else None
        for result in results if isinstance(results, list) else [None]:
            yield {"model_name": name or defaults.model_name, **_result(result), **defaults.said()}


def _result(result: Any) -> dict[str, Any]:
    dataset, task, source = (_part(result, name) for name in ("dataset", "task", "source"))
    metrics = result.get("metrics") if isinstance(result, Mapping) else None
    return {
        "task": _text(task, "name") or _text(task, "type"),
        "dataset": _text(dataset, "name") or _text(dataset, "type"),
        "scores": [
            {"metric": _text(metric, "name") or _text(metric, "type"), "value": metric.get("value")}
            for metric in metrics or ()
            if isinstance(metric, Mapping)
        ]
        if isinstance(metrics, list)
        else [],
        "source_url": _text(source, "url"),
        "note": _note(_named(dataset, "config"), _named(dataset, "split")),
    }


def _entry(entry: Any, defaults: Defaults) -> dict[str, Any]:
    dataset, source = _part(entry, "dataset"), _part(entry, "source")
    day = str(entry.get("date") or "")[:10] if isinstance(entry, Mapping) else ""
    name, part = _text(dataset, "id"), _text(dataset, "task_id")
    return {
        "model_name": defaults.model_name,
        "dataset": name.rpartition("/")[2],
        "scores": [{"metric": defaults.metric, "value": entry.get("value") if isinstance(entry, Mapping) else None}],
        "source_url": _text(source, "url"),
        "evaluated_on": day or None,
        "note": _note(name and f"dataset {name}", part and part != "default" and f"task {part}", _text(entry, "notes")),
        **defaults.said(),
    }


def _part(values: Any, name: str) -> Any:
    return values.get(name) if isinstance(values, Mapping) else None


def _text(values: Any, name: str) -> str:
    value = values.get(name) if isinstance(values, Mapping) else None
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _named(values: Any, name: str) -> str:
    text = _text(values, name)
    return f"{name} {text}" if text else ""


def _note(*parts: Any) -> str:
    return ", ".join(str(part) for part in parts if part)
