"""Addresses that the dumps state, wherever they stand, win over those that have to be made."""

import json

import pyarrow
import pyarrow.parquet
import pytest

from papers.models import Paper
from tests.portal.dumps import link_row, load, paper_row, table_rows

pytestmark = pytest.mark.usefixtures("committed_db")

OLD = "https://paperswithcode.com/paper"
NAMELESS = {**paper_row(title="A b"), "paper_url": "https://example.org/x"}
"""A paper whose address has to be made: a-b, were it free."""


def slug_of_the_nameless():
    return Paper.objects.get(title="A b", archive_key__contains="example.org").slug


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("links-between-papers-and-code.json", [link_row("a-b")]),
        ("evaluation-tables.json", table_rows({"paper_url": f"{OLD}/a-b", "paper_title": "Other"})),
        ("methods.json", [{"name": "M", "full_name": "M", "description": f"[as here]({OLD}/a-b)"}]),
        ("methods.json", [{"name": "M", "full_name": "M", "paper": "a-b"}]),
        ("datasets.json", [{"name": "D", "paper": {"title": "Other", "url": f"{OLD}/a-b/"}}]),
    ],
)
def test_an_address_that_another_dump_states_is_taken(dump, name, rows):
    load(dump("papers-with-abstracts.json", [NAMELESS]), dump(name, rows))
    assert slug_of_the_nameless() == "a-b-1"


def test_without_it_the_address_is_free(dump):
    load(dump("papers-with-abstracts.json", [NAMELESS]), dump("links-between-papers-and-code.json", [link_row("a-bc")]))
    assert slug_of_the_nameless() == "a-b"


def test_escaped_slashes_are_slashes(tmp_path):
    (tmp_path / "papers-with-abstracts.json").write_text(json.dumps([NAMELESS]))
    (tmp_path / "links-between-papers-and-code.json").write_text(json.dumps([link_row("a-b")]).replace("/", "\\/"))
    load(tmp_path)
    assert slug_of_the_nameless() == "a-b-1"


def test_a_paper_that_links_alone_know_takes_no_address_of_a_later_row(dump):
    rows = [link_row(paper_title="A b") | {"paper_url": "https://example.org/x"}, link_row("a-b")]
    load(dump("links-between-papers-and-code.json", rows))
    assert slug_of_the_nameless() == "a-b-1"


def test_an_address_in_a_later_shard_is_taken(tmp_path):
    (tmp_path / "papers-with-abstracts-0.json").write_text(json.dumps([NAMELESS]))
    (tmp_path / "papers-with-abstracts-1.json").write_text(json.dumps([paper_row("a-b", title="Other")]))
    load(tmp_path)
    assert slug_of_the_nameless() == "a-b-1"
    assert Paper.objects.get(title="Other").slug == "a-b"


def test_an_address_in_a_parquet_shard_is_taken(tmp_path):
    (tmp_path / "papers-with-abstracts.json").write_text(json.dumps([NAMELESS]))
    path = tmp_path / "links-between-papers-and-code.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([link_row("a-b")]), path)
    load(tmp_path)
    assert slug_of_the_nameless() == "a-b-1"
