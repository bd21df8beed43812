"""The quick way of reading papers says what the careful one says, or leaves a row to it."""

import json

import pytest

from papers.archive.papers_with_abstracts import SCHEMA, parse
from papers.archive.plain_papers import PlainPapers
from papers.archive.prepared_papers import prepared
from papers.archive.reader import RawRow, read_raw
from papers.archive.row_decoding import decoded

METHOD = {
    "name": "LoRA", "full_name": "Low-Rank Adaptation", "description": "Two\r\nlines, $\\alpha$ and a\ttab", "introduced_year": 2021,
    "source_url": None, "source_title": None, "code_snippet_url": "",
    "main_collection": {"name": "Adaptation", "description": "", "parent": None, "area": "General"},
}  # fmt: skip
ROW = {
    **dict.fromkeys(SCHEMA),
    "paper_url": "https://paperswithcode.com/paper/a-paper",
    "title": "A \\ paper\twith\nodd\rsigns é",
    "abstract": "",
    "arxiv_id": "2204.06745",
    "date": "2022-04-14",
    "proceeding": "NeurIPS 2018 12",
    "authors": ["Ada", "Ada"],
    "tasks": ["One", "Two"],
    "methods": [METHOD],
}


def quick(values, **how):
    return PlainPapers().prepare(json.dumps(values, **how).encode())


@pytest.mark.parametrize("how", [{}, {"ensure_ascii": False}, {"indent": 3}, {"sort_keys": True}])
def test_an_ordinary_row_is_read_alike_whatever_its_spelling(how):
    assert quick(ROW, **how) == prepared(parse(ROW))


@pytest.mark.parametrize(
    "odd",
    [
        {"date": ""}, {"date": "1900-01-01"}, {"date": "2022-04-14T00:00:00"}, {"date": "2022-02-30"}, {"arxiv_id": "2204.06745v2"},
        {"arxiv_id": ""}, {"proceeding": " "}, {"paper_url": "http://paperswithcode.com/paper/a"}, {"paper_url": ""}, {"paper_url": None},
        {"paper_url": "https://arxiv.org/abs/1"}, {"tasks": ["One", "One"]}, {"tasks": None}, {"methods": [METHOD, METHOD]},
        {"methods": [{"name": None}]}, {"methods": ["LoRA"]}, {"authors": [1]}, {"title": 7}, {"extra": 1}, {"abstract": "a\u0000b"},
        {"abstract": "a\u001fb"}, {"abstract": "\ud800"},
    ],
)  # fmt: skip
def test_a_row_that_is_odd_is_left_to_the_careful_way(odd):
    assert quick({**ROW, **odd}) is None


def test_a_row_that_lacks_a_key_is_left_to_the_careful_way():
    assert quick({key: value for key, value in ROW.items() if key != "abstract"}) is None


def test_every_row_of_the_samples_is_read_alike(shared_data):
    plain, ways = PlainPapers(), set()
    for path in (shared_data / "pwc").glob("*/papers-with-abstracts*"):
        for raw in read_raw(path):
            assert isinstance(raw, RawRow)
            found = plain.prepare(raw.data)
            ways.add(found is None)
            assert found is None or found == prepared(parse(decoded(raw).values))
    assert False in ways
