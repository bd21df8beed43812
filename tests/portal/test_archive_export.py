"""What an export writes, and that what breaks off looks like nothing."""

import gzip
import os
from datetime import datetime
from uuid import uuid4

import pyarrow.parquet
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from leaderboards import measurements
from leaderboards.measurements import Obtained
from leaderboards.models import Claim, Leaderboard, Metric, Score
from papers import history, redaction
from papers.changes import Change
from papers.models import ArchiveExport, Method, Paper, SlugHistory, Task
from portal.archive_export import EXTRAS, FILES, ExportRefused, alone, export
from portal.archive_import import archive_is_imported
from tests.factories.catalogue import make_code_link, make_dataset, make_method, make_paper, make_result, make_task
from tests.factories.runs import make_checkpoint, make_claim, make_protocol
from tests.portal.dumps import link_row, load, paper_row, table_rows
from tests.portal.exports import export_to_full_disk, exported, write, written

pytestmark = pytest.mark.usefixtures("committed_db")


def test_a_paper_that_links_alone_know_is_no_row_of_the_papers(tmp_path, dump):
    load(dump("links-between-papers-and-code.json", [link_row()]))
    assert written(tmp_path, "papers-with-abstracts") == []


def test_what_people_edited_and_added_is_written(tmp_path, dump):
    load(
        dump("papers-with-abstracts.json", [paper_row("a", date="", tasks=["Old", "Old"])]),
        dump("links-between-papers-and-code.json", [link_row("a")]),
        dump("evaluation-tables.json", table_rows({"paper_date": "soon"})),
    )
    Paper.objects.update(title="Edited", date="2024-01-02", edited_fields=["title", "date", "tasks"])
    paper = Paper.objects.get()
    paper.task_places.update(task=make_task(name="New", source="form"))
    paper.code_links.update(is_official=True, edited_fields=["is_official"])
    make_code_link(paper, source="form")
    make_paper(title="Added", slug="added", source="form", authors=["Ada"])
    make_result(Leaderboard.objects.get(), model_name="Added", scores={"Accuracy": "99"}, source="api", position=9)
    Claim.objects.filter(model_name="Model").update(paper_date="2024-01-02", edited_fields=["paper_date"])

    write(tmp_path / "out", has_parquet=False)
    edited, added = exported(tmp_path / "out", "papers-with-abstracts")
    assert (edited["title"], edited["date"], edited["tasks"]) == ("Edited", "2024-01-02", ["New"])
    assert (added["paper_url"], added["authors"], len(added)) == ("https://paperswithcode.com/paper/added", ["Ada"], 18)
    links = exported(tmp_path / "out", "links-between-papers-and-code")
    assert [(link["paper_title"], link["is_official"], link.get("framework")) for link in links] == [
        ("Edited", True, None),
        ("Edited", False, "none"),
    ]
    tables = exported(tmp_path / "out", "evaluation-tables")
    assert [table["task"] for table in tables] == ["Task", "New"]
    assert [(row["model_name"], row.get("paper_date"), row["metrics"]) for row in tables[0]["datasets"][0]["sota"]["rows"]] == [
        ("Model", "2024-01-02", {"Accuracy": "1"}),
        ("Added", None, {"Accuracy": "99"}),
    ]


def test_removed_rows_are_left_out_and_spam_is_not(tmp_path, dump):
    methods = [{"name": "Spam"}, {"name": "Gone"}]
    load(dump("papers-with-abstracts.json", [paper_row("kept", methods=methods, authors=["A", "B"]), paper_row("gone")]))
    load(dump("links-between-papers-and-code.json", [link_row("kept"), link_row("gone")]))
    Method.objects.filter(name="Spam").update(
        spam_reason="a phone number",
        archive_raw={"url": "https://paperswithcode.com/method/spam"},
        archive_dumps=["papers-with-abstracts", "methods"],
    )
    history.remove(Method.objects.get(name="Gone"), reason="vandalism")
    history.remove(Paper.objects.get(slug="gone"), reason="withdrawn")
    history.remove(Paper.objects.get(slug="kept").authors.get(name="B"), reason="law")

    write(tmp_path / "out", has_parquet=False)
    (paper,) = exported(tmp_path / "out", "papers-with-abstracts")
    assert ([method["name"] for method in paper["methods"]], paper["authors"]) == (["Spam"], ["A"])
    assert [link["paper_url"][-4:] for link in exported(tmp_path / "out", "links-between-papers-and-code")] == ["kept"]
    assert [method["name"] for method in exported(tmp_path / "out", "methods")] == ["Spam"]


