"""Many results in one file: CSV, JSON, a model card or an .eval_results file, read into rows. Pure.

A row that cannot be read is a row with a complaint, not the end of the file: the others are taken.
"""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_ROWS = 5000
LARGEST = 4 * 1024 * 1024
"""Bytes of a file."""

FIELDS = (
    "board", "task", "dataset", "model_name", "paper", "code_url", "uses_additional_data", "evaluated_on", "table", "page",
    "quote", "source_url", "external_id", "note",
)  # fmt: skip
ALIASES = {
    "model": "model_name", "paper_url": "paper", "arxiv_id": "paper", "paper_title": "paper", "code": "code_url",
    "extra_data": "uses_additional_data", "date": "evaluated_on", "leaderboard": "board", "sota": "board",
}  # fmt: skip
_YES, _NO = {"yes", "true", "1", "y"}, {"no", "false", "0", "n"}


class RowFault(ValueError):
    """The file cannot be read at all; the message is a sentence."""


@dataclass(frozen=True)
class Row:
    """One row of a file: its number as its reader counts, and its values, or why it has none."""

    number: int
    values: dict[str, Any]
    complaint: str = ""


@dataclass(frozen=True)
class Defaults:
    """What the form says of all rows of a file that do not say it themselves."""

    board: str = ""
    paper: str = ""
    model_name: str = ""
    metric: str = ""

    def said(self) -> dict[str, str]:
        """As values of a row; a board that is named stands for any task and dataset."""
        board = {"board": self.board, "task": "", "dataset": ""} if self.board else {}
        return {**board, **({"paper": self.paper} if self.paper else {})}


def of_csv(text: str, *, defaults: Defaults) -> list[Row]:
    """The rows of a CSV file with a header: known columns by their names, every other column is a metric."""
    try:
        lines = csv.reader(io.StringIO(text.lstrip("\ufeff")), strict=True)
        header = [name.strip() for name in next(lines, [])]
        if not any(header):
            raise RowFault("The file is empty: its first line names the columns.")
        rows = []
        for cells in lines:
            if any(cell.strip() for cell in cells):
                rows.append(_of_cells(lines.line_num, header, cells, defaults))
            _limit(len(rows))
    except csv.Error as error:
        raise RowFault(f"This is no CSV that can be read: look at the quotes in line {lines.line_num}.") from error
    return rows


def of_json(text: str, *, defaults: Defaults) -> list[Row]:
    """The rows of a JSON file: a list of results as the API takes them, `metrics` an object of values by name."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise RowFault(f"This is no JSON that can be read: look at it{where}.") from error
    found = data.get("results") if isinstance(data, Mapping) else data
    if not isinstance(found, list):
        raise RowFault("The file is a list of results, or an object with a list `results`.")
    _limit(len(found))
    return [
        Row(number, {**{k: v for k, v in defaults.said().items() if not each.get(k)}, **each})
        if isinstance(each, dict)
        else Row(number, {}, "It is no object with the values of a result.")
        for number, each in enumerate(found, start=1)
    ]


def _of_cells(number: int, header: list[str], cells: list[str], defaults: Defaults) -> Row:
    if len(cells) > len(header):
        return Row(number, {}, f"It has {len(cells)} cells, and the header names {len(header)}: put quotes around commas.")
    values: dict[str, Any] = {}
    scores = []
    for name, cell in zip(header, cells, strict=False):
        known = ALIASES.get(name.lower().replace(" ", "_"), name.lower().replace(" ", "_"))
        text = cell.strip()
        if known in FIELDS:
            values.setdefault(known, "")
            values[known] = values[known] or text
        elif name and text:
            scores.append({"metric": name, "value": text})
    complaint = _flagged(values)
    said = {name: value for name, value in defaults.said().items() if not values.get(name)}
    return Row(number, {**values, **said, "scores": scores}, complaint)


def _flagged(values: dict[str, Any]) -> str:
    """Read yes and no; a complaint about any other word."""
    word = str(values.pop("uses_additional_data", "") or "").lower()
    if word in _YES | _NO:
        values["uses_additional_data"] = word in _YES
        return ""
    return f"“{word[:40]}” is neither yes nor no." if word else ""


def _limit(count: int) -> None:
    if count > MOST_ROWS:
        raise RowFault(f"The file has more than {MOST_ROWS:,} rows: send it in parts.")
