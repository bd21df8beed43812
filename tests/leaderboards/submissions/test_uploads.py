"""Many results in a file: every row for itself, by CSV, JSON, model card and .eval_results."""

import csv
import io
import json

import pytest

from leaderboards.models import Claim, Score, Submission
from leaderboards.submissions import hub_files, uploads, yaml_files
from leaderboards.submissions.rows import Defaults, RowFault
from leaderboards.submissions.yaml_files import YamlFault
from tests.factories.catalogue import make_board, make_dataset, make_task
from tests.factories.people import make_person

NONE = Defaults()


@pytest.fixture
def board(db):
    return make_board(task=make_task(name="Parsing"), dataset=make_dataset(name="Trees"), metrics=("Accuracy", "F1"))


def rows_of(name, text, **defaults):
    return uploads.read(name, text.encode(), defaults=Defaults(**defaults))


FAULTY = (
    ({"Accuracy": "lots"}, "“lots” is no number: write Accuracy like 28.4 or 28.4%."),
    ({"Accuracy": "170"}, "Accuracy lies between 0 and 100, and 170 does not."),
    ({"board": "nowhere"}, "There is no board “nowhere”: choose one, or name a task and a dataset."),
    ({"model_name": ""}, "Name the model as the paper does."),
    ({"uses_additional_data": "perhaps"}, "“perhaps” is neither yes nor no."),
)


def test_a_thousand_rows_with_fifty_bad_ones_report_all_fifty_and_lose_none_of_the_others(board):
    columns = ["board", "model_name", "paper", "table", "uses_additional_data", "Accuracy"]
    file = io.StringIO()
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    expected = []
    for number in range(1000):
        row = {
            "board": board.slug,
            "model_name": f"Model {number}",
            "paper": f"2401.{number:05}",
            "table": "1",
            "Accuracy": f"{50 + number / 25:.2f}",
        }
        if number % 20 == 7:
            change, sentence = FAULTY[len(expected) % len(FAULTY)]
            row |= change
            expected.append((number + 2, "refused", sentence))
        writer.writerow(row)
    report = uploads.take(rows_of("results.csv", file.getvalue()), by=make_person("contributor"))
    assert [(row.number, row.state, " ".join(row.sentences)) for row in report.refused] == expected
    assert len(expected) == 50
    assert (report.counts["accepted"], report.counts["waiting"], report.counts["refused"]) == (950, 0, 50)
    assert Claim.objects.count() == Score.objects.filter(value__isnull=False).count() == 950
    assert Submission.objects.filter(batch=report.batch, state="accepted", via="upload").count() == 950
    assert {str(row.values["model_name"]) for row in rows_of("results.csv", file.getvalue())} - {""} >= set(
        Claim.objects.values_list("model_name", flat=True)
    )


def test_rows_of_a_reader_wait_and_a_double_in_the_file_is_found(board):
    text = f"board,model,arxiv_id,Accuracy,F1\n{board.slug},A,1810.04805,90.1,\n{board.slug},A,1810.04805,90.1,\n\n{board.slug},B,1810.04805,,88.0%\n"
    report = uploads.take(rows_of("x.CSV", text), by=make_person())
    assert [(row.number, row.state) for row in report.rows] == [(2, "waiting"), (3, "refused"), (5, "waiting")]
    assert report.refused[0].sentences == ("The board has this very result: A, Accuracy 90.1.",)
    assert not Claim.objects.exists()
    again = uploads.take(rows_of("x.csv", text), by=Submission.objects.first().submitter)
    assert {row.sentences[0] for row in again.refused} == {"You have sent this before, and it waits for a reviewer."}
    assert (Submission.objects.count(), again.counts["refused"]) == (2, 3)


