"""Import and export undo each other, on every sample and on odd rows."""

import gzip
import json

import pytest

from leaderboards.models import Leaderboard, Score
from papers.models import Paper, PaperRepository, Source
from portal.round_trip import MERGED_PLACES, REPEATED_RESULT, REPEATED_ROW, compare
from tests.factories.catalogue import make_paper, make_result
from tests.portal.dumps import DEMO, link_row, load, paper_row, table_rows
from tests.portal.exports import dumps_in, exported, there_and_back, write

pytestmark = pytest.mark.usefixtures("committed_db")

# A file, its top-level tasks, and how many of them hold a task that stands elsewhere too and tells something else there.
SAMPLE_TABLES = [
    ("chexpert", 1, 0), ("cmrc", 1, 0), ("coqa", 1, 0), ("nlp-progress", 30, 0), ("nlpprogress", 36, 5), ("ogb", 3, 0),
    ("record", 1, 0), ("redditsota", 12, 0), ("snli", 1, 0),
]  # fmt: skip


@pytest.mark.parametrize(("sample", "rows"), [("archive-seed", [9, 1, 2]), ("demo", [116, 97, 8])])
def test_a_whole_sample_comes_back_as_it_was(sample, rows, tmp_path, shared_data):
    is_demo = sample == "demo"
    folder = DEMO if is_demo else shared_data / "pwc" / sample
    trip, before, after = there_and_back([folder], tmp_path / "out", source=Source.DEMO if is_demo else Source.ARCHIVE)
    assert [(file.rows, file.same) for file in trip.files] == [(count, count) for count in rows]
    assert trip.verdict == "exact"
    assert after == before


def test_the_real_papers_and_links_come_back_as_they_were(tmp_path, shared_data):
    files = [file for file in dumps_in(shared_data / "pwc" / "archive") if file.parent.name == "archive"]
    trip, before, after = there_and_back(files, tmp_path / "out")
    assert [(file.name, file.rows, file.same) for file in trip.files] == [
        ("papers-with-abstracts", 52, 52),
        ("links-between-papers-and-code", 2297, 2297),
    ]
    assert trip.verdict == "exact"
    assert after == before


@pytest.mark.parametrize(("sample", "rows", "merged"), SAMPLE_TABLES)
def test_each_real_table_comes_back_as_it_was(sample, rows, merged, tmp_path, shared_data):
    file = shared_data / "pwc" / "archive" / "evaluation-tables" / f"{sample}.json"
    trip, before, after = there_and_back([file], tmp_path / "out")
    (found,) = trip.files
    assert (found.rows, found.same, found.by_rule[MERGED_PLACES]) == (rows, rows - merged, merged)
    assert trip.is_true
    assert after == before


def test_tables_of_many_sources_come_back_merged_by_name(tmp_path, shared_data):
    trip, before, after = there_and_back([shared_data / "pwc" / "archive" / "evaluation-tables"], tmp_path / "out")
    (file,) = trip.files
    assert (file.rows, file.same, file.by_rule) == (86, 45, {MERGED_PLACES: 41, REPEATED_RESULT: 1})
    assert trip.verdict == "exact but for what rules changed"
    assert after == before


def test_null_empty_and_missing_stay_apart(tmp_path, dump):
    rows = [
        paper_row("nulls", arxiv_id=None, date=None, abstract=None, proceeding=None, authors=None),
        paper_row("empties", arxiv_id="", date="", abstract="", proceeding=" ", methods=[]),
        paper_row("odd", arxiv_id="2204.06745v3", date="2022-02-30", tasks=["A", "B", "A"], _sources=[{"n": 1}]),
        {"paper_url": "http://www.paperswithcode.com/paper/spelled-otherwise/"},
        {"paper_url": "https://example.org/no/slug", "title": "Elsewhere"},
        paper_row("twice", methods=[{"name": "M", "introduced_year": 2000.5}, {"name": "M"}], _abstract_by="authors"),
    ]
    trip, before, after = there_and_back([dump("papers-with-abstracts.json", rows)], tmp_path / "out")
    assert trip.lines() == ["papers-with-abstracts: rows 6, the same 6, unexplained 0", "round trip: exact"]
    assert exported(tmp_path / "out", "papers-with-abstracts")[3] == {
        "paper_url": "http://www.paperswithcode.com/paper/spelled-otherwise/"
    }
    assert after == before


