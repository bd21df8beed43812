"""What an import did, file by file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

SAMPLES = 5
MOST_REASONS = 50
OTHER_REASONS = "other reasons"

_PARTICULARS = re.compile(r"\([^()]*\)|^.*: |\d[\d,]*")
"""What one row's reason has that another's of the same sort has not: names in brackets or before a colon, numbers."""


class DumpKind(StrEnum):
    """The dumps of the archive; their order is the order of import."""

    METHODS = "methods"
    PAPERS = "papers-with-abstracts"
    LINKS = "links-between-papers-and-code"
    DATASETS = "datasets"
    TABLES = "evaluation-tables"


@dataclass
class FileReport:
    """Counts of one file. Rows are papers, links or results; `read` is the sum of the five counts below it.

    `samples` are the first rejected rows, and the first of each further sort of reason; `reasons` counts the sorts.
    """

    path: Path
    kind: DumpKind | None = None
    new: int = 0
    changed: int = 0
    same: int = 0
    repeated: int = 0
    rejected: int = 0
    samples: list[str] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def stored(self) -> int:
        """Rows that stand in the catalogue now."""
        return self.new + self.changed + self.same

    @property
    def read(self) -> int:
        """Rows that the file holds."""
        return self.stored + self.repeated + self.rejected

    def reject(self, number: int, reason: str) -> None:
        """Count a row that cannot be used, by its reason."""
        self.rejected += 1
        sort = " ".join(_PARTICULARS.sub("", reason).split())
        if sort not in self.reasons and len(self.reasons) >= MOST_REASONS:
            sort = OTHER_REASONS
        if len(self.samples) < SAMPLES or sort not in self.reasons:
            self.samples.append(f"row {number:,} {reason}"[:400])
        self.reasons[sort] = self.reasons.get(sort, 0) + 1

    def refuse(self, what: str, reason: str) -> None:
        """As `reject`, for a row whose number is not known any more; `what` names what it says."""
        self.rejected += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(f"{what} {reason}"[:400])

    def count(self, *, new: int, changed: int, same: int) -> None:
        """Count rows that were stored."""
        self.new += new
        self.changed += changed
        self.same += same

    def fail(self, reason: str) -> None:
        """The whole file was refused: nothing of it is stored."""
        self.error = reason
        self.new = self.changed = self.same = self.repeated = self.rejected = 0
        self.samples.clear()
        self.reasons.clear()
        self.notes.clear()

    def as_json(self) -> dict[str, Any]:
        """What is kept of the file's report."""
        counts = {name: getattr(self, name) for name in ("read", "new", "changed", "same", "repeated", "rejected")}
        said = {"reasons": self.reasons, "samples": self.samples, "notes": self.notes, "error": self.error}
        return {"file": self.path.name, "kind": self.kind.value if self.kind else None, **counts, **said}

    def lines(self) -> list[str]:
        """What a person reads about this file."""
        if self.error:
            return [f"{self.path}: {self.error} (nothing of it was imported)"]
        if self.kind is None:
            return [f"{self.path}: {note}" for note in self.notes]
        counts = ["new", "changed", "same", "repeated", "rejected"]
        head = f"{self.path}: rows read {self.read:,}, " + ", ".join(f"{name} {getattr(self, name):,}" for name in counts)
        lines = [head, *(f"  {note}" for note in self.notes)]
        if self.rejected > len(self.samples):
            lines += [f"  rejected {count:,} {'row' if count == 1 else 'rows'}: {sort}" for sort, count in self.reasons.items()]
        return [*lines, *(f"  rejected: {sample}" for sample in self.samples)]


@dataclass
class ImportReport:
    """All files of one import, and what came of them together.

    `gave_way` counts demo rows that gave way to it; `linked` results whose paper arrived after them; `gone` tombstones by dump;
    `faults` rows of the catalogue by what is odd about them; `seconds` how long each step took; `was_settled` whether there
    was anything to bring up to date.
    """

    files: list[FileReport] = field(default_factory=list)
    gave_way: int = 0
    linked: int = 0
    number: int = 0
    gone: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    was_settled: bool = False

    @property
    def has_failed(self) -> bool:
        return any(file.error for file in self.files)

    @property
    def has_changed(self) -> bool:
        """Whether the import changed anything that the catalogue says."""
        return any(file.new or file.changed for file in self.files) or bool(self.gone or self.gave_way)

    def note_seconds(self, seconds: Mapping[str, float]) -> None:
        """Add how long steps took."""
        for step, took in seconds.items():
            self.seconds[step] = self.seconds.get(step, 0.0) + took

    def lines(self) -> list[str]:
        """What a person reads at the end."""
        lines = [line for file in self.files for line in file.lines()]
        lines += [f"No longer in {dump}, kept as tombstones: {count:,}." for dump, count in self.gone.items()]
        if self.linked:
            lines.append(f"Results linked to papers that arrived after them: {self.linked:,}.")
        if self.gave_way:
            lines.append(f"Demo rows that gave way to the archive: {self.gave_way:,}.")
        return lines

    def fault_lines(self) -> list[str]:
        """What a person reads about the oddities of the catalogue as it stands now."""
        found = [f"  {name}: {count:,}" for name, count in self.faults.items() if count]
        return ["In the catalogue now:", *found] if found else []

    def as_json(self) -> dict[str, Any]:
        """What is kept of the report."""
        return {
            "files": [file.as_json() for file in self.files],
            "gave_way": self.gave_way,
            "linked": self.linked,
            "gone": self.gone,
            "faults": self.faults,
            "seconds": {step: round(took, 2) for step, took in self.seconds.items()},
        }
