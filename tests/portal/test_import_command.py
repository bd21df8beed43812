"""What `manage.py import_archive` takes and says, beside what an import does."""

import json
import os
import pty
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from django.core.management import CommandError, call_command

from papers.models import Paper, PaperRepository, Source
from portal.archive_import import import_paths
from portal.importing.sources import Progress
from tests.portal.dumps import counts, link_row, load, paper_row, table_rows

pytestmark = pytest.mark.usefixtures("committed_db")

PAPERS = "papers-with-abstracts.json"


def test_an_empty_path_is_not_this_folder(tmp_path, monkeypatch):
    (tmp_path / PAPERS).write_text(json.dumps([paper_row()]))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match="a path is empty: give a dump or a folder of dumps"):
        call_command("import_archive", "")
    assert not Paper.objects.exists()


def test_one_file_named_in_two_ways_is_read_once(tmp_path, monkeypatch):
    path = tmp_path / PAPERS
    path.write_text(json.dumps([paper_row()]))
    monkeypatch.chdir(tmp_path)
    assert counts(load(Path(PAPERS), path, tmp_path)) == {PAPERS: (1, 0, 0, 0, 0)}


def test_finish_takes_no_dumps(dump):
    with pytest.raises(CommandError, match="--finish imports nothing: name no dumps with it"):
        call_command("import_archive", "--finish", str(dump(PAPERS, [])))


def test_a_report_that_cannot_be_kept_is_one_line(dump, settings, tmp_path, capsys):
    settings.VAR_DIR = tmp_path / "file"
    settings.VAR_DIR.write_text("")
    call_command("import_archive", str(dump(PAPERS, [paper_row()])))
    out, err = capsys.readouterr()
    assert err.startswith(f"This report could not be kept in {settings.VAR_DIR}/imports/import-")
    assert err.endswith(".txt: Not a directory.\n")
    assert "Related papers were computed for 1 paper." in out


def test_the_flat_table_of_an_export_is_no_dump(dump, tmp_path):
    load(dump("evaluation-tables.json", table_rows({})))
    call_command("export_archive", str(tmp_path / "out"), "--files", "evaluation-tables")
    report = load(tmp_path / "out" / "evaluation-tables.parquet")
    assert [file.error for file in report.files] == [
        "is an export's flat table of tasks, which holds no whole boards; give its evaluation-tables.json.gz"
    ]
    assert not load(tmp_path / "out").has_failed


def test_parquet_may_hold_its_texts_and_lists_in_other_ways(tmp_path):
    row = paper_row(authors=["Ada", "Bo"])
    fields = {name: pyarrow.string_view() for name in ("paper_url", "title")}
    fields |= {"authors": pyarrow.list_(pyarrow.string_view(), 2), "tasks": pyarrow.list_(pyarrow.string())}
    table = pyarrow.Table.from_pylist([row], schema=pyarrow.schema(list(fields.items())))
    pyarrow.parquet.write_table(table, tmp_path / "papers-with-abstracts.parquet")
    load(tmp_path)
    assert [author.name for author in Paper.objects.get().authors.order_by("paper_places__position")] == ["Ada", "Bo"]


def test_a_list_with_something_else_in_it_says_so(dump):
    report = load(dump(PAPERS, [paper_row(authors=["Ada", None]), paper_row("b", methods=["LoRA"])]))
    assert report.files[0].samples == [
        "row 1 authors holds null where texts belong",
        "row 2 methods holds a text where objects belong",
    ]


def test_a_bar_shows_how_far_it_is_with_rate_and_time_left(dump):
    papers = dump(PAPERS, [paper_row(f"p{number}", abstract="word " * 200) for number in range(5000)])
    links = dump("links-between-papers-and-code.json", [link_row(f"p{number}") for number in range(5000)])
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        import_paths([papers, links], source=Source.ARCHIVE, progress=Progress(stream=terminal))
        said = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert f"{PAPERS}:" in said
    assert "B/s" in said
    assert "rows" in said
    assert "100%" in said
    assert "<" in said
    assert PaperRepository.objects.count() == 5000
