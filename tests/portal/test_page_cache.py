"""Pages that are kept for anonymous readers, and that none of them is ever old."""

import gzip
import os
import subprocess
import sys
import time
from datetime import date

import psycopg2
import pytest
from django.apps import apps
from django.conf import settings as site
from django.db import connection, transaction
from django.test import Client

from papers.models import Paper
from portal import page_version, page_watch
from portal.var_dir import BASE_DIR
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.runs import make_planned_run
from tests.portal.dumps import load, paper_row
from workers.models import Run

pytestmark = pytest.mark.usefixtures("committed_db")

# Tables whose rows no kept page shows.
UNSHOWN = {
    "leaderboards_alert", "leaderboards_watch", "papers_brakelift", "papers_braketrip", "papers_change", "papers_wordstatistics", "papers_archiveimport", "papers_starobservation",
    "workers_run", "workers_runevent", "workers_fault", "workers_prompt", "workers_sample", "workers_shard", "workers_request", "workers_worker",
    "workers_benchmarklicence", "leaderboards_submission", "leaderboards_submission_areas", "leaderboards_submissionevent",
    "leaderboards_maderow", "leaderboards_notice", "leaderboards_reviewarea", "leaderboards_rerunvote",
}  # fmt: skip


@pytest.fixture
def reader(settings):
    """An anonymous reader of a site that keeps pages; `reader.rendered()` counts the pages that were not kept."""
    settings.PAGE_CACHE_MB = 8
    wait_for(page_watch.is_watching)
    return Client()