def test_demo_rows_stay_at_home_once_there_is_an_archive(tmp_path, dump):
    make_paper(slug="demo", source="demo")
    assert [row["paper_url"][-4:] for row in written(tmp_path, "papers-with-abstracts")] == ["demo"]
    make_paper(slug="real", source="archive")
    assert [row["paper_url"][-4:] for row in written(tmp_path, "papers-with-abstracts")] == ["real"]


def test_an_archive_of_tasks_alone_is_an_archive(tmp_path, dump):
    make_task(name="Ours", source="archive")
    assert not archive_is_imported()
    load(dump("evaluation-tables.json", [{"task": "Question Answering", "datasets": []}]))
    assert [row["task"] for row in written(tmp_path, "evaluation-tables")] == ["Question Answering"]


def test_dumps_that_a_row_names_decide_where_it_stands(tmp_path):
    make_dataset(name="Both", archive_dumps=["datasets", "evaluation-tables"])
    make_dataset(name="Mentioned", archive_dumps=["evaluation-tables"])
    make_method(name="Carried", archive_dumps=["papers-with-abstracts"])
    make_paper(slug="linked", archive_dumps=["links-between-papers-and-code"])
    assert [row["name"] for row in written(tmp_path, "datasets")] == ["Both"]
    assert written(tmp_path, "methods") == []
    assert written(tmp_path, "papers-with-abstracts") == []


def test_datasets_and_methods_are_written_from_their_columns(tmp_path):
    paper = make_paper(title="Origin", slug="origin")
    dataset = make_dataset(name="D", slug="d", source="form", paper=paper, introduced_date="2020-02-03", variants=["D val"])
    dataset.tasks.add(make_task(name="T", slug="t"))
    assert written(tmp_path, "datasets") == [
        {
            "url": "https://paperswithcode.com/dataset/d", "name": "D", "full_name": None, "homepage": None, "description": None,
            "paper": {"title": "Origin", "url": "https://paperswithcode.com/paper/origin"}, "introduced_date": "2020-02-03",
            "warning": None, "modalities": [], "tasks": [{"task": "T", "url": "https://paperswithcode.com/task/t"}],
            "languages": [], "variants": ["D val"], "num_papers": None, "data_loaders": [], "short_description": None,
            "parent_dataset": None, "image": None,
        }
    ]  # fmt: skip
    make_method(name="M", slug="m", source="form", paper=paper)
    (method,) = written(tmp_path, "methods")
    assert (method["url"], method["paper"]["title"]) == ("https://paperswithcode.com/method/m", "Origin")


def test_parquet_holds_the_rows_in_columns(tmp_path, dump):
    load(
        dump(
            "papers-with-abstracts.json",
            [paper_row("a", date="2020-01-02"), paper_row("b", date="", methods=[{"name": "M", "introduced_year": 1.5}])],
        ),
        dump("evaluation-tables.json", [{"task": "Top", "subtasks": table_rows({"metrics": {"Accuracy": 33.60}})}]),
    )
    write(tmp_path / "out")
    papers = pyarrow.parquet.read_table(tmp_path / "out" / "papers-with-abstracts.parquet").to_pylist()
    assert [(row["title"], row["date"]) for row in papers] == [("A paper", datetime(2020, 1, 2)), ("A paper", None)]  # noqa: DTZ001
    assert [(method["name"], method["introduced_year"]) for method in papers[1]["methods"]] == [("M", None)]
    tasks = pyarrow.parquet.read_table(tmp_path / "out" / "evaluation-tables.parquet").to_pylist()
    assert [(row["task"], row["is_top_level"], row["subtasks"]) for row in tasks] == [
        ("Top", True, ["Task"]),
        ("Task", False, []),
    ]
    (board,) = tasks[1]["datasets"]
    assert board["sota"]["rows"][0]["metrics"] == [{"name": "Accuracy", "value": "33.6"}]


