"""Tasks of our own over benchmark items as llm-foundry ships them, and over made-up arithmetic: none is one that lm-eval ships.

They exist to compare engines on every kind of request. The items are real; wording and shots are not those of the benchmarks'
own tasks, so their numbers say nothing about a paper's. Each name begins with `pwc2_`, and each alias says what it is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Any

from workers.evaluation.errors import DataMissing
from workers.evaluation.local_tasks import arithmetic

TEMPLATES = Path(__file__).parent / "templates"
SHOTS = 20
"""The first items of each file: they are shown as worked examples and never scored."""

_MULTIPLE_CHOICE: dict[str, type] = {"query": str, "choices": list, "gold": int}
_CONTINUATION: dict[str, type] = {"context": str, "continuation": str}
_PARTIAL: dict[str, type] = {"context_options": list, "continuation": str, "gold": int}

TASKS: dict[str, tuple[str, dict[str, type]]] = {
    "pwc2_arc_easy": ("arc_easy.jsonl", _MULTIPLE_CHOICE),
    "pwc2_arc_challenge": ("arc_challenge.jsonl", _MULTIPLE_CHOICE),
    "pwc2_piqa": ("piqa.jsonl", _MULTIPLE_CHOICE),
    "pwc2_logiqa": ("logi_qa.jsonl", _MULTIPLE_CHOICE),
    "pwc2_winogrande": ("winogrande.jsonl", _PARTIAL),
    "pwc2_lambada": ("lambada_openai.jsonl", _CONTINUATION),
    "pwc2_lambada_rolling": ("lambada_openai.jsonl", _CONTINUATION),
}
"""Each task with its file of items and what a row of it holds; beside them stands `pwc2_arithmetic`, which needs no file."""

ARITHMETIC = "pwc2_arithmetic"


def prepare(bench: Path, folder: Path, *, tasks: Iterable[str] = (*TASKS, ARITHMETIC)) -> Path:
    """Writes the named tasks' definitions and items into `folder`, for `include_path` or lm-eval's `--include_path`.

    `bench` is the folder of the `.jsonl` files. Costs a tenth of a second; the same files give the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for task in tasks:
        if task == ARITHMETIC:
            rows: Sequence[dict[str, Any]] = arithmetic.problems(SHOTS + arithmetic.ITEMS)
        else:
            name, schema = TASKS[task]
            rows = _read(bench / name, schema)
        splits = {"shots": folder / f"{task}.shots.jsonl", "items": folder / f"{task}.items.jsonl"}
        _write(splits["shots"], rows[:SHOTS])
        _write(splits["items"], rows[SHOTS:])
        # JSON strings are YAML strings, whatever a path holds
        quoted = {split: json.dumps(str(path)) for split, path in splits.items()}
        definition = Template((TEMPLATES / f"{task}.yaml").read_text()).substitute(quoted)
        (folder / f"{task}.yaml").write_text(definition)
    return folder


def _read(path: Path, schema: dict[str, type]) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataMissing(f"{path} can't be read as benchmark items ({type(error).__name__}): fetch that file again.") from error
    lines = text.removesuffix("\n").split("\n")
    rows = [_row(line, schema, where=f"{path}, line {number}") for number, line in enumerate(lines, 1)]
    if len(rows) <= SHOTS:
        raise DataMissing(f"{path} has {len(rows)} items, and the first {SHOTS} are only shown: fetch the whole of it.")
    return rows


def _row(line: str, schema: dict[str, type], *, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataMissing(f"{where} is not JSON: fetch that file again.") from error
    if not isinstance(row, dict) or not all(type(row.get(name)) is kind for name, kind in schema.items()):
        raise DataMissing(f"{where} is no object with {', '.join(schema)} of the usual kinds: fetch that file again.")
    choices = next((row[name] for name in ("choices", "context_options") if name in schema), None)
    if choices is not None and not (all(isinstance(choice, str) for choice in choices) and 0 <= row["gold"] < len(choices)):
        raise DataMissing(f"{where} names no right one among its choices: fetch that file again.")
    return {name: row[name] for name in schema}


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
