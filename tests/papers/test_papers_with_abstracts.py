"""One row of papers-with-abstracts."""

from datetime import date

import pytest

from papers.archive.fields import RowFault
from papers.archive.papers_with_abstracts import ProceedingRecord, parse, read_proceeding

URL = "https://paperswithcode.com/paper/a-paper"


def test_a_missing_key_a_null_and_an_empty_text_stay_apart():
    record = parse({"paper_url": URL, "title": None, "abstract": "", "authors": None, "proceeding": "", "date": ""})
    assert (record.key, record.slug) == ("a-paper", "a-paper")
    assert record.columns["title"] is None and "title" not in record.absent
    assert record.columns["abstract"] == ""
    assert record.raw == {"authors": None, "proceeding": "", "date": ""}
    assert record.absent == [
        "arxiv_id", "nips_id", "openreview_id", "short_abstract", "url_abs", "url_pdf", "tasks", "conference_url_abs",
        "conference_url_pdf", "conference", "reproduces_paper", "methods",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day", "raw"),
    [
        ("2022-04-14", date(2022, 4, 14), {}),
        ("2026-08-01T00:00:00", date(2026, 8, 1), {"date": "2026-08-01T00:00:00"}),
        ("1901-11-01", date(1901, 11, 1), {}),
        ("1900-01-01", None, {"date": "1900-01-01"}),
        ("2922-04-14", None, {"date": "2922-04-14"}),
        ("2022-02-30", None, {"date": "2022-02-30"}),
        ("20220414", None, {"date": "20220414"}),
        ("yesterday", None, {"date": "yesterday"}),
    ],
)
def test_a_date_that_is_none_is_kept_raw(text, day, raw):
    record = parse({"paper_url": URL, "date": text})
    assert (record.columns["date"], record.raw) == (day, raw)


def test_an_arxiv_id_loses_its_version_and_keeps_its_letters_beside():
    record = parse({"paper_url": URL, "arxiv_id": "2204.06745v1"})
    assert (record.columns["arxiv_id"], record.raw) == ("2204.06745", {"arxiv_id": "2204.06745v1"})
    strange = parse({"paper_url": URL, "arxiv_id": "x" * 9000})
    assert (strange.columns["arxiv_id"], strange.raw) == (None, {"arxiv_id": "x" * 9000})


def test_our_own_keys_become_columns_and_unknown_ones_are_kept():
    sources = [{"title": "Card", "url": "https://example.org"}]
    row = {"paper_url": URL, "_abstract_by": "portal", "_code_count": 11, "_sources": sources, "later_key": [1.50]}
    record = parse(row)
    assert (record.abstract_by, record.code_count) == ("portal", 11)
    assert record.extra == {"_sources": sources, "later_key": [1.5]}


@pytest.mark.parametrize("value", [-1, 2**31, True, "11", 1.5])
def test_a_code_count_that_is_none_is_kept_as_an_unknown_key(value):
    record = parse({"paper_url": URL, "_code_count": value})
    assert (record.code_count, record.extra) == (None, {"_code_count": value})


def test_a_paper_of_another_site_gets_its_address_by_the_rule():
    record = parse({"paper_url": "https://example.org/x", "title": "A Title: of Words"})
    assert (record.key, record.slug) == ("https://example.org/x", "a-title-of-words")
    assert record.raw == {"paper_url": "https://example.org/x"}


def test_repeated_tasks_and_methods_count_once_and_are_kept_raw():
    methods = [{"name": "Adam", "full_name": "first"}, {"name": "LoRA"}, {"name": "Adam", "full_name": "second"}]
    record = parse({"paper_url": URL, "tasks": ["a", "b", "a"], "methods": methods})
    assert record.tasks == ["a", "b"]
    assert [(method.name, method.full_name) for method in record.methods] == [("Adam", "first"), ("LoRA", None)]
    assert record.raw == {"tasks": ["a", "b", "a"], "methods": methods}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, "has no paper_url"),
        ({"paper_url": "  "}, "has no paper_url"),
        ({"paper_url": 5}, "paper_url is a number where text belongs"),
        ({"paper_url": URL, "title": ["x"]}, "title is a list where text belongs"),
        ({"paper_url": URL, "authors": "Ada"}, "authors is a text where a list belongs"),
        ({"paper_url": URL, "authors": ["Ada", None]}, "authors holds null where texts belong"),
        ({"paper_url": URL, "date": 2022}, "date is a number where text belongs"),
        ({"paper_url": URL, "methods": ["Adam"]}, "methods holds a text where objects belong"),
        ({"paper_url": URL, "methods": [{"full_name": "Adam"}]}, "carries a method without a name"),
        (
            {"paper_url": URL, "methods": [{"name": "A", "introduced_year": "x"}]},
            "a method: introduced_year is a text where a number belongs",
        ),
        (
            {"paper_url": URL, "methods": [{"name": "A", "main_collection": "x"}]},
            "carries a method whose main_collection is no object",
        ),
    ],
)
def test_a_row_of_the_wrong_shape_says_what_is_wrong(row, reason):
    with pytest.raises(RowFault) as fault:
        parse(row)
    assert str(fault.value) == reason


@pytest.mark.parametrize(
    ("name", "conference", "year", "month"),
    [
        ("NeurIPS 2018 12", "NeurIPS", 2018, 12),
        ("BigScience (ACL) 2022 5", "BigScience (ACL)", 2022, 5),
        ("CVPR 2018", "CVPR", 2018, None),
        ("Findings (ACL) 2021 08", "Findings (ACL)", 2021, 8),
        ("proceedings-of-the-27th-international", None, None, None),
        ("2018", None, None, None),
        ("ICML 3018 5", None, None, None),
        ("ICML 2018 13", None, None, None),
    ],
)
def test_a_proceeding_is_a_conference_a_year_and_a_month(name, conference, year, month):
    assert read_proceeding(name) == ProceedingRecord(name, conference, year, month)
