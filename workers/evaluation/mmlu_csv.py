"""Reads MMLU from CSV files, trusting nothing in them: `test/<subject>_test.csv` and `dev/<subject>_dev.csv`.

A folder may hold `val/<subject>_val.csv` too, which only the form of December 2022 draws its shots from (`mmlu_2022`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from workers.evaluation.errors import DataMissing

COLUMNS = ("question", "choice0", "choice1", "choice2", "choice3", "answer")
SPLITS = ("test", "dev")
VALIDATION = "val"
TEST_ITEMS, DEV_ITEMS_A_SUBJECT = 14_042, 5
_MOST_BYTES = 64_000_000

SUBJECTS = tuple(
    """
    abstract_algebra anatomy astronomy business_ethics clinical_knowledge college_biology college_chemistry
    college_computer_science college_mathematics college_medicine college_physics computer_security conceptual_physics
    econometrics electrical_engineering elementary_mathematics formal_logic global_facts high_school_biology
    high_school_chemistry high_school_computer_science high_school_european_history high_school_geography
    high_school_government_and_politics high_school_macroeconomics high_school_mathematics high_school_microeconomics
    high_school_physics high_school_psychology high_school_statistics high_school_us_history high_school_world_history
    human_aging human_sexuality international_law jurisprudence logical_fallacies machine_learning management marketing
    medical_genetics miscellaneous moral_disputes moral_scenarios nutrition philosophy prehistory professional_accounting
    professional_law professional_medicine professional_psychology public_relations security_studies sociology
    us_foreign_policy virology world_religions
    """.split()  # noqa: SIM905 (one name a line would be a page)
)


@dataclass(frozen=True)
class Item:
    """One question; `answer` is the right choice's place, 0 to 3."""

    question: str
    choices: tuple[str, str, str, str]
    answer: int


def locate(source: Path) -> Path:
    """The folder with `test/` and `dev/`: `source` itself, or its `mmlu`."""
    for folder in (source / "mmlu", source):
        if (folder / "test").is_dir() and (folder / "dev").is_dir():
            return folder
    raise DataMissing(f"{source} holds no MMLU: BENCHMARK_DATA must name a folder with mmlu/dev and mmlu/test, CSV files inside.")


def file_of(folder: Path, subject: str, split: str) -> Path:
    """Where a subject's items of a split are kept."""
    return folder / split / f"{subject}_{split}.csv"


def read(path: Path) -> list[Item]:
    """Every item of a CSV file; a row that can't be trusted is refused with its file and line."""
    if path.stat().st_size > _MOST_BYTES:
        raise DataMissing(
            f"{path} is larger than {_MOST_BYTES:,} bytes, which no MMLU subject is: put the benchmark's own file there."
        )
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return _rows(path, file)
    except (OSError, UnicodeDecodeError) as error:
        raise DataMissing(f"{path} can't be read ({error}): put the benchmark's own UTF-8 file there.") from error


def _rows(path: Path, file: TextIO) -> list[Item]:
    items: list[Item] = []
    reader = csv.reader(file, strict=True)
    try:
        header: list[str] = next(reader, [])
        if tuple(header) != COLUMNS:
            raise DataMissing(f"{path}, line 1: the columns must be {', '.join(COLUMNS)}; put the benchmark's own file there.")
        items.extend(_item(path, reader.line_num, row) for row in reader)
    except csv.Error as error:
        raise DataMissing(
            f"{path}, line {reader.line_num}: no valid CSV ({error}); put the benchmark's own file there."
        ) from error
    if not items:
        raise DataMissing(f"{path} holds no items: put the benchmark's own file there.")
    return items


def _item(path: Path, line: int, row: list[str]) -> Item:
    if len(row) != len(COLUMNS):
        raise DataMissing(f"{path}, line {line}: {len(row)} cells in place of {len(COLUMNS)}; correct the row.")
    question, first, second, third, fourth, answer = row
    if answer not in {"0", "1", "2", "3"}:
        raise DataMissing(f"{path}, line {line}: the answer is {answer[:40]!r}, not 0, 1, 2 or 3; correct the row.")
    if any("\0" in cell for cell in row):
        raise DataMissing(f"{path}, line {line}: a cell holds a NUL character; correct the row.")
    return Item(question, (first, second, third, fourth), int(answer))