def wait_for(condition, *, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


def queries(get):
    """How many queries an answer took: none where it was kept."""
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as context:
        response = get()
    return len(context), response


def test_a_page_is_read_once_and_then_kept(reader):
    paper = make_paper(title="Kept")
    first, response = queries(lambda: reader.get(f"/paper/{paper.slug}"))
    again, same = queries(lambda: reader.get(f"/paper/{paper.slug}"))
    assert first > 0
    assert again == 0
    assert same.content == response.content
    assert {name: same[name] for name in ("Content-Type", "ETag", "Content-Security-Policy", "X-Frame-Options")} == {
        name: response[name] for name in ("Content-Type", "ETag", "Content-Security-Policy", "X-Frame-Options")
    }
    assert same["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("address", ["/", "/papers", "/sitemap.xml"])
def test_a_page_that_is_kept_answers_whatever_is_written_behind_its_address(reader, address):
    make_paper(title="Kept")
    response = reader.get(address)
    for query in ("x=1", "x=2", "utm_source=mail&utm_medium=mail", "q=zebra"):
        again, same = queries(lambda query=query: reader.get(f"{address}?{query}"))
        assert (again, same.content) == (0, response.content)
    assert reader.get("/papers?code=1").content != reader.get("/papers").content


def test_what_others_may_keep_for_a_while_is_kept_here_too_and_says_so(reader):
    board = make_board(slug="qa")
    make_result(board, scores={"Accuracy": "1"}, paper=make_paper(slug="kept"))
    first, response = queries(lambda: reader.get("/badge/kept/qa"))
    again, same = queries(lambda: reader.get("/badge/kept/qa"))
    assert first > 0
    assert again == 0
    assert same.json() == response.json()
    assert (same["Cache-Control"], same["Access-Control-Allow-Origin"]) == ("public, max-age=3600", "*")


def test_addresses_hosts_and_questions_have_pages_of_their_own(reader, settings):
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    make_paper(title="One")
    assert b"One" in reader.get("/search?q=one").content
    assert (
        b"No " in reader.get("/search?q=nothing-like-it").content or b"One" not in reader.get("/search?q=nothing-like-it").content
    )
    here = reader.get("/papers").content
    assert b"http://testserver/papers" in here
    assert b"http://other.example/papers" in reader.get("/papers", headers={"host": "other.example"}).content
    assert reader.get("/papers", headers={"host": "evil.example"}).status_code == 400


def test_a_reader_who_has_the_page_gets_304_until_it_changes(reader):
    paper = make_paper(title="Once")
    etag = reader.get(f"/paper/{paper.slug}")["ETag"]
    unchanged = reader.get(f"/paper/{paper.slug}", headers={"if-none-match": etag})
    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", etag)
    Paper.objects.filter(pk=paper.pk).update(title="Twice")
    changed = reader.get(f"/paper/{paper.slug}", headers={"if-none-match": etag})
    assert changed.status_code == 200
    assert b"Twice" in changed.content


@pytest.mark.parametrize(
    "address", ["/latest.atom", "/task/t.atom", "/search.atom?q=once", "/paper/p.bib", "/paper/p.ris", "/sitemap.xml"]
)
def test_feeds_and_files_are_kept_too_and_never_old(reader, address):
    make_paper(title="Once", slug="p", date=date(2024, 1, 1), tasks=[make_task(slug="t")])
    first = reader.get(address)
    again, same = queries(lambda: reader.get(address, headers={"if-none-match": first["ETag"]}))
    assert (again, same.status_code) == (0, 304)
    Paper.objects.update(title="Once and twice")
    if address == "/sitemap.xml":
        make_dataset()
    assert reader.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_a_kept_page_is_sent_zipped_to_those_who_take_it(reader):
    paper = make_paper(title="Zipped")
    plain = reader.get(f"/paper/{paper.slug}")
    zipped = reader.get(f"/paper/{paper.slug}", headers={"accept-encoding": "br, gzip"})
    assert "Content-Encoding" not in plain
    assert (zipped["Content-Encoding"], int(zipped["Content-Length"])) == ("gzip", len(zipped.content))
    assert gzip.decompress(zipped.content) == plain.content
    assert "Accept-Encoding" in plain["Vary"]


def test_whoever_is_signed_in_gets_pages_of_his_own(reader, django_user_model):
    paper = make_paper(title="Seen")
    stranger = reader.get(f"/paper/{paper.slug}").content
    staff = Client()
    staff.force_login(django_user_model.objects.create_superuser(username="ada", email="a@example.org"))
    mine = staff.get(f"/paper/{paper.slug}")
    assert b">ada</a>" in mine.content
    assert "private" in mine["Cache-Control"]
    assert reader.get(f"/paper/{paper.slug}").content == stranger


def test_the_next_request_after_a_commit_sees_the_change(reader):
    paper = make_paper(title="Before")
    for number in range(20):
        reader.get(f"/paper/{paper.slug}")
        Paper.objects.filter(pk=paper.pk).update(title=f"Title {number}")
        assert f"Title {number}<" in reader.get(f"/paper/{paper.slug}").content.decode()
    with transaction.atomic():
        Paper.objects.filter(pk=paper.pk).update(title="In a transaction")
    assert b"In a transaction" in reader.get(f"/paper/{paper.slug}").content


def test_the_next_request_after_an_import_sees_it(reader, dump):
    load(dump("papers-with-abstracts.json", [paper_row("a", title="First title")]))
    assert b"First title" in reader.get("/paper/a").content
    path = dump("papers-with-abstracts.json", [paper_row("a", title="Second title")])
    command = [sys.executable, str(BASE_DIR / "manage.py"), "import_archive", str(path)]
    subprocess.run(command, env=os.environ, check=True, capture_output=True)
    assert b"Second title" in reader.get("/paper/a").content


def test_a_change_from_elsewhere_is_heard(reader):
    paper = make_paper(title="Before")
    assert b"Before" in reader.get(f"/paper/{paper.slug}").content
    found = site.DATABASES["owner"]
    elsewhere = psycopg2.connect(
        dbname=found["NAME"], user=found["USER"], password=found["PASSWORD"], host=found["HOST"], port=found["PORT"] or None
    )
    with elsewhere, elsewhere.cursor() as cursor:
        cursor.execute("UPDATE papers_paper SET title = 'From elsewhere'")
    elsewhere.close()
    wait_for(lambda: b"From elsewhere" in reader.get(f"/paper/{paper.slug}").content, seconds=1.0)


def test_a_heartbeat_makes_no_page_old_and_a_new_state_does():
    run = make_planned_run()
    before = page_version.current()
    Run.objects.filter(pk=run.pk).update(activity="batch 7", fence=7)
    assert page_version.current() == before
    Run.objects.filter(pk=run.pk).update(state="cancelled")
    assert page_version.current() > before


def test_pages_of_runs_are_not_kept(reader):
    run = make_planned_run()
    assert reader.get(f"/runs/{run.public_id}").status_code == 200
    read, _ = queries(lambda: reader.get(f"/runs/{run.public_id}"))
    assert read > 0


def test_while_nobody_hears_of_changes_no_page_is_kept(reader, monkeypatch):
    paper = make_paper(title="Unheard")
    monkeypatch.setattr(page_watch._watcher, "hears", False)
    assert [queries(lambda: reader.get(f"/paper/{paper.slug}"))[0] > 0 for _ in range(2)] == [True, True]


def test_the_watch_comes_back_after_its_connection_was_lost(reader):
    before = page_version.current()
    with connection.cursor() as cursor:
        # by its name: what it asked last is LISTEN, or after a silence whether the connection lives
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [page_watch.NAME])
        assert cursor.fetchall()
    wait_for(lambda: page_watch.is_watching() and page_version.current() > before)


def test_memory_is_bounded_and_what_was_asked_for_longest_ago_goes(settings):
    settings.PAGE_CACHE_MB = 1
    wait_for(page_watch.is_watching)
    settings.CACHES["default"]["LOCATION"]
    reader = Client()
    for number in range(400):
        reader.get(f"/papers?unknown={number}")
    assert queries(lambda: reader.get("/papers?unknown=399"))[0] == 0


def test_a_second_process_finds_the_page_in_redis(reader):
    paper = make_paper(title="Shared")
    reader.get(f"/paper/{paper.slug}")
    beside = Client()  # a handler of its own, with nothing kept
    count, response = queries(lambda: beside.get(f"/paper/{paper.slug}"))
    assert count == 0
    assert b"Shared" in response.content


def test_without_redis_pages_come_all_the_same(settings):
    settings.PAGE_CACHE_MB = 8
    settings.PAGE_CACHE_URL = "redis://127.0.0.1:1/0"
    wait_for(page_watch.is_watching)
    reader, paper = Client(), make_paper(title="Alone")
    assert b"Alone" in reader.get(f"/paper/{paper.slug}").content
    assert queries(lambda: reader.get(f"/paper/{paper.slug}"))[0] == 0


def test_every_table_that_a_page_shows_says_when_it_changes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'portal_pages_changed'")
        telling = {row[0] for row in cursor.fetchall()}
    labels = ("papers", "leaderboards", "workers")
    tables = {
        model._meta.db_table for label in labels for model in apps.get_app_config(label).get_models(include_auto_created=True)
    }
    assert tables - telling == UNSHOWN - {"workers_run"}
