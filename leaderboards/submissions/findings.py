"""What a check found: how grave it is, under which field, and a sentence that says what and what to do."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How grave a finding is."""

    ERROR = "error"
    """It cannot be taken as it is."""
    WARNING = "warning"
    """A person has to look, whoever sent it."""
    NOTE = "note"
    """Worth knowing; it holds nothing up."""


@dataclass(frozen=True)
class Finding:
    """One thing that a check found; `code` is for programs."""

    severity: Severity
    code: str
    field: str
    sentence: str


def error(code: str, field: str, sentence: str) -> Finding:
    """What keeps a submission from being taken."""
    return Finding(Severity.ERROR, code, field, sentence)


def warning(code: str, field: str, sentence: str) -> Finding:
    """What a person has to look at."""
    return Finding(Severity.WARNING, code, field, sentence)


def note(code: str, field: str, sentence: str) -> Finding:
    """What is worth knowing."""
    return Finding(Severity.NOTE, code, field, sentence)


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep it from being taken."""
    return [finding for finding in findings if finding.severity == Severity.ERROR]


def is_flagged(findings: Iterable[Finding]) -> bool:
    """Whether a person has to look."""
    return any(finding.severity == Severity.WARNING for finding in findings)


def as_json(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """For the database and for programs."""
    return [asdict(finding) for finding in findings]


def of_json(stored: Iterable[Any]) -> list[Finding]:
    """What `as_json` stored."""
    return [Finding(Severity(each["severity"]), each["code"], each["field"], each["sentence"]) for each in stored]
