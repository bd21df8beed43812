"""The nightly export and the page that lists it."""

import gzip
import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as site
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client

from papers.models import ArchiveExport, ExportedFile
from portal import nightly
from portal.archive_export import alone, export
from tests.factories.catalogue import make_paper
from tests.portal.exports import export_to_full_disk
from tests.portal.reading import in_order, read

pytestmark = pytest.mark.usefixtures("committed_db")

THREE = datetime(2026, 5, 4, 3, tzinfo=UTC)


@pytest.fixture
def exports(tmp_path, settings):
    """An empty folder of exports."""
    settings.EXPORTS = tmp_path / "exports"
    return settings.EXPORTS


def publish():
    return nightly.publish(progress=lambda line: None)


def locks():
    """How many advisory locks are held in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


def body(response):
    return b"".join(response.streaming_content)


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        (THREE, THREE - timedelta(days=1), True),
        (THREE - timedelta(seconds=1), THREE - timedelta(hours=2), False),
        (THREE + timedelta(minutes=1), THREE, False),
        (THREE + timedelta(hours=20), THREE - timedelta(hours=1), True),
        (THREE - timedelta(hours=1), THREE - timedelta(days=2), True),
        (THREE.astimezone(UTC) + timedelta(hours=23), THREE + timedelta(seconds=5), False),
    ],
)
def test_an_export_is_due_once_its_hour_has_come_since_the_last(now, last, due):
    assert nightly.is_due(now, hour=3, last=last) is due


def test_without_an_export_the_page_says_when_one_comes(client, settings):
    page = read(client.get("/downloads"))
    in_order(page.main, ["Downloads", "There is no export yet. One is made every night at 03:00 UTC.", "CC-BY-SA 4.0"])
    settings.EXPORT_KEEP = 0
    assert "this site makes none by itself" in read(client.get("/downloads")).main


def test_the_page_lists_what_can_be_downloaded(client, exports):
    make_paper(title="A")
    first, second = publish(), publish()
    page = read(client.get("/downloads"))
    assert [heading for _, heading in page.headings][:4] == ["Downloads", "Latest export", "Licence", "All exports"]
    assert "Papers with Code, paperswithcode.com (PWC Archive)" in page.main
    file = second.files.get(name="papers-with-abstracts.json.gz")
    assert page.tables[0][1] == ["papers-with-abstracts.json.gz", f"{file.size} B", "1 paper", file.sha256]
    assert [len(table) - 1 for table in page.tables] == [11, 11, 11]
    assert page.link("papers-with-abstracts.json.gz") == "/downloads/latest/papers-with-abstracts.json.gz"
    for record in (first, second):
        assert f"/downloads/{Path(record.folder).name}/portal-extras.json.gz" in page.hrefs()
    assert "/downloads" in page.hrefs()


def test_an_export_may_follow_another_at_once(monkeypatch):
    """The lock is given back before its connection is closed: the server ends a closed one a moment later."""
    held = []
    close = DatabaseWrapper.close

    def looking(wrapper):
        held.append(locks())
        close(wrapper)

    with alone():
        monkeypatch.setattr(DatabaseWrapper, "close", looking)
        assert locks() == 1
    assert held == [0]


def test_a_file_comes_as_it_lies_on_the_disk(client, exports):
    make_paper(title="A")
    record = publish()
    response = client.get("/downloads/latest/papers-with-abstracts.json.gz", headers={"Accept-Encoding": "gzip"})
    content = body(response)
    file = record.files.get(name="papers-with-abstracts.json.gz")
    assert (response["Content-Type"], response["Content-Length"]) == ("application/gzip", str(file.size))
    assert response["Content-Disposition"] == 'attachment; filename="papers-with-abstracts.json.gz"'
    assert "Content-Encoding" not in response
    assert (hashlib.sha256(content).hexdigest(), gzip.decompress(content)[:2]) == (file.sha256, b"[{")
    dated = client.get(f"/downloads/{Path(record.folder).name}/papers-with-abstracts.parquet")
    assert (dated["Content-Type"], body(dated)[:4]) == ("application/vnd.apache.parquet", b"PAR1")
    again = client.get("/downloads/latest/papers-with-abstracts.json.gz", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "address",
    [
        "latest/manifest.json", "latest/..", "../papers-with-abstracts.json.gz", "..%2f..%2fetc/passwd", "latest/%2e%2e%2fsecret",
        "exports/papers-with-abstracts.json.gz", "%/papers-with-abstracts.json.gz", "/papers-with-abstracts.json.gz", "latest/none",
    ],
)  # fmt: skip
def test_nothing_else_can_be_downloaded(address, client, exports):
    publish()
    (exports / "secret").write_text("no")
    assert client.get(f"/downloads/{address}").status_code == 404


def test_only_finished_exports_that_were_published_are_there(client, exports, tmp_path):
    with alone():
        export(tmp_path / "by-hand", progress=lambda line: None, files=["methods"])
    broken = ArchiveExport.objects.create(folder=str(exports / "2026-01-01-030000"), is_public=True)
    ExportedFile.objects.create(export=broken, name="methods.json.gz", size=1, sha256="0" * 64, rows=0)
    assert "There is no export yet" in read(client.get("/downloads")).main
    assert client.get("/downloads/by-hand/methods.json.gz").status_code == 404
    assert client.get("/downloads/2026-01-01-030000/methods.json.gz").status_code == 404


def test_a_file_that_is_gone_is_not_found(client, exports):
    record = publish()
    (Path(record.folder) / "methods.json.gz").unlink()
    assert client.get("/downloads/latest/methods.json.gz").status_code == 404


def test_the_oldest_exports_make_room_and_broken_off_ones_too(exports, settings):
    settings.EXPORT_KEEP = 2
    exports.mkdir()
    (exports / ".2026-01-01-030000.part").mkdir()
    (exports / "of-another-database").mkdir()
    ArchiveExport.objects.create(folder=str(exports / ".2026-01-01-030000.part"))
    records = []
    for _ in range(3):
        records.append(publish())
    kept = [Path(record.folder).name for record in records[1:]]
    assert sorted(path.name for path in exports.iterdir()) == sorted([*kept, "of-another-database"])
    assert [record.pk for record in ArchiveExport.objects.order_by("pk")] == [record.pk for record in records[1:]]


def test_the_scheduler_finds_the_clock_and_nothing_heavy():
    seen = "import sys; import portal.celery; portal.celery.app.loader.import_default_modules(); print('portal.nightly' in sys.modules, 'pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True, cwd=site.BASE_DIR)
    assert done.stdout.split() == ["True", "False"]


def test_a_nightly_export_to_a_full_disk_leaves_nothing_on_it():
    make_paper(title="A")
    done = export_to_full_disk("--publish", limit=100)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert list((site.VAR_DIR / "exports").glob(".*")) == []


def test_the_nightly_process_exports_once_its_hour_has_come(exports, monkeypatch, caplog):
    """The process has the settings of this one but for EXPORTS, which is below VAR_DIR."""
    clock = nightly._Clock()
    clock.go_round()
    assert not ArchiveExport.objects.exists()  # its hour has not come since it was started
    clock._started = clock._tried = clock._started - timedelta(days=2)
    for _ in range(2):
        clock.go_round()
    record = ArchiveExport.objects.get()
    try:
        assert (record.is_public, Path(record.folder).parent) == (True, site.VAR_DIR / "exports")
        assert Client().get("/downloads").status_code == 200
    finally:
        nightly.prune(site.VAR_DIR / "exports", keep=1)
