"""Evaluation tables: nested, repeated and odd ones, to flat tables."""

from pathlib import Path

import pytest

from leaderboards.archive.result_rows import paper_key, parse_result
from leaderboards.archive.settling import Tables
from leaderboards.archive.tables import merge, read_tables
from papers.archive.fields import RowFault
from papers.archive.reader import ArchiveRow, RejectedRow
from papers.archive.report import FileReport


def result(model="A", value="1", **more):
    return {"model_name": model, "paper_title": None, "paper_url": None, "metrics": {"Accuracy": value}, **more}


def board(name, *rows, metrics=("Accuracy",), **more):
    return {"dataset": name, "sota": {"metrics": list(metrics), "rows": list(rows)}, **more}


def task(name, *datasets, subtasks=(), **more):
    return {"task": name, "datasets": list(datasets), "subtasks": list(subtasks), **more}


def read(*tasks):
    report = FileReport(Path("tables.json"))
    return read_tables([ArchiveRow(number, row) for number, row in enumerate(tasks, start=1)], report=report), report


def test_boards_that_stand_only_in_nested_subtasks_are_found():
    tables, _ = read(task("Top", subtasks=[task("Middle", subtasks=[task("Leaf", board("Data", result()))])]))
    assert [(found.name, found.is_top, found.children) for found in tables.tasks.values()] == [
        ("Top", True, ["Middle"]),
        ("Middle", False, ["Leaf"]),
        ("Leaf", False, []),
    ]
    assert list(tables.boards) == [("Leaf", "Data")]


def test_cycles_and_repeats_of_a_task_are_merged_by_name():
    pose = task("Pose Estimation", board("MPII", result()), description="What it is")
    tables, report = read(
        task("Pose Estimation", subtasks=[task("Keypoint Detection", subtasks=[pose]), task("Pose Estimation")]), pose
    )
    assert {name: found.children for name, found in tables.tasks.items()} == {
        "Pose Estimation": ["Keypoint Detection"],
        "Keypoint Detection": ["Pose Estimation"],
    }
    assert tables.tasks["Pose Estimation"].description == "What it is"
    assert len(tables.boards["Pose Estimation", "MPII"].rows) == 1
    assert report.repeated == 1


def test_a_part_of_a_dataset_is_a_board_of_its_own():
    whole = board("SNLI", metrics=(), subdatasets=[{"subdataset": "hard", "sota": {"metrics": ["Accuracy"], "rows": [result()]}}])
    tables, _ = read(task("Inference", whole))
    assert [(found.dataset, found.name) for found in tables.boards.values()] == [("SNLI", "SNLI / hard")]
    assert list(tables.datasets) == ["SNLI"]


def test_a_metric_that_only_a_row_has_becomes_a_further_column():
    row = {"model_name": "A", "metrics": {"F1": "2", "Accuracy": "1"}}
    tables, _ = read(task("T", board("D", row, metrics=["Accuracy", "EM", "Accuracy"])))
    assert tables.boards["T", "D"].metrics == ["Accuracy", "EM", "F1"]


def test_repeated_model_and_paper_are_told_apart_by_occurrence():
    rows = [result(value="1"), result(value="2"), result("B"), result(value="1")]
    tables, _ = read(task("T", board("D", *rows)))
    assert [(row.model_name, row.occurrence, row.position) for row in tables.boards["T", "D"].rows] == [
        ("A", 0, 0),
        ("A", 1, 1),
        ("B", 0, 2),
        ("A", 2, 3),
    ]


def test_a_further_file_adds_only_what_it_says_anew():
    merged = Tables()
    first = FileReport(Path("first.json"))
    merge(merged, read(task("T", board("D", result(value="1"), result(value="1"))))[0], report=first)
    further, _ = read(task("T", board("D", result(value="2"), result(value="1"), result("B"))), task("U"))
    report = FileReport(Path("further.json"))
    share = merge(merged, further, report=report)
    assert share.tasks == ["T", "U"]
    assert [(row.model_name, row.occurrence, row.cells[0].raw) for row in share.rows["T", "D"]] == [
        ("A", 2, '"2"'),
        ("B", 0, '"1"'),
    ]
    assert (first.repeated, report.repeated) == (0, 1)
    assert [row.position for row in merged.boards["T", "D"].rows] == [0, 1, 2, 3]