def test_the_sixth_file_holds_what_the_archive_had_no_place_for(tmp_path, dump):
    load(dump("evaluation-tables.json", table_rows({"model_name": "M"}, {"model_name": "Gone"})))
    Score.objects.filter(claim__model_name="M").update(scale=100)
    Metric.objects.update(direction="lower", direction_source="person")
    board = Leaderboard.objects.get()
    person, hidden = (User.objects.create_user(username=name) for name in ("ada", "ada@example.org"))
    with history.acting(via=Change.Via.FORM, by=person.pk, origin="/sota/x"):
        make_result(board, model_name="Made here", scores={"Accuracy": "2"}, source="form")
    with history.acting(via=Change.Via.COMMAND, by=hidden.pk, origin="/srv/secret/file.json"):
        history.remove(Claim.objects.get(model_name="Gone"), reason="asked for")
    Task.objects.update(spam_reason="odd name")
    SlugHistory.objects.create(kind="task", slug="old", target=Task.objects.get().public_id)

    rows = written(tmp_path, EXTRAS)
    kinds = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    assert (kinds["about"][0]["licence"], rows[0]["kind"]) == ("CC-BY-SA 4.0", "about")
    assert [(row["board"]["key"], row["name"], row["direction"], row["direction_source"]) for row in kinds["metric"]] == [
        ('["Task", "Data"]', "Accuracy", "lower", "person")
    ]
    assert [(row["raw"], row["scale"]) for row in kinds["cell"]] == [("1", 100)]
    assert [(row["model_name"], row["cells"], row["source"]) for row in kinds["claim"]] == [
        ("Made here", {"Accuracy": "2"}, "form")
    ]
    assert [(row["table"], row["reason"]) for row in kinds["removed"]] == [("claim", "asked for")]
    assert [(row["table"], row["key"], row["reason"], row["is_by_person"]) for row in kinds["spam"]] == [
        ("task", "Task", "odd name", False)
    ]
    assert [(row["noun"], row["slug"]) for row in kinds["slug"]] == [("task", "old")]
    assert [
        (row["by"], row["via"], row["origin"])
        for row in kinds["change"]
        if row["via"] != "database" and row["table"] == "leaderboards_claim"
    ][-2:] == [
        ("ada", "form", "/sota/x"),
        (None, "command", "file.json"),
    ]
    named = {row["id"]: row["key"] for row in kinds["identity"]}
    assert named[str(Task.objects.get().public_id)] == "Task"


def test_measurements_are_written_once_they_are_published_with_what_decides_their_verdicts(tmp_path):
    claim = make_claim()
    words = {"metric": claim.leaderboard.metrics.get(), "claim": claim, "model": make_checkpoint().model, "checkpoint": "w"}
    protocol = make_protocol(split="test", dataset_names=["MMLU"], margin=0.02, noise=0.001, prompt_family="mmlu")
    shown, hidden = (
        measurements.record(
            Obtained(value, 0.01, 1000, 0.25).scaled(100.0),
            protocol=protocol,
            run_id=uuid4(),
            measured_at=timezone.now(),
            **words,
        )
        for value in (0.25, 0.987)
    )
    measurements.publish(shown)
    measurements.retract(hidden, reason="Wrong weights.")
    rows = written(tmp_path, EXTRAS)
    assert [(row["value"], row["scale"], row["note"]) for row in rows if row["kind"] == "measurement"] == [(25, 100, "")]
    assert [list(row["new"]) for row in rows if row["kind"] == "change" and "measurement" in row["table"]] == [["published_at"]]
    (stated,) = [row for row in rows if row["kind"] == "protocol"]
    assert {name: stated[name] for name in ("split", "dataset_names", "margin", "noise", "prompt_family")} == {
        "split": "test", "dataset_names": ["MMLU"], "margin": "0.02", "noise": "0.001", "prompt_family": "mmlu",
    }  # fmt: skip
    assert "98.7" not in gzip.decompress((tmp_path / "out" / f"{EXTRAS}.json.gz").read_bytes()).decode()


