"""Which of the archive's dates can be true.

The archive has empty dates, dates of 1900 where none was known, days that no calendar has, and dates to come. Such a date is
unknown here: the column is null, and the text stays in the row's raw values, so that an export gives it back.
"""

from datetime import UTC, date, datetime, timedelta

FIRST_YEAR = 1901
"""Pearson's principal components are of 1901; 1900 is what databases write for "none"."""

AHEAD = timedelta(days=366)
"""How far a date may lie past the day of its dump: proceedings are dated before they appear."""


def latest_possible(dump_day: date | None = None) -> date:
    """The last day that a dump of that day, or of today, can name."""
    return (dump_day or datetime.now(UTC).date()) + AHEAD


def possible_day(text: str, *, latest: date) -> date | None:
    """The day of `"2022-04-14"` or `"2022-04-14T00:00:00"`; None for a text that is none, and for a day that cannot be.

    A day cannot be before 1901 or after `latest`.
    """
    day = _calendar_day(text)
    return day if day is not None and day.year >= FIRST_YEAR and day <= latest else None


def _calendar_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text[10:11] in {"", "T", " "} and text[4:5] == "-" else None
    except ValueError:
        return None
