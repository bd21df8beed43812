"""Sitemaps and robots.txt: what crawlers are told."""

import gzip
import json
from datetime import UTC, datetime
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaderboards.models import Claim, Leaderboard, Model
from papers.models import Conference, Paper, Task
from tests.factories.catalogue import (
    make_area,
    make_author,
    make_board,
    make_collection,
    make_dataset,
    make_method,
    make_paper,
    make_proceeding,
    make_result,
    make_task,
)
from tests.factories.runs import make_planned_run
from tests.portal.reading import read

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"

pytestmark = pytest.mark.django_db


def places(response, element):
    """The addresses of a sitemap, or of an index, with their times of change."""
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(response.content)
    assert root.tag == {"url": f"{MAP}urlset", "sitemap": f"{MAP}sitemapindex"}[element]
    return {found.findtext(f"{MAP}loc"): found.findtext(f"{MAP}lastmod") for found in root.findall(f"{MAP}{element}")}


def path(address):
    assert address.startswith("http://testserver/")
    return address.removeprefix("http://testserver")


def parts(client):
    return [path(address) for address in places(client.get("/sitemap.xml"), "sitemap")]


def listed(client):
    """Everything that all parts list."""
    return {path(address): when for part in parts(client) for address, when in places(client.get(part), "url").items()}


def test_everything_that_has_a_page_is_listed_once_and_answers(client):
    task = make_task(slug="task", areas=[make_area(slug="area")])
    board = make_board(task=task, dataset=make_dataset(slug="dataset"), slug="board")
    meeting = make_proceeding(name="icml-2020-7", conference="ICML")
    method = make_method(slug="method", main_collection=make_collection(name="Attention"))
    make_paper(slug="paper", authors=["Ada"], methods=[method], proceeding=meeting)
    make_proceeding(name="nobody-2020-7", conference="ICML")
    make_result(board, model_name="GPT")
    make_author(name="Nobody")
    found = listed(client)
    things = {address for address in found if address.count("/") == 2}
    assert things == {
        "/area/area", "/task/task", "/sota/board", "/dataset/dataset", "/paper/paper", "/method/method", "/author/ada",
        "/conference/icml", "/model/gpt",
    }  # fmt: skip
    assert {address for address in found if address.count("/") == 3} == {
        "/methods/category/attention",
        "/conference/icml/icml-2020-7",
    }
    assert {"/", "/papers", "/tasks", "/sota", "/datasets", "/methods"} <= set(found) - things
    assert {client.get(address).status_code for address in found} == {200}


def test_a_meeting_of_no_conference_that_is_shown_stands_by_itself(client):
    meeting = make_proceeding(name="icml-2020-7", conference="ICML")
    make_paper(proceeding=meeting)
    Conference.objects.update(removed_at=timezone.now(), removed_reason="Spam.")
    found = {address for address in listed(client) if address.startswith("/conference/")}
    assert found == {"/conference/icml-2020-7"}
    assert client.get("/conference/icml-2020-7").status_code == 200


def test_what_the_public_does_not_see_and_what_runs_show_is_not_listed(client):
    gone = {"removed_at": timezone.now(), "removed_reason": "Spam."}
    paper = make_paper(authors=["Ada"])
    make_paper(duplicate_of=paper, slug="twin")
    make_paper(slug="gone", **gone)
    make_task(slug="spam", spam_reason="is spam")
    make_board(task=make_task(slug="removed", **gone), slug="board-of-removed")
    make_planned_run()
    found = set(listed(client))
    assert found.isdisjoint({"/paper/twin", "/paper/gone", "/task/spam", "/task/removed", "/sota/board-of-removed"})
    assert not [address for address in found if address.startswith(("/runs", "/search", "/api", "/admin"))]


def test_times_of_change_are_those_of_the_rows(client):
    paper, board = make_paper(), make_board(task=make_task(slug="task"))
    result = make_result(board)
    Paper.objects.update(updated_at=datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC))
    Leaderboard.objects.update(updated_at=datetime(2025, 1, 1, tzinfo=UTC))
    Task.objects.update(updated_at=datetime(2025, 3, 1, tzinfo=UTC))
    Claim.objects.filter(pk=result.pk).update(updated_at=datetime(2025, 6, 1, tzinfo=UTC))
    found = listed(client)
    assert found[f"/paper/{paper.slug}"] == "2025-01-02T03:04:05+00:00"
    assert found[f"/sota/{board.slug}"] == "2025-06-01T00:00:00+00:00"
    index = {path(address): when for address, when in places(client.get("/sitemap.xml"), "sitemap").items()}
    assert {when for part, when in index.items() if "tasks" in part} == {"2025-03-01T00:00:00+00:00"}
    assert {when for part, when in index.items() if "papers" in part or "boards" in part} == {None}
    Claim.objects.all().delete()
    assert listed(client)[f"/sota/{board.slug}"] == "2025-01-01T00:00:00+00:00"


def test_the_index_looks_at_no_paper_but_the_first_of_each_part(client):
    for key in range(1, 200):
        make_paper(pk=key, slug=f"p{key}")
    make_paper(pk=10_001, slug="p10001")
    make_paper(pk=20_001, slug="p20001", removed_at=timezone.now(), removed_reason="Spam.")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE papers_paper")
    with CaptureQueriesContext(connection) as asked:
        assert [part for part in parts(client) if "papers" in part] == ["/sitemaps/papers-0.xml", "/sitemaps/papers-1.xml"]
    (walk,) = (query["sql"] for query in asked if "RECURSIVE" in query["sql"] and "papers_paper" in query["sql"][:120])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of so few rows all are as soon read
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON, COSTS OFF) {walk}")
        plan = json.dumps(cursor.fetchone()[0])
    assert "Seq Scan" not in plan


