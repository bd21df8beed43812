"""A folder of MMLU in which every subject has a validation split too; where the real one is not to be had, rows stand in for it."""

import csv
import shutil

from workers.evaluation import mmlu_csv

OWN, SHOWN = 10, 5


def lay(bench, folder, *, subjects=mmlu_csv.SUBJECTS):
    """`folder` as BENCHMARK_DATA, with these subjects. Returns whether the validation split is the real one.

    What stands in for it are ten of the subject's own test items, so that items are drawn for themselves, and the dev items.
    """
    source = mmlu_csv.locate(bench)
    is_real = True
    for subject in subjects:
        for split in mmlu_csv.SPLITS:
            copy = mmlu_csv.file_of(folder / "mmlu", subject, split)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(mmlu_csv.file_of(source, subject, split), copy)
        validation = mmlu_csv.file_of(folder / "mmlu", subject, mmlu_csv.VALIDATION)
        validation.parent.mkdir(parents=True, exist_ok=True)
        real = mmlu_csv.file_of(source, subject, mmlu_csv.VALIDATION)
        if real.is_file():
            shutil.copyfile(real, validation)
        else:
            is_real = False
            _stand_in(source, subject, validation)
    return is_real


def _stand_in(source, subject, path):
    rows = [
        row
        for split, count in (("test", OWN), ("dev", SHOWN))
        for row in mmlu_csv.read(mmlu_csv.file_of(source, subject, split))[:count]
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(mmlu_csv.COLUMNS)
        writer.writerows([row.question, *row.choices, row.answer] for row in rows)