def test_rows_that_the_import_leaves_out_are_named_by_their_rule(tmp_path, dump):
    papers = dump("papers-with-abstracts.json", [paper_row("a"), paper_row("a", title="Again"), {"title": "No address"}, 5])
    trip, _, _ = there_and_back([papers], tmp_path / "out")
    (file,) = trip.files
    assert file.by_rule == {
        "rejected, as the import's report says: is no object": 1,
        "rejected, as the import's report says: has no paper_url": 1,
        REPEATED_ROW: 1,
    }
    assert (file.rows, file.same, trip.verdict) == (4, 1, "exact but for what rules changed")


def test_repeated_links_come_back_as_the_rows_that_they_were(tmp_path, dump):
    rows = [
        link_row(is_official=False, framework="none", mentioned_in_paper=None),
        link_row(url="https://GitHub.com/Some/Code.git", is_official=True, framework="tf", _stars=5),
        link_row(url="https://github.com/some/code/", framework=None),
        {"paper_url": "http://paperswithcode.com/paper/a-paper", "repo_url": "https://github.com/other/code"},
    ]
    trip, before, after = there_and_back([dump("links-between-papers-and-code.json", rows)], tmp_path / "out")
    assert trip.lines() == ["links-between-papers-and-code: rows 4, the same 4, unexplained 0", "round trip: exact"]
    assert PaperRepository.objects.filter(is_official=True, framework="tf").count() == 1
    assert after == before


def test_cells_come_back_to_the_letter(tmp_path, dump):
    cells = '{"A": 33.60, "B": "33.60", "C": null, "D": 1e5, "E": "28.4%", "F": [1, 2.50], "G": 7, "H": true}'
    row = f'{{"model_name": null, "paper_date": "1900-13-01", "code_links": null, "metrics": {cells}}}'
    text = f'[{{"task": "T", "datasets": [{{"dataset": "D", "sota": {{"rows": [{row}, {{"model_name": "M"}}]}}}}]}}]'
    trip, before, after = there_and_back([dump("evaluation-tables.json", text)], tmp_path / "out")
    assert trip.verdict == "exact"
    assert cells.replace(" ", "") in gzip.decompress(
        (tmp_path / "out" / "evaluation-tables.json.gz").read_bytes()
    ).decode().replace(" ", "")
    assert after == before


def test_the_task_graph_comes_back_with_its_bare_places_and_cycles(tmp_path, dump):
    def task(name, *subtasks, **values):
        return {"task": name, "description": name, "subtasks": list(subtasks), "datasets": [], **values}

    def board(name):
        return {"dataset": name, "sota": {"metrics": ["A"], "rows": [{"model_name": "M", "metrics": {"A": "1"}}]}}

    whole = task("Pose", task("Keypoints", task("2D Pose", task("Pose"), datasets=[board("P")])), datasets=[board("C")])
    rows = [
        whole,
        task("Other", task("Keypoints"), {"task": "Leaf"}, task("2D Pose")),
        {"task": "", "datasets": [board("X")]},
        task(
            "Itself", task("Itself"), datasets=[board("Z"), {"dataset": "Empty", "sota": None}, {"dataset": "Bare"}, board("Y")]
        ),
    ]
    trip, before, after = there_and_back([dump("evaluation-tables.json", rows)], tmp_path / "out")
    (file,) = trip.files
    assert (file.rows, file.same, file.by_rule, file.unexplained) == (4, 3, {MERGED_PLACES: 1}, 0)
    back = exported(tmp_path / "out", "evaluation-tables")
    assert back[0] == whole
    assert [found["dataset"] for found in back[3]["datasets"]] == ["Z", "Empty", "Bare", "Y"]
    assert back[3]["subtasks"] == []
    assert after == before


