"""What an import did, file by file."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

SAMPLES = 5


class DumpKind(StrEnum):
    """The dumps that can be imported; their order is the order of import."""

    PAPERS = "papers-with-abstracts"
    LINKS = "links-between-papers-and-code"
    TABLES = "evaluation-tables"


@dataclass
class FileReport:
    """Counts of one file. Rows are papers, links or results; `read` is the sum of the five counts below it."""

    path: Path
    kind: DumpKind | None = None
    new: int = 0
    changed: int = 0
    same: int = 0
    repeated: int = 0
    rejected: int = 0
    samples: list[str] = field(default_factory=list)
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
        """Count a row that cannot be used; the first few are kept with the reason."""
        self.rejected += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(f"row {number:,} {reason}"[:400])

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
        self.notes.clear()

    def lines(self) -> list[str]:
        """What a person reads about this file."""
        if self.error:
            return [f"{self.path}: {self.error} (nothing of it was imported)"]
        if self.kind is None:
            return [f"{self.path}: {note}" for note in self.notes]
        counts = ["new", "changed", "same", "repeated", "rejected"]
        head = f"{self.path}: rows read {self.read:,}, " + ", ".join(f"{name} {getattr(self, name):,}" for name in counts)
        return [head, *(f"  {note}" for note in self.notes), *(f"  rejected: {sample}" for sample in self.samples)]


@dataclass
class ImportReport:
    """All files of one import, and how many demo rows gave way to it."""

    files: list[FileReport] = field(default_factory=list)
    gave_way: int = 0
    linked: int = 0

    @property
    def has_failed(self) -> bool:
        return any(file.error for file in self.files)

    def lines(self) -> list[str]:
        """What a person reads at the end."""
        lines = [line for file in self.files for line in file.lines()]
        if self.linked:
            lines.append(f"Results linked to papers that arrived after them: {self.linked:,}.")
        if self.gave_way:
            lines.append(f"Demo rows that gave way to the archive: {self.gave_way:,}.")
        return lines