def test_a_redacted_change_is_there_without_its_content(tmp_path):
    paper = make_paper(title="Secret", slug="s")
    redaction.redact(paper, fields=["title"], reason="law", copies=[])
    changes = [row for row in written(tmp_path, EXTRAS) if row["kind"] == "change"]
    assert {(row["old"], row["new"], row["redaction_reason"]) for row in changes} == {(None, None, "law")}
    assert "Secret" not in gzip.decompress((tmp_path / "out" / f"{EXTRAS}.json.gz").read_bytes()).decode()


def test_the_same_catalogue_makes_the_same_bytes(tmp_path):
    make_paper(title="A")
    files = [{file.name: file.sha256 for file in write(tmp_path / name, files=FILES[:5]).files.all()} for name in ("one", "two")]
    assert files[0] == files[1]
    assert len(files[0]) == 10


def test_an_export_that_breaks_off_leaves_nothing_that_looks_whole(tmp_path):
    make_paper(title="A")
    write(tmp_path / "out", has_parquet=False)
    before = (tmp_path / "out" / "papers-with-abstracts.json.gz").read_bytes()

    def stop(line):
        if line.startswith("methods"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), alone():
        export(tmp_path / "out", progress=stop, has_parquet=False)
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.endswith(".part")] == []
    assert (tmp_path / "out" / "papers-with-abstracts.json.gz").read_bytes() == before
    assert ArchiveExport.objects.filter(finished_at=None).count() == 1


@pytest.mark.parametrize("limit", [0, 200_000])
@pytest.mark.parametrize("options", [(), ("--no-parquet",)])
def test_a_disk_that_is_full_is_one_sentence_and_leaves_no_part(tmp_path, limit, options):
    for number in range(300):
        make_paper(title=f"{number}", abstract=os.urandom(1000).hex())
    done = export_to_full_disk(str(tmp_path / "out"), *options, limit=limit)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"CommandError: The export to {tmp_path / 'out'} broke off (")
    assert "File too large" in done.stderr  # a limit's word for a full disk
    assert len(done.stderr.splitlines()) == 1
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["papers-with-abstracts.json.gz", "datasets.parquet", "manifest.json", "SHA256SUMS"])
def test_a_folder_in_the_place_of_a_file_is_one_sentence(tmp_path, name):
    (tmp_path / "out" / name).mkdir(parents=True)
    with pytest.raises(CommandError, match="Is a directory"):
        call_command("export_archive", str(tmp_path / "out"))
    assert list((tmp_path / "out").glob("*.part")) == []


def test_a_second_export_at_the_same_time_is_refused():
    with alone(), pytest.raises(ExportRefused, match="Another export is running"), alone():
        pass


def test_the_command_writes_and_checks(tmp_path, capsys):
    make_paper(title="A")
    call_command("export_archive", str(tmp_path / "out"))
    assert capsys.readouterr().out.splitlines()[-1] == f"Written to {tmp_path / 'out'}."
    call_command("export_archive", str(tmp_path / "out"), "--check")
    assert capsys.readouterr().out.strip() == "The export is whole: sizes, sha256 and rows are those of its manifest."
    (tmp_path / "out" / "datasets.json.gz").write_bytes(b"")
    (tmp_path / "out" / "methods.parquet").unlink()
    with pytest.raises(CommandError, match="not sound"):
        call_command("export_archive", str(tmp_path / "out"), "--check")
    faults = capsys.readouterr().out.splitlines()
    assert faults[0].startswith("methods.parquet cannot be read")
    assert faults[1].startswith("datasets.json.gz has 0 bytes where the manifest says")