def test_boards_of_a_task_keep_their_order_over_files():
    merged = Tables()
    for tables in (read(task("T", board("A", result()), board("B", result())))[0], read(task("T", board("C", result())))[0]):
        merge(merged, tables, report=FileReport(Path("x")))
    assert [(found.name, found.position) for found in merged.boards.values()] == [("A", 0), ("B", 1), ("C", 2)]


def test_the_address_of_a_board_is_harvested_from_its_links():
    links = [{"title": "site", "url": "https://example.org"}, {"title": "board", "url": "https://paperswithcode.com/sota/t-on-d"}]
    tables, _ = read(task("T", board("D", result(), dataset_links=links)))
    assert tables.boards["T", "D"].slug == "t-on-d"
    assert tables.boards["T", "D"].raw == {"dataset_links": links}


def test_cells_keep_their_letters():
    row = parse_result({"model_name": "A", "metrics": {"a": "28.4%", "b": None, "c": 3, "d": ["x"]}}, position=0)
    assert [(cell.metric, cell.raw, cell.value) for cell in row.cells] == [
        ("a", '"28.4%"', 28.4),
        ("b", "null", None),
        ("c", "3", 3.0),
        ("d", '["x"]', None),
    ]


def test_a_row_without_a_model_name_is_kept_if_it_has_a_value():
    row = parse_result({"model_name": None, "metrics": {"a": "1"}}, position=0)
    assert (row.model_name, row.raw) == ("", {"model_name": None})
    with pytest.raises(RowFault, match="neither a model name nor a value"):
        parse_result({"model_name": "", "metrics": {}}, position=0)


@pytest.mark.parametrize(
    ("url", "title", "key"),
    [
        ("https://arxiv.org/abs/2204.06745v1", "T", "arxiv:2204.06745"),
        ("http://arxiv.org/pdf/2204.06745v2.pdf", None, "arxiv:2204.06745"),
        ("https://paperswithcode.com/paper/a-paper", None, "paper:a-paper"),
        ("http://www.aclweb.org/anthology/P18-1001/", None, "url:aclweb.org/anthology/P18-1001"),
        ("", " A  Title ", "title:a title"),
        (None, None, ""),
        ("javascript:alert(1)", None, "url:javascript:alert(1)"),
    ],
)
def test_what_a_row_says_about_its_paper_is_folded(url, title, key):
    assert paper_key(url=url, title=title) == key


def test_what_cannot_be_used_is_counted_and_the_rest_is_read():
    tables, report = read(
        {"datasets": []},
        task("T", board("D", "no row", result(), {"model_name": "x" * 501}, {"model_name": "y", "metrics": [1]})),
        task("U", subtasks=[{"task": 5}]),
        task("V", {"dataset": None}, {"dataset": "E", "sota": []}, board("F", result())),
    )
    report_two = FileReport(Path("x"))
    read_tables([RejectedRow(9, "is no object")], report=report_two)
    assert list(tables.boards) == [("T", "D"), ("V", "F")]
    assert report.rejected == 7
    assert report.samples == [
        "row 1 a task has no name",
        "row 2 (T on D, result 1) is no object",
        "row 2 (T on D, result 3) has a model name of 501 characters; the longest that is kept is 500",
        "row 2 (T on D, result 4) has metrics that are no object",
        "row 3 U > task is a number where text belongs",
        "row 4 (V): a dataset has no name",
        "row 4 (V): E: sota is no object",
    ]
    assert report_two.samples == ["row 9 is no object"]


def test_a_nameless_task_is_a_task():
    tables, report = read(task("", board("", result())))
    assert list(tables.boards) == [("", "")]
    assert report.rejected == 0