def test_parts_of_datasets_come_back_in_their_whole(tmp_path, dump):
    def rows(*names):
        return {"metrics": ["A", "B"], "rows": [{"model_name": name, "metrics": {"B": 1, "A": 2}} for name in names]}

    parts = [
        {"subdataset": "One", "sota": rows("M"), "subdatasets": [{"subdataset": "Deep", "description": "d", "sota": rows("N")}]},
        {"subdataset": "Two"},
    ]
    tables = [{"task": "T", "datasets": [{"dataset": "D", "subdatasets": parts}, {"dataset": "D / E", "sota": rows("O")}]}]
    trip, before, after = there_and_back([dump("evaluation-tables.json", tables)], tmp_path / "out")
    assert trip.verdict == "exact"
    assert exported(tmp_path / "out", "evaluation-tables") == tables
    assert Leaderboard.objects.count() == 3
    assert after == before


def test_after_a_newer_dump_of_tables_the_export_is_that_dump(tmp_path, dump):
    def board(name, *metrics, **cells):
        return {"dataset": name, "sota": {"metrics": list(metrics), "rows": [{"model_name": "M", "metrics": cells}]}}

    def task(name, *datasets, below=(), **values):
        return {"task": name, "subtasks": list(below), "datasets": list(datasets), **values}

    first = [
        task("A", board("D", "F1", "Accuracy", "Recall", F1="1", Accuracy="2"), below=[task("B", board("E", "X", X="1"))]),
        task("C", categories=["Vision", "Robots"], synonyms=["x"]),
        task("Gone", board("F", "X", X="1"), categories=["Vision"]),
    ]
    later = [
        task("A", board("D", "Accuracy", "Recall", Accuracy="2")),
        task("C", board("New", "Y", "X", X="1"), below=[task("B", board("E", "X", X="2"))], categories=[], synonyms=[]),
    ]
    load(dump("evaluation-tables.json", first))
    path = dump("evaluation-tables.json", later)
    load(path)
    write(tmp_path / "out")
    assert compare([path], tmp_path / "out").lines() == [
        "evaluation-tables: rows 2, the same 2, unexplained 0",
        "round trip: exact",
    ]
    assert exported(tmp_path / "out", "evaluation-tables") == later


def test_a_column_that_the_dump_dropped_is_written_while_a_person_has_a_cell_in_it(tmp_path, dump):
    load(dump("evaluation-tables.json", table_rows({"metrics": {"Accuracy": "1", "F1": "2"}}, metrics=["F1", "Accuracy"])))
    make_result(Leaderboard.objects.get(), model_name="Ours", scores={"F1": 5}, source="form")
    load(dump("evaluation-tables.json", table_rows({"metrics": {"Accuracy": "1"}}, metrics=["Accuracy"])))
    write(tmp_path / "out")
    [task] = exported(tmp_path / "out", "evaluation-tables")
    assert task["datasets"][0]["sota"]["metrics"] == ["Accuracy", "F1"]


def test_a_change_on_the_way_is_found(tmp_path, dump):
    papers = dump("papers-with-abstracts.json", [paper_row("a", date="2020-01-01"), paper_row("b"), paper_row("c")])
    tables = dump("evaluation-tables.json", json.dumps(table_rows({"metrics": {"Accuracy": 33.5}})).replace("33.5", "33.60"))
    load(papers, tables)
    Paper.objects.filter(slug="a").update(date="2020-01-02")
    Paper.objects.filter(slug="b").delete()
    make_paper(slug="d", title="New")
    Score.objects.update(raw="33.6")
    write(tmp_path / "out")
    trip = compare([papers, tables], tmp_path / "out")
    assert trip.verdict == "not exact"
    assert trip.lines() == [
        "papers-with-abstracts: rows 3, the same 1, unexplained 3",
        '  unexplained: a: date was "2020-01-01" and is "2020-01-02"',
        "  unexplained: b: did not come back",
        "  unexplained: d: stands in the export alone",
        "evaluation-tables: rows 1, the same 0, unexplained 1",
        "  1 by rule: a task that stands at several places is merged by name, and each place tells all of it",
        "  unexplained: Task on Data: came back with another rows",
        "round trip: not exact",
    ]
