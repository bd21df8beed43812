"""Dates that can be and that cannot. The odd ones are made after the documented fault: the samples have none."""

from datetime import UTC, date, datetime, timedelta

import pytest

from papers.archive.dates import latest_possible, possible_day
from papers.archive.fields import RowFields

LATEST = date(2026, 7, 28)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1982-01-15", date(1982, 1, 15)),  # sample
        ("1901-01-01", date(1901, 1, 1)),
        ("2026-07-28", date(2026, 7, 28)),
        ("2025-08-01T00:00:00", date(2025, 8, 1)),
        ("2025-08-01 12:30:00", date(2025, 8, 1)),
        ("2024-02-29", date(2024, 2, 29)),
    ],
)
def test_a_day_that_can_be_is_read(text, day):
    assert possible_day(text, latest=LATEST) == day


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1900-01-01", "1900-12-31", "1899-12-30", "0001-01-01", "2026-07-29", "9999-12-31", "2023-02-29", "2022-13-01",
        "0000-00-00", "20220414", "2022", "2022-4-1", "14.04.2022", "2022-04-14Z", "None", "yesterday", "２０２２-04-14",
        "1" * 1_000_000,
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_is_unknown(text):
    assert possible_day(text, latest=LATEST) is None


def test_a_date_may_lie_a_year_past_its_dump():
    assert latest_possible(date(2025, 7, 27)) == date(2026, 7, 28)
    assert latest_possible() - datetime.now(UTC).date() in {timedelta(days=365), timedelta(days=366)}


@pytest.mark.parametrize(
    ("value", "day", "raw"),
    [
        ("2025-01-31", date(2025, 1, 31), {}),
        (None, None, {}),
        ("", None, {"date": ""}),
        ("1900-01-01", None, {"date": "1900-01-01"}),
        ("2027-01-01", None, {"date": "2027-01-01"}),
        ("2025-08-01T00:00:00", date(2025, 8, 1), {"date": "2025-08-01T00:00:00"}),
    ],
)
def test_a_text_that_the_column_cannot_give_back_is_kept_raw(value, day, raw):
    row = RowFields({"date": value}, schema=("date",))
    assert (row.date("date", latest=LATEST), row.raw, row.absent) == (day, raw, [])


def test_a_row_without_a_date_has_none_to_keep():
    row = RowFields({}, schema=("date",))
    assert (row.date("date"), row.raw, row.absent) == (None, {}, ["date"])