def test_models_are_listed_once_by_their_names(client):
    board = make_board()
    for number, name in enumerate(["GPT-3 (175B)", "GPT-3 175B", "Ours", "ours", "+++", "§"]):
        make_result(board, model_name=name, occurrence=number)
    make_result(board, model_name="Gone", removed_at=timezone.now(), removed_reason="Spam.")
    make_result(make_board(removed_at=timezone.now(), removed_reason="Spam."), model_name="Unseen")
    gone = {"removed_at": timezone.now(), "removed_reason": "Spam."}
    make_result(board, model_name="Withdrawn")
    Model.objects.create(name="Withdrawn", slug="withdrawn", source="form", **gone)
    Model.objects.create(name="Ours", slug="ours", source="form")
    Model.objects.create(name="Registered", slug="registered", source="form")
    found = [path(address) for part in parts(client) for address in places(client.get(part), "url")]
    models = sorted(address for address in found if address.startswith("/model/"))
    assert models == ["/model/gpt-3-175b", "/model/ours", "/model/plus-plus-plus", "/model/registered"]
    assert {client.get(address).status_code for address in models} == {200}


def test_parts_are_ranges_of_ids_and_only_those_that_hold_something(client):
    for key in (9_999, 10_000, 19_999, 70_000_000_000):
        make_paper(pk=key, slug=f"p{key}")
    assert [part for part in parts(client) if "papers" in part] == [
        f"/sitemaps/papers-{number}.xml" for number in (0, 1, 7_000_000)
    ]
    assert set(map(path, places(client.get("/sitemaps/papers-1.xml"), "url"))) == {"/paper/p10000", "/paper/p19999"}
    assert client.get("/sitemaps/papers-2.xml").status_code == 404


@pytest.mark.parametrize("part", ["papers-0", "papers-99999999999999999999999", "runs-0", "papers--1", "papers-x"])
def test_what_is_no_part_answers_404(client, part):
    response = client.get(f"/sitemaps/{part}.xml")
    assert response.status_code == 404
    assert read(response).headings[0] == ("h1", "Page not found")


def test_hostile_slugs_are_quoted(client):
    make_task(slug='a&b<c>"ü ]]>')
    assert "/task/a%26b%3Cc%3E%22%C3%BC%20%5D%5D%3E" in listed(client)
    assert client.get("/task/a%26b%3Cc%3E%22%C3%BC%20%5D%5D%3E").status_code == 200


def test_a_part_is_one_query_and_the_index_one_a_kind(client, django_assert_num_queries):
    board = make_board()
    for _ in range(20):
        make_result(board, paper=make_paper(authors=["Ada"]))
        make_board()
    kinds = [part for part in parts(client) if part != "/sitemaps/site.xml"]
    assert len(kinds) == 6
    for part in kinds:
        with django_assert_num_queries(1):
            client.get(part)
    with django_assert_num_queries(12):
        client.get("/sitemap.xml")


def test_a_part_is_zipped_and_a_crawler_that_has_it_gets_304(client):
    for _ in range(50):
        make_paper()
    (part,) = (part for part in parts(client) if "papers" in part)
    plain = client.get(part)
    zipped = client.get(part, headers={"accept-encoding": "gzip"})
    assert gzip.decompress(zipped.content) == plain.content
    assert len(zipped.content) < len(plain.content) / 3
    for response, coding in ((plain, {}), (zipped, {"accept-encoding": "gzip"})):
        unchanged = client.get(part, headers={"if-none-match": response["ETag"], **coding})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
    make_paper()
    assert client.get(part, headers={"if-none-match": plain["ETag"]}).status_code == 200


def test_robots_txt_gives_rules_a_budget_and_the_sitemap(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    robots = RobotFileParser()
    robots.parse(response.content.decode().splitlines())
    assert robots.crawl_delay("anybot") == 2
    assert robots.site_maps() == ["http://testserver/sitemap.xml"]
    for address in (
        "/search?q=a",
        "/search.atom?q=a",
        "/admin/",
        "/api/v1/papers/",
        "/sign-out",
        "/runs/request",
        "/downloads/a/b.gz",
    ):
        assert not robots.can_fetch("anybot", f"http://testserver{address}"), address
    for address in ("/", "/paper/a", "/sota/b", "/sitemap.xml", "/static/css/base.css", "/downloads", "/latest.atom"):
        assert robots.can_fetch("anybot", f"http://testserver{address}"), address
    rules = response.content.decode().splitlines()
    assert {"Disallow: /*?", "Disallow: /runs/*/state"} <= set(rules)  # that parser takes the sign for a letter


def test_pages_that_show_items_of_a_benchmark_are_not_indexed(client):
    run = make_planned_run()
    response = client.get(f"/runs/{run.public_id}")
    assert response["X-Robots-Tag"] == "noindex"
    assert ("meta", {"name": "robots", "content": "noindex"}) in read(response).elements
    assert client.get(f"/runs/{run.public_id}/state")["X-Robots-Tag"] == "noindex"
    assert client.get("/search?q=a")["X-Robots-Tag"] == "noindex"
    for address in ("/", "/search", "/runs", f"/paper/{make_paper().slug}"):
        response = client.get(address)
        assert "X-Robots-Tag" not in response
        assert "robots" not in [attributes.get("name") for _, attributes in read(response).elements]
