"""One row of links-between-papers-and-code, and rows that mean one link."""

import pytest

from papers.archive.fields import RowFault
from papers.archive.links import merge, parse, raw_beside

ROW = {
    "paper_url": "https://paperswithcode.com/paper/a-paper",
    "paper_title": "A paper",
    "paper_arxiv_id": "2204.06745",
    "paper_url_abs": None,
    "paper_url_pdf": None,
    "repo_url": "https://github.com/Some/Code",
    "is_official": False,
    "mentioned_in_paper": None,
    "mentioned_in_github": False,
    "framework": "none",
}


def test_spellings_of_the_repository_make_one_link():
    again = {**ROW, "repo_url": "http://github.com/some/code.git"}
    assert parse(ROW).key == parse(again).key
    assert parse(ROW).key != parse({**ROW, "repo_url": "https://github.com/some/other"}).key


def test_of_repeated_rows_official_wins_and_the_further_rows_are_kept():
    record = parse(ROW)
    again = {**ROW, "is_official": True, "mentioned_in_paper": False, "framework": "pytorch"}
    merge(record, parse(again), values=again)
    assert (record.is_official, record.mentioned_in_paper, record.mentioned_in_github) == (True, False, False)
    assert record.framework == "pytorch"
    assert record.repeats == [again]


def test_what_the_paper_gives_back_is_not_kept_twice():
    record = parse(ROW)
    assert raw_beside(record, paper={"title": "A paper", "arxiv_id": "2204.06745", "url_abs": None, "url_pdf": None}) == {}
    known = {"title": "A Paper", "arxiv_id": "2204.06745", "url_abs": "https://arxiv.org/abs/2204.06745", "url_pdf": None}
    assert raw_beside(record, paper=known) == {"paper_title": "A paper", "paper_url_abs": None}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"repo_url": None}, "has no repo_url"),
        ({"repo_url": "https://"}, "has no repo_url"),
        ({"repo_url": 1}, "repo_url is a number where text belongs"),
        ({"paper_url": ""}, "has no paper_url"),
        ({"is_official": "yes"}, "is_official is a text where true or false belongs"),
    ],
)
def test_a_row_of_the_wrong_shape_says_what_is_wrong(change, reason):
    with pytest.raises(RowFault) as fault:
        parse({**ROW, **change})
    assert str(fault.value) == reason