def test_json_rows_are_as_the_api_has_them(board):
    rows = [
        {"model_name": "A", "metrics": {"Accuracy": 90.25, "F1": "88%"}, "external_id": "1"},
        3,
        {"model_name": "B", "metrics": {}},
    ]
    found = rows_of("x.json", json.dumps({"results": rows}), board=board.slug, paper="1810.04805")
    report = uploads.take(found, by=make_person("contributor"))
    assert [(row.state, row.sentences) for row in report.rows] == [
        ("accepted", ()),
        ("refused", ("It is no object with the values of a result.",)),
        ("refused", ("Give at least one metric with its value.",)),
    ]
    assert sorted(Score.objects.values_list("raw", flat=True)) == ['"88%"', '"90.25"']


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.csv", b"", "The file is empty"),
        ("x.csv", b'a,b\n"1,2\n', "look at the quotes in line"),
        ("x.csv", b"\xff\xfe\x00", "not in UTF-8"),
        ("x.json", b"{", "This is no JSON that can be read: look at it in line 1."),
        ("x.json", b"[" * 100_000, "This is no JSON"),
        ("x.json", b"3", "The file is a list of results"),
        ("x.exe", b"MZ", "ends with none of"),
        ("README.md", b"# A model", "begins with a line of three hyphens"),
        ("README.md", b"---\na: 1\n", "has no end"),
        ("README.md", b"---\nlicense: mit\n---\n", "has no `model-index`"),
        ("x.yaml", b"a: &a [1]\nb: *a\n", "has an alias"),
        ("x.yaml", b"[" * 60, "deeper than"),
        ("x.yaml", b"a: [", "look at it in line"),
        ("x.yaml", b"!!python/object/apply:os.system ['true']", "no YAML that can be read"),
        ("x.yaml", b"- dataset: {id: a}\n", "Name the model"),
        ("x.csv", b"a\n" + b"1\n" * 5001, "more than 5,000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(name, content, sentence):
    with pytest.raises(RowFault, match=sentence):
        uploads.read(name, content, defaults=NONE)


CARD = """---
license: apache-2.0
model-index:
- name: my-parser
  results:
  - task: {type: parsing, name: Parsing}
    dataset: {type: trees, name: Trees, config: en, split: test}
    metrics:
    - {type: accuracy, value: 91.5, name: Accuracy}
    - {type: f1, value: 90.1}
    source: {name: A board, url: "https://example.org/board"}
  - task: {type: nope}
    dataset: {type: other, name: Other}
    metrics: [{type: accuracy, value: 1}]
---
# My parser
"""


def test_a_model_card_says_what_the_hubs_own_reader_says(board):
    repocard_data = pytest.importorskip("huggingface_hub.repocard_data")
    data = yaml_files.front_matter(CARD)
    name, theirs = repocard_data.model_index_to_eval_results(data["model-index"])
    ours = hub_files.model_index(data, defaults=NONE)
    assert [
        (row.values["model_name"], row.values["dataset"], said["metric"], said["value"], row.values["source_url"] or None)
        for row in ours
        for said in row.values["scores"]
    ] == [(name, each.dataset_name, each.metric_name or each.metric_type, each.metric_value, each.source_url) for each in theirs]
    report = uploads.take(ours, by=make_person("contributor"))
    assert [row.state for row in report.rows] == ["accepted", "refused"]
    assert report.refused[0].sentences == ("There is no task “nope”: choose one, or submit the task first.",)
    claim = Claim.objects.get()
    assert (claim.model_name, {score.metric.name: score.value for score in claim.scores.all()}) == (
        "my-parser",
        {"Accuracy": 91.5, "F1": 90.1},
    )


def test_eval_results_find_the_board_by_its_data_and_the_metric_that_ranks_it(board):
    eval_results = pytest.importorskip("huggingface_hub._eval_results")
    entries = [
        eval_results.EvalResultEntry(
            dataset_id="lab/trees",
            task_id="hard",
            value=0.9,
            date="2025-01-15T10:30:00Z",
            source_url="https://example.org",
            notes="no tools",
        )
    ]
    import yaml

    text = yaml.safe_dump(eval_results.eval_result_entries_to_yaml(entries))
    report = uploads.take(rows_of("trees.yaml", text, model_name="lab/parser"), by=make_person("contributor"))
    assert [row.state for row in report.rows] == ["accepted"]
    claim = Claim.objects.get()
    assert (claim.leaderboard, str(claim.paper_date), claim.scores.get().metric.name) == (board, "2025-01-15", "Accuracy")
    assert Submission.objects.get().payload["note"] == "dataset lab/trees, task hard, no tools"
    make_board(dataset=board.dataset)
    report = uploads.take(rows_of("trees.yaml", text, model_name="lab/parser"), by=make_person("contributor"))
    assert report.refused[0].sentences[0].startswith("Several boards have the data “trees”")


def test_no_yaml_names_anything_twice_over():
    with pytest.raises(YamlFault):
        yaml_files.load("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n")
    assert yaml_files.load("day: 2024-01-02\nlist: [1, 2]\n")["list"] == [1, 2]
