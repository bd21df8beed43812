"""The index of papers: who may change it, and rebuilding it while people search and write."""

import threading

import psycopg2
import pytest
from django.db import ProgrammingError, connection, connections, transaction

from papers import search_rebuild
from papers.models import Paper
from papers.search_rebuild import rebuild
from tests.factories.catalogue import make_paper
from tests.papers.test_search import counted, titles


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["papers_search", "papers_search_title", "papers_search_added"])
@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM {}", "UPDATE {} SET date = NULL", "INSERT INTO {} (paper_id) VALUES (1)", "TRUNCATE {}", "DROP TABLE {}"],
)
def test_the_runtime_role_cannot_alter_the_index(table, statement):
    with pytest.raises(ProgrammingError, match="permission denied|must be owner"), transaction.atomic():
        connection.cursor().execute(statement.format(table))


def test_after_a_rebuild_the_runtime_role_reads_and_still_cannot_write(committed_db):
    make_paper(title="Zebra")
    rebuild()
    rebuild()
    assert titles("zebra") == ["Zebra"]
    for table in ("papers_search", "papers_search_title"):
        with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")


def test_searches_go_on_and_changes_are_kept_when_a_rebuild_is_killed(committed_db, owner_connection):
    make_paper(title="Zebra", abstract="Stripes.")
    rebuild()
    make_paper(title="Quagga", abstract="Stripes.")
    reached, failures = threading.Event(), []

    def run():
        try:
            rebuild(tell=lambda line: reached.set() if "papers_search_title: indexing" in line else None)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    with _held_open():  # a search in a transaction keeps the rebuild from its last step
        thread = threading.Thread(target=run)
        thread.start()
        assert reached.wait(30)
        assert sorted(titles("stripes")) == ["Quagga", "Zebra"]
        with owner_connection, owner_connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = current_user AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            assert cursor.fetchall() == [(True,)]
        thread.join(30)
    assert [type(error).__name__ for error in failures] == ["OperationalError"]
    assert sorted(titles("stripes")) == ["Quagga", "Zebra"]
    assert counted("papers_search") == 1
    assert rebuild().papers == 2
    assert sorted(titles("stripes")) == ["Quagga", "Zebra"]


def test_a_change_during_a_rebuild_stays_noted(committed_db):
    paper = make_paper(title="Zebra")
    make_paper(title="Okapi")

    def change(line):
        if line == "papers_search: indexing 2 papers":
            Paper.objects.filter(pk=paper.pk).update(title="Quagga")

    rebuild(tell=change)
    assert (titles("zebra"), titles("quagga")) == ([], ["Quagga"])
    assert counted("papers_search_added") == 1


def test_a_rebuild_gives_up_when_a_reader_never_lets_go(committed_db, monkeypatch):
    monkeypatch.setattr(search_rebuild, "SWAP_TRIES", 2)
    make_paper(title="Zebra")
    with _held_open(), pytest.raises(search_rebuild.RebuildFailed, match="was not replaced"):
        rebuild()
    assert titles("zebra") == ["Zebra"]
    assert rebuild().papers == 1


class _held_open:
    """A reader of the index, in a transaction that stays open."""

    def __enter__(self):
        found = connection.settings_dict
        self.reader = psycopg2.connect(
            dbname=found["NAME"], user=found["USER"], password=found["PASSWORD"], host=found["HOST"], port=found["PORT"] or None
        )
        self.reader.cursor().execute("SELECT count(*) FROM papers_search")

    def __exit__(self, *what):
        self.reader.close()
