"""What breaks in the middle of an import, and a large import's way of loading."""

import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, connections

from papers.models import ArchiveImport, Author, Paper, PaperRepository, TaskCount
from portal.archive_import import _LOCK
from portal.importing import kinds
from portal.management.commands.import_archive import BROKEN_OFF
from portal.var_dir import BASE_DIR
from tests.conftest import empty_tables
from tests.portal.dumps import link_row, load, paper_row, snapshot

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def bulk(monkeypatch):
    """Every first import is a large one."""
    monkeypatch.setattr(kinds, "BULK_BYTES", 1)


def shard(folder, number, rows, *, cut=0):
    text = json.dumps(rows)
    (folder / f"papers-with-abstracts-{number}.json").write_text(text[: len(text) - cut])


def test_the_shards_after_a_broken_one_are_loaded_in_bulk_all_the_same(tmp_path, bulk):
    shard(tmp_path, 0, [paper_row(f"a{number}", authors=["Ada"]) for number in range(6000)], cut=1)
    shard(tmp_path, 1, [paper_row(f"b{number}", authors=["Ada"]) for number in range(10)])
    report = load(tmp_path)
    assert [(file.new, bool(file.error)) for file in report.files] == [(0, True), (10, False)]
    assert Paper.objects.count() == 10
    assert Author.objects.get().public_id.version == 4


def test_no_default_of_a_bulk_load_stays_behind(tmp_path, bulk):
    shard(tmp_path, 0, [paper_row("good", authors=["Ada"])])
    shard(tmp_path, 1, [paper_row(f"a{number}", authors=["Ada"]) for number in range(6000)], cut=1)
    load(tmp_path)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_name = 'papers_paper' AND column_default IS NOT NULL"
        )
        assert cursor.fetchone() == (0,)


def test_a_bulk_load_stores_what_any_other_does(shared_data, monkeypatch):
    archive = shared_data / "pwc" / "archive"
    load(archive)
    plain = said(snapshot())
    empty_tables()
    monkeypatch.setattr(kinds, "BULK_BYTES", 1)
    load(archive)
    assert said(snapshot()) == plain


def said(tables):
    """Rows without what is each import's own: the moment, and the ids drawn at random."""
    own = {"public_id", "created_at", "updated_at"}
    return {name: [{key: row[key] for key in row.keys() - own} for row in rows] for name, rows in tables.items()}


def test_what_an_import_that_was_killed_between_its_dumps_left_to_do_can_be_done(tmp_path, client):
    shard(tmp_path, 0, [paper_row(f"a{number}", title=f"Quokka {number}", tasks=["Counting"]) for number in range(20_000)])
    links = [link_row(f"a{number}", f"https://github.com/some/code-{number}") for number in range(20_000)]
    (tmp_path / "links-between-papers-and-code.json").write_text(json.dumps(links))
    command = [sys.executable, str(BASE_DIR / "manage.py"), "import_archive", str(tmp_path)]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(Paper.objects.exists, "the papers")
    process.kill()
    process.wait()
    assert (Paper.objects.count(), PaperRepository.objects.count()) == (20_000, 0)
    assert client.get("/paper/a7").status_code == 200
    assert not TaskCount.objects.filter(papers__gt=0).exists()
    assert finished() == ["Related papers were computed for 20,000 papers."]
    assert TaskCount.objects.get().papers == 20_000
    assert b"Quokka 7<" in client.get("/search?q=quokka+7").content
    assert finished() == ["No import is left to be finished."]
    load(tmp_path)
    assert finished() == ["No import is left to be finished."]


def test_ctrl_c_says_what_is_there_and_what_to_do(tmp_path):
    shard(tmp_path, 0, [paper_row(f"a{number}", abstract="word " * 300) for number in range(30_000)])
    process = subprocess.Popen(
        [sys.executable, str(BASE_DIR / "manage.py"), "import_archive", str(tmp_path)],
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background are run deaf to it
    )
    wait_for(ArchiveImport.objects.exists, "the import")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip().splitlines()) == (130, [f"CommandError: {BROKEN_OFF}"])
    assert not Paper.objects.exists()


def test_a_second_import_says_that_it_waits(dump, capfd):
    path = dump("methods.json", [])
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        command = [sys.executable, str(BASE_DIR / "manage.py"), "import_archive", str(path)]
        process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert process.stderr.readline() == "Another import is running: this one begins when it is done.\n"
        assert process.poll() is None
        assert finished() == ["No import is left to be finished."]
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    assert (process.communicate(timeout=60)[1], process.returncode) == ("", 0)


def finished():
    out = StringIO()
    call_command("import_archive", "--finish", stdout=out)
    return [line for line in out.getvalue().splitlines() if "Related" in line or "No import" in line]


def wait_for(is_there, what):
    deadline = time.monotonic() + 60
    while not is_there():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.02)
