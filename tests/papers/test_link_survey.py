"""What is known of a file of links before it is stored: the quick reading says what the careful one says."""

import json

from papers.archive.link_survey import Survey
from papers.archive.reader import RawRow, read_raw, read_rows
from tests.portal.dumps import link_row


def surveyed(rows):
    survey = Survey()
    survey.add(rows)
    return survey.repeated, survey.repositories


def test_repeated_links_and_the_first_spelling_and_framework_of_repositories_are_found():
    rows = [
        link_row(url="https://github.com/Some/Code", framework="none"), link_row(url="https://github.com/other/code", framework=None),
        link_row(url="http://github.com/some/code.git/", framework="tf"), link_row("b", "https://github.com/some/code", framework="jax"),
    ]  # fmt: skip
    repeated, repositories = surveyed(RawRow(number, json.dumps(row).encode()) for number, row in enumerate(rows, start=1))
    assert repeated == {'["a-paper", "github.com/some/code"]': 0}
    assert repositories == {
        "github.com/some/code": ("https://github.com/Some/Code", "tf"),
        "github.com/other/code": ("https://github.com/other/code", None),
    }


def test_odd_rows_and_rows_that_are_none_are_read_alike(tmp_path):
    rows = [
        link_row(), link_row(is_official="yes"), link_row(paper_title=5), {"repo_url": "https://github.com/a/b"}, 7,
        link_row(url=""), link_row(url="https://x.org/a\u0000b"), {**link_row(), "paper_url": "https://arxiv.org/abs/1"},
        {**link_row(), "paper_url": None}, link_row(framework=["tf"]), link_row(extra={"a": [1.50]}),
    ]  # fmt: skip
    path = tmp_path / "links-between-papers-and-code.json"
    path.write_text(json.dumps(rows))
    assert surveyed(read_raw(path)) == surveyed(read_rows(path))


def test_the_real_links_are_read_alike(shared_data):
    path = shared_data / "pwc" / "archive" / "links-between-papers-and-code.json.gz"
    assert surveyed(read_raw(path)) == surveyed(read_rows(path))
