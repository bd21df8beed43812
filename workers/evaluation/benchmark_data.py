"""Lays benchmark data from a folder where lm-eval's stock tasks look for it, so that their definitions stay untouched.

The `datasets` package, when offline, takes `cais/mmlu` from `$HF_HOME/datasets/cais___mmlu/<subject>/0.0.0/<hash>/`. That cache
is written here out of CSV files. The environment must be set (`environment`) before `datasets` is first imported.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from workers.evaluation import mmlu_csv
from workers.evaluation.errors import DataMissing
from workers.evaluation.mmlu_csv import DEV_ITEMS_A_SUBJECT, SPLITS, SUBJECTS, TEST_ITEMS, VALIDATION, Item

_FORMAT = "1"
_NOTE = "benchmark-data.json"


@dataclass(frozen=True)
class StagedData:
    """What lies ready: MMLU's subjects, their items, and a digest of the files that they came from."""

    digest: str
    subjects: tuple[str, ...]
    test_items: int
    dev_items: int

    @property
    def missing(self) -> tuple[str, ...]:
        """Subjects of MMLU that the folder did not hold."""
        return tuple(subject for subject in SUBJECTS if subject not in self.subjects)


def environment(hf_home: Path, offline: bool, *, has_own_data: bool = False) -> dict[str, str]:
    """Variables that must be set before datasets, transformers and lm_eval are imported.

    With data of our own, `datasets` never asks the hub: what BENCHMARK_DATA names is what is run.
    """
    variables = {
        "HF_HOME": str(hf_home),
        "HF_DATASETS_CACHE": str(hf_home / "datasets"),
        "HF_HUB_CACHE": str(hf_home / "hub"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "DATASETS_VERBOSITY": "error",
        "TRANSFORMERS_VERBOSITY": "error",
        "TQDM_DISABLE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if offline:
        variables |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    if offline or has_own_data:
        variables["HF_DATASETS_OFFLINE"] = "1"
    return variables


def stage(source: Path, hf_home: Path, *, require_all: bool = True) -> StagedData:
    """MMLU from `source`, ready under `hf_home`; costs two seconds once, and 0.1 s when the files are the same as before.

    With `require_all` a folder that lacks a subject is refused; without, what it has is staged and `missing` names the rest.
    Safe when several processes do it at once: one builds, the others wait and find it done.
    """
    folder = mmlu_csv.locate(source)
    present = [subject for subject in SUBJECTS if all(mmlu_csv.file_of(folder, subject, split).is_file() for split in SPLITS)]
    if require_all:
        check_subjects(SUBJECTS, present, where=str(folder))
    if not present:
        raise DataMissing(
            f"{folder} holds no subject of MMLU: name its files like test/anatomy_test.csv and dev/anatomy_dev.csv."
        )
    digest = _digest(folder, present)
    with _lock(hf_home):
        staged = _already_staged(hf_home, digest)
        if staged is None:
            staged = _build(folder, present, hf_home=hf_home, digest=digest)
    return staged


def staged_subjects(hf_home: Path) -> tuple[str, ...] | None:
    """The subjects that `stage` laid under `hf_home`; None where it never did."""
    try:
        return tuple(json.loads((hf_home / _NOTE).read_text())["subjects"])
    except (OSError, ValueError, KeyError):
        return None


def check_subjects(needed: Sequence[str], present: Sequence[str], *, where: str) -> None:
    """Refuses benchmark data in which a needed subject is missing, and names what is."""
    missing = [subject for subject in needed if subject not in present]
    if missing:
        named = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise DataMissing(
            f"{where} lacks {len(missing)} of the {len(needed)} MMLU subjects that are needed ({named}): "
            "add each one's test/<subject>_test.csv and dev/<subject>_dev.csv."
        )


def _digest(folder: Path, subjects: Sequence[str]) -> str:
    digest = hashlib.sha256(_FORMAT.encode())
    for subject in subjects:
        for split in (*SPLITS, VALIDATION):
            path = mmlu_csv.file_of(folder, subject, split)
            if split == VALIDATION and not path.is_file():
                continue
            digest.update(f"{subject} {split} {path.stat().st_size} ".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _lock(hf_home: Path) -> Iterator[None]:
    try:
        hf_home.mkdir(parents=True, exist_ok=True)
        handle = os.open(hf_home / ".staging.lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise DataMissing(f"Benchmark data can't be staged under {hf_home} ({error.strerror}): make it writable.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _already_staged(hf_home: Path, digest: str) -> StagedData | None:
    try:
        note = json.loads((hf_home / _NOTE).read_text())
        staged = StagedData(**{**note, "subjects": tuple(note["subjects"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_whole = all((_cache(hf_home) / subject / "0.0.0" / digest / "dataset_info.json").is_file() for subject in staged.subjects)
    return staged if staged.digest == digest and is_whole else None


def _build(folder: Path, subjects: Sequence[str], *, hf_home: Path, digest: str) -> StagedData:
    cache = _cache(hf_home)
    cache.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".staging-", dir=cache.parent))
    try:
        counts = [_write_subject(folder, subject, building / subject / "0.0.0" / digest) for subject in subjects]
        staged = StagedData(digest, tuple(subjects), sum(test for test, _ in counts), sum(dev for _, dev in counts))
        _check_counts(folder, staged)
        _replace(cache, building)
    except OSError as error:
        raise DataMissing(f"Benchmark data can't be staged under {hf_home} ({error}): free space or make it writable.") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    note = hf_home / f"{_NOTE}.new"
    note.write_text(json.dumps(asdict(staged)))
    note.replace(hf_home / _NOTE)
    return staged


def _check_counts(folder: Path, staged: StagedData) -> None:
    if not staged.missing and staged.test_items != TEST_ITEMS:
        raise DataMissing(
            f"The MMLU in {folder} has {staged.test_items:,} test items in place of {TEST_ITEMS:,}: fetch its files again."
        )


def _write_subject(folder: Path, subject: str, destination: Path) -> tuple[int, int]:
    destination.mkdir(parents=True)
    test, dev = (mmlu_csv.read(mmlu_csv.file_of(folder, subject, split)) for split in SPLITS)
    if len(dev) != DEV_ITEMS_A_SUBJECT:
        path = mmlu_csv.file_of(folder, subject, "dev")
        raise DataMissing(f"{path} has {len(dev)} worked examples in place of {DEV_ITEMS_A_SUBJECT}: fetch it again, unedited.")
    splits = {"test": test, "dev": dev}
    validation = mmlu_csv.file_of(folder, subject, VALIDATION)
    if validation.is_file():
        splits["validation"] = mmlu_csv.read(validation)
    _write_arrow(subject, destination, splits)
    return len(test), len(dev)


def _write_arrow(subject: str, destination: Path, splits: dict[str, list[Item]]) -> None:
    # imported here because datasets reads its environment when it is imported, and `environment` must come first
    from datasets import ClassLabel, DatasetInfo, Features, List, SplitDict, SplitInfo, Value, Version
    from datasets.arrow_writer import ArrowWriter

    letters = ClassLabel(names=["A", "B", "C", "D"])
    features = Features(question=Value("string"), subject=Value("string"), choices=List(Value("string")), answer=letters)
    version = Version("0.0.0")
    info = DatasetInfo(features=features, builder_name="parquet", dataset_name="mmlu", config_name=subject, version=version)
    info.splits = SplitDict(dataset_name="mmlu")
    for split, items in splits.items():
        with ArrowWriter(path=str(destination / f"mmlu-{split}.arrow"), features=features) as writer:
            for item in items:
                row = {"question": item.question, "subject": subject, "choices": list(item.choices), "answer": item.answer}
                writer.write(row)
            _, num_bytes = writer.finalize()
        info.splits.add(SplitInfo(name=split, num_bytes=num_bytes, num_examples=len(items), dataset_name="mmlu"))
    info.write_to_directory(str(destination))


def _replace(cache: Path, building: Path) -> None:
    old = building.with_name(f"{building.name}-old")
    if cache.exists():
        cache.rename(old)
    building.rename(cache)
    shutil.rmtree(old, ignore_errors=True)


def _cache(hf_home: Path) -> Path:
    return hf_home / "datasets" / "cais___mmlu"
