"""Observed stars out of CSV: a row says that a repository had so many stars on a day.

    repository,stars,observed_on
    https://github.com/EleutherAI/gpt-neox,6800,2025-07-01

Whoever runs the site gets such a file from where stars are counted; the site itself asks nobody. Other columns are passed over.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone

from papers.archive.keys import repository_key
from papers.archive.upsert import batches

COLUMNS = ("repository", "stars", "observed_on")
BATCH = 5_000
MOST_STARS = 10_000_000
FIRST_DAY = date(2008, 1, 1)
SAMPLES = 5
LONGEST_QUOTE = 60

_STORE = """
WITH given AS (
    SELECT repository.id, row.day, row.stars
    FROM unnest(%s::text[], %s::date[], %s::integer[]) AS row (key, day, stars)
    JOIN papers_repository repository ON repository.key = row.key
), written AS (
    INSERT INTO papers_starobservation AS kept (repository_id, observed_on, stars) SELECT id, day, stars FROM given
    ON CONFLICT (repository_id, observed_on) DO UPDATE SET stars = excluded.stars WHERE kept.stars <> excluded.stars
    RETURNING xmax = 0 AS is_new
)
SELECT (SELECT count(*) FROM given), count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
"""


class StarsRefused(Exception):
    """The file cannot be read at all; the message is one sentence."""


@dataclass
class StarReport:
    """What a file held. Of `known` rows the repository is here; a row that says a repository's day again counts as `repeated`."""

    read: int = 0
    rejected: int = 0
    repeated: int = 0
    known: int = 0
    new: int = 0
    changed: int = 0
    samples: list[str] = field(default_factory=list)

    @property
    def unknown(self) -> int:
        """Rows of repositories that are not here."""
        return self.read - self.rejected - self.repeated - self.known

    def reject(self, line: int, reason: str) -> None:
        """Count a row that says nothing."""
        self.rejected += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(f"line {line}: {reason}")

    def __str__(self) -> str:
        parts = {
            "new": self.new,
            "changed": self.changed,
            "same": self.known - self.new - self.changed,
            "said twice": self.repeated,
            "of repositories that are not here": self.unknown,
            "rejected": self.rejected,
        }
        told = ", ".join(f"{number:,} {what}" for what, number in parts.items() if number)
        return f"{self.read:,} observations{f': {told}' if told else ''}"


def store(lines: Iterable[str]) -> StarReport:
    """Store the observations of a CSV file, all or none. The last word on a repository's day wins. Raises StarsRefused."""
    report = StarReport()
    with transaction.atomic(), connection.cursor() as cursor:
        for rows in batches(_rows(lines, report), size=BATCH):
            batch = {(key, day): stars for key, day, stars in rows}
            report.repeated += len(rows) - len(batch)
            keys, days = zip(*batch, strict=True)
            cursor.execute(_STORE, [list(keys), list(days), list(batch.values())])
            known, new, changed = cursor.fetchone()
            report.known += known
            report.new += new
            report.changed += changed
    return report


def _rows(lines: Iterable[str], report: StarReport) -> Iterator[tuple[str, date, int]]:
    reader = csv.DictReader(lines)
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise StarsRefused(f"The first line has to name the columns {', '.join(COLUMNS)}; it lacks {', '.join(missing)}.")
        for row in reader:
            report.read += 1
            try:
                yield _read(row)
            except ValueError as error:
                report.reject(reader.line_num, str(error))
    except csv.Error as error:
        raise StarsRefused(f"Line {reader.line_num + 1} is no CSV: {error}.") from error


def _read(row: Mapping[str, str | None]) -> tuple[str, date, int]:
    """A row's repository key, day and stars; ValueError with a sentence where it lacks one."""
    address, stars, day = ((row[name] or "").strip() for name in COLUMNS)
    key = repository_key(address)
    if not key or "\x00" in key:
        raise ValueError(f"“{address[:LONGEST_QUOTE]}” is no address of a repository")
    if not (stars.isascii() and stars.isdigit() and len(stars) <= 9 and int(stars) <= MOST_STARS):
        raise ValueError(f"“{stars[:LONGEST_QUOTE]}” is no number of stars from 0 to {MOST_STARS:,}")
    try:
        on = date.fromisoformat(day[:10])
    except ValueError:
        raise ValueError(f"“{day[:LONGEST_QUOTE]}” is no day, such as 2025-07-01") from None
    if not FIRST_DAY <= on <= timezone.now().date() + timedelta(days=1):
        raise ValueError(f"{on} is before {FIRST_DAY} or still to come")
    return key, on, int(stars)
