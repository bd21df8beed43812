"""`manage.py recount`, and lists that read stored counts."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from papers.models import PaperCount, TaskCount
from tests.factories.catalogue import make_board, make_method, make_paper, make_repository, make_result, make_task
from tests.portal.api_reading import get

pytestmark = pytest.mark.django_db

LISTS = [
    "/", "/papers", "/tasks", "/sota", "/benchmarks", "/datasets", "/methods", "/api/v1/papers/", "/api/v1/evaluations/",
]  # fmt: skip


def recount(*arguments):
    out = StringIO()
    call_command("recount", *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def task():
    task = make_task()
    paper = make_paper(tasks=[task], methods=[make_method()], repositories=[make_repository()])
    make_result(make_board(task=task), paper=paper, scores={"Accuracy": "1"})
    return task


def test_recount_finds_nothing_wrong_where_triggers_did_their_work(task):
    assert recount("--check") == ["Every stored count is true."]


def test_recount_check_says_what_is_wrong_and_changes_nothing(task):
    TaskCount.objects.update(papers=4)
    out = StringIO()
    with pytest.raises(CommandError, match="1 stored counts are wrong; mend them with: manage.py recount"):
        call_command("recount", "--check", stdout=out)
    assert out.getvalue() == f"papers_taskcount {task.pk}: stored 4, 1, counted 1, 1\n"
    assert TaskCount.objects.get().papers == 4


def test_recount_mends(task):
    TaskCount.objects.update(papers=4)
    PaperCount.objects.all().delete()
    assert recount() == ["Every stored count is true."]
    assert recount("--check") == ["Every stored count is true."]
    assert (TaskCount.objects.get().papers, PaperCount.objects.get().code_links) == (1, 1)


@pytest.mark.parametrize("address", LISTS)
def test_no_list_counts_rows_while_somebody_waits(client, task, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    counting = [query["sql"] for query in queries if "COUNT(*)" in query["sql"].upper()]
    assert [sql for sql in counting if "papers_method_collections" not in sql and "unnest(dataset.modalities)" not in sql] == []


@pytest.mark.parametrize("address", ["/datasets", "/methods", "/conferences", "/libraries", "/trends"])
def test_what_pages_count_themselves_is_in_small_tables(client, task, address):
    """Filters count datasets and collections count methods: thousands of rows, not the papers' hundreds of thousands."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    counting = [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]
    large = ("papers_paper", "papers_author", "papers_repository ", "leaderboards_claim", "leaderboards_score")
    assert [sql for sql in counting if any(f"{table} " in sql or f'"{table}"' in sql for table in large)] == []


def test_the_length_of_a_whole_list_is_the_stored_one_and_that_of_a_narrowed_one_is_counted(client):
    for arxiv_id in ("2204.06745", "2204.06746"):
        make_paper(arxiv_id=arxiv_id)
    assert get(client, "/papers/")["count"] == 2
    assert get(client, "/papers/?arxiv_id=2204.06745")["count"] == 1
    assert get(client, "/papers/?title=nothing")["count"] == 0
