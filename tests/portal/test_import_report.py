"""What the report of an import says: rejected rows by reason, and the oddities of the catalogue."""

import pytest

from papers.archive.report import MOST_REASONS, OTHER_REASONS, FileReport
from tests.portal.dumps import load, paper_row, table_rows

pytestmark = pytest.mark.usefixtures("committed_db")

ARXIV = {"title": "By id", "arxiv_id": "2204.06745", "url_abs": "https://arxiv.org/abs/2204.06745v1"}


def test_every_sort_of_reason_is_counted_and_has_a_sample(dump):
    rows = [{"title": "no address"}] * 50 + [7, paper_row("bad", authors="Ada"), paper_row("twice"), paper_row("twice")]
    file = load(dump("papers-with-abstracts.json", rows)).files[0]
    assert file.lines()[1:5] == [
        "  rejected 50 rows: has no paper_url",
        "  rejected 1 row: is no object",
        "  rejected 1 row: authors is a text where a list belongs",
        "  rejected 1 row: repeats the paper_url of an earlier row",
    ]
    assert [sample.split(" ", 2)[1] for sample in file.samples] == ["1", "2", "3", "4", "5", "51", "52", "54"]
    assert file.as_json()["reasons"]["has no paper_url"] == 50


def test_reasons_that_no_end_of_rows_invents_are_bounded(tmp_path):
    file = FileReport(tmp_path)
    for number in range(200):
        file.reject(number, f"has a key {'x' * number}")
    assert len(file.reasons) == MOST_REASONS + 1
    assert file.reasons[OTHER_REASONS] == 200 - MOST_REASONS
    assert len(file.samples) == MOST_REASONS + 1


def test_cells_are_told_by_what_was_made_of_them(dump):
    cells = ["28.4", 5, "28.4%", "**91.2**", "1.82 M", "n/a", "—", None, "?", "TBD", "seven", "93.0/90.7"]
    rows = [{"model_name": f"M{number}", "metrics": {"Accuracy": cell}} for number, cell in enumerate(cells)]
    faults = load(dump("evaluation-tables.json", table_rows(*rows))).faults
    assert {name: count for name, count in faults.items() if name.startswith("cells") and "scale" not in name} == {
        "cells whose number stands in other text (%, K, M, ±, marks, commas)": 3,
        "cells that are text": 2,
        "cells without a value": 5,
    }


def test_results_are_told_by_what_joined_them_to_their_paper(dump):
    papers = [
        paper_row("one", **ARXIV),
        paper_row("two", title="By page"),
        paper_row("three", title="By venue", conference_url_abs="https://aclanthology.org/P19-1/"),
        paper_row("four", title="By Title Alone"),
    ]
    named = [
        "https://arxiv.org/pdf/2204.06745v2", "https://paperswithcode.com/paper/two", "http://aclanthology.org/P19-1",
        "https://elsewhere.org/x", "https://elsewhere.org/y",
    ]  # fmt: skip
    titles = ["x", "x", "x", "by title  alone", "nothing known"]
    rows = [{"model_name": f"M{at}", "paper_url": url, "paper_title": titles[at]} for at, url in enumerate(named)]
    faults = load(dump("papers-with-abstracts.json", papers), dump("evaluation-tables.json", table_rows(*rows))).faults
    assert {name.rpartition(" by ")[2]: count for name, count in faults.items() if "joined" in name} == {
        "arXiv id": 1,
        "the old site's address": 1,
        "another address": 1,
        "title": 1,
    }
    assert faults["results that name a paper which is not known"] == 1


def test_cycles_of_the_task_graph_have_a_line(dump):
    def task(name, *below):
        return {"task": name, "subtasks": list(below), "datasets": []}

    loop = [task("A", task("B", task("C", task("A")))), task("D", task("E"))]
    report = load(dump("evaluation-tables.json", loop))
    assert report.faults["tasks that stand below themselves"] == 3
    assert "  tasks that stand below themselves: 3" in report.fault_lines()
