"""What every answer of the API goes through: limits, validators, compression, other sites' scripts, and who may read what."""

import gzip
import re
import time
from uuid import uuid4

import msgspec
import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIRequestFactory, force_authenticate

from accounts.models import User
from leaderboards.models import Measurement
from papers.hidden_keys import hidden
from papers.models import Change, Paper, SlugHistory
from portal import page_version, page_watch
from portal.api import limits, throttles
from portal.api.claims import MeasurementViewSet
from portal.api.records import ChangeViewSet
from portal.api.registry import WorkerViewSet
from portal.api.runs import SampleViewSet
from portal.api.shapes.rows import Row
from tests.factories.catalogue import make_board, make_paper, make_result
from tests.factories.runs import make_mapping, make_planned_run, make_worker
from tests.portal.api_reading import get, make_measurement, refusal
from workers.models import BenchmarkLicence, Run

pytestmark = pytest.mark.django_db


def as_staff(view, address="/", **named):
    """What the staff get, who have signed in by whatever way."""
    request = APIRequestFactory().get(address)
    force_authenticate(request, User(username="boss", is_staff=True))
    response = view(request, **named)
    response.render()
    return response


def test_an_address_is_counted_and_refused_until_the_minute_is_over(client, settings, monkeypatch):
    settings.API_ADDRESS_PER_MINUTE = 2
    monkeypatch.setattr(throttles.time, "time", lambda: 1_000_000_020.0)
    throttles._counter._redis.delete("portal:asked:address-192.0.2.7:16666667")
    answers = [client.get("/api/v1/areas/", REMOTE_ADDR="192.0.2.7") for _ in range(3)]
    told = [
        [answer.headers.get(f"X-Ratelimit-{name}") for name in ("Limit", "Remaining", "Reset", "Retry")] for answer in answers
    ]
    assert told == [["2", "1", "1000000080", "60"], ["2", "0", "1000000080", "60"], ["2", "0", "1000000080", "60"]]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (answers[2].headers["Retry-After"], answers[2].json()["message"]) == ("60", "Too many requests: wait 60 seconds.")
    assert client.get("/api/v1/areas/", REMOTE_ADDR="192.0.2.8").status_code == 200


def test_guesses_at_tokens_are_counted_too(client, settings):
    settings.API_ADDRESS_PER_MINUTE = 1
    throttles._counter._redis.flushdb()
    guesses = [client.get("/api/v1/areas/", REMOTE_ADDR="192.0.2.9", HTTP_AUTHORIZATION=f"Token {guess}") for guess in "abc"]
    assert guesses[0].status_code == 401
    assert guesses[2].status_code == 429


def test_without_a_limit_no_header_tells_one(client):
    assert not [name for name in client.get("/api/v1/areas/nowhere/").headers if name.lower().startswith("x-ratelimit")]


def test_a_statement_that_takes_too_long_is_broken_off(client, monkeypatch):
    limits._forget(connection)  # what an earlier test set went with its transaction
    monkeypatch.setattr(limits, "STATEMENT_SECONDS", 0.05)
    monkeypatch.setattr("portal.api.tasks.AreaViewSet.rows", lambda self: _asleep())
    response = client.get("/api/v1/areas/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "60")
    assert response.json()["detail"] == "This would take longer than 5 seconds: ask for less, or narrow it down."
    limits._forget(connection)


def _asleep():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30)")


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        (
            {"path": "/api/v1/papers/?q=" + "a" * 8000},
            414,
            "The query string is longer than 8000 characters: ask for less at once.",
        ),
        (
            {"path": "/api/v1/papers/", "CONTENT_LENGTH": str(2**20 + 1)},
            413,
            "The body is larger than 1,048,576 bytes: send it in parts.",
        ),
    ],
)
def test_what_is_too_large_is_refused_before_it_is_read(client, asked, status, sentence):
    response = client.get(**asked)
    assert (response.status_code, response.json()["message"]) == (status, sentence)


def test_scripts_of_other_sites_may_read(client):
    asked = client.options("/api/v1/papers/", HTTP_ORIGIN="https://example.org")
    assert (asked.status_code, asked.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD, OPTIONS")
    for address in ("/api/v1/papers/", "/api/v1/papers/no/"):
        headers = client.get(address, HTTP_ORIGIN="https://example.org").headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in headers
    assert "Access-Control-Allow-Origin" not in client.get("/about").headers


def test_answers_are_zipped_and_not_sent_twice(client):
    make_paper(slug="p", abstract="Long. " * 200)
    plain = client.get("/api/v1/papers/p/")
    zipped = client.get("/api/v1/papers/p/", HTTP_ACCEPT_ENCODING="gzip")
    assert gzip.decompress(zipped.content) == plain.content
    assert (zipped.headers["Content-Encoding"], zipped.headers["Vary"]) == ("gzip", "Accept-Encoding, Authorization")
    again = client.get("/api/v1/papers/p/", HTTP_IF_NONE_MATCH=zipped.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_who_has_the_catalogues_version_costs_no_query(client, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(page_watch, "is_watching", lambda: True)
    make_paper(slug="p")
    first = client.get("/api/v1/papers/p/")
    with django_assert_num_queries(0):
        assert client.get("/api/v1/papers/p/", HTTP_IF_NONE_MATCH=first.headers["ETag"]).status_code == 304
    page_version.announce()
    assert client.get("/api/v1/papers/p/", HTTP_IF_NONE_MATCH=first.headers["ETag"]).status_code == 200


def test_what_was_last_modified_before_is_not_sent(client, monkeypatch):
    monkeypatch.setattr(page_watch, "is_watching", lambda: True)
    monkeypatch.setattr(page_version, "current", lambda: 1_700_000_000_500_000_000)
    make_paper(slug="p")
    first = client.get("/api/v1/papers/p/")
    assert first.headers["Last-Modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert client.get("/api/v1/papers/p/", HTTP_IF_MODIFIED_SINCE=first.headers["Last-Modified"]).status_code == 304
    assert client.get("/api/v1/papers/p/", HTTP_IF_MODIFIED_SINCE="Tue, 14 Nov 2023 22:13:19 GMT").status_code == 200
    monkeypatch.setattr(page_version, "current", lambda: int(time.time()) * 10**9)
    monkeypatch.setattr("portal.api.door._is_told", lambda version: False)
    assert "Last-Modified" not in client.get("/api/v1/papers/p/").headers


def test_a_run_is_followed_by_its_etag(client):
    run = make_planned_run()
    address = f"/api/v1/runs/{run.public_id}/"
    etag = client.get(address).headers["ETag"]
    assert client.get(address, HTTP_IF_NONE_MATCH=etag).status_code == 304
    run.shards.update(batches_done=1)
    moved = client.get(address, HTTP_IF_NONE_MATCH=etag)
    assert (moved.status_code, moved.json()["progress"]["batches_done"]) == (200, 1)
    assert "Last-Modified" not in moved.headers


def test_what_moved_leads_to_its_address_of_today(client):
    paper = make_paper(slug="today")
    SlugHistory.objects.create(kind="paper", slug="yesterday", target=paper.public_id)
    make_paper(slug="second-row", duplicate_of=paper)
    for old in ("yesterday", "second-row"):
        moved = client.get(f"/api/v1/papers/{old}/tasks/?page=1")
        assert (moved.status_code, moved.headers["Location"]) == (301, "/api/v1/papers/today/tasks/?page=1")


def test_unpublished_measurements_are_for_staff(client):
    claim = make_result(make_board(), scores={"Accuracy": "1"})
    waiting = make_measurement(claim, published_at=None)
    assert get(client, "/measurements/")["results"] == get(client, "/verdicts/")["results"] == []
    assert refusal(client, f"/measurements/{waiting.public_id}/", status=404) == "There is no measurement at this address."
    found = as_staff(MeasurementViewSet.as_view({"get": "list"})).data.results
    assert [(str(item.id), item.published_at) for item in found] == [(str(waiting.public_id), None)]


def test_a_verdict_is_on_the_claim_it_tests(client):
    claim = make_result(make_board(slug="b"), model_name="M", scores={"Accuracy": "33.6"})
    make_measurement(claim, value=26.0, items=14042, interval_low=25.3, interval_high=26.7, scale=100.0)
    (verdict,) = get(client, "/verdicts/?evaluation=b")["results"]
    assert [verdict[key] for key in ("claim", "claimed", "claimed_value", "measured_value")] == [
        str(claim.public_id),
        "33.6",
        33.6,
        26.0,
    ]
    assert verdict["verdict"]["word"] == "differs"


def test_numbers_and_texts_of_items_are_told_by_the_pages_rules(client):
    mapping = make_mapping()
    run = make_planned_run(samples=2, checkpoint=mapping.checkpoint, protocol=mapping.protocol)
    address = f"/runs/{run.public_id}/samples/"
    held = "What this run measures is not published yet: its items and numbers can be read once it is."
    assert refusal(client, address, status=403) == held
    Run.objects.update(state="finished", provenance={"tasks": [{"name": "t", "dataset": "owner/data"}]})
    licence = BenchmarkLicence.objects.create(dataset="owner/data", name="Closed")
    closed = get(client, address)["results"][1]
    assert [closed[key] for key in ("index", "target", "choices", "prediction")] == [1, None, None, None]
    assert {asked["prompt"] for asked in get(client, f"{address}1/")["requests"]} == {None}
    assert get(client, f"{address}?q=nothing")["count"] == 2
    view = SampleViewSet.as_view({"get": "retrieve"})
    assert as_staff(view, run=str(run.public_id), index="1").data.requests[0].prompt == "Question 1?"
    BenchmarkLicence.objects.filter(pk=licence.pk).update(allows_prompts=True)
    opened = get(client, f"{address}1/")
    assert [opened["target"], opened["choices"], [asked["continuation"] for asked in opened["requests"]]] == [
        "A",
        ["A", "B"],
        [" ", "A"],
    ]


def test_history_is_told_without_what_was_redacted(client):
    paper = make_paper(title="Before", slug="p")
    Paper.objects.update(title="After", url_abs=hidden("https://example.org/secret"))
    about = {"object_id": paper.public_id, "action": "changed", "via": "admin", "new": {"value": "secret"}}
    redacted = Change.objects.create(**about, table="papers_paper", redacted_at=timezone.now(), redaction_reason="Law.")
    changes = get(client, f"/changes/?object={paper.public_id}")["results"]
    assert [(change["id"], change["is_redacted"], change["new"]) for change in changes[:1]] == [(redacted.pk, True, {})]
    told = [(change["action"], change["old"].get("title"), change["new"].get("title")) for change in changes[1:]]
    assert told == [("changed", "Before", "After"), ("created", None, "Before")]
    assert changes[1]["new"]["url_abs"] == "[redacted]"


def test_the_same_changes_are_told_as_on_the_site(client, admin_client):
    claim = make_result(make_board())
    held, published, withdrawn = (make_measurement(claim, run_id=uuid4(), published_at=at) for at in (None, timezone.now(), None))
    Measurement.objects.update(note="A second look")  # their creation is no change of anything
    withdrawn.delete()
    told, shown = {}, {}
    for table in ("leaderboards_measurement", "leaderboards_claim"):
        here = Change.objects.filter(table=table).order_by("-pk")
        rows = as_staff(ChangeViewSet.as_view({"get": "list"}), "/?items_per_page=500").data.results
        assert [row.id for row in rows if row.table == table] == [change.pk for change in here]
        told[table] = [row["object"] for row in get(client, "/changes/?items_per_page=500")["results"] if row["table"] == table]
        shown[table] = [str(change.object_id) for change in here if client.get(f"/changes/{change.pk}").status_code == 200]
    assert told == shown == {
        "leaderboards_measurement": [str(published.public_id)], "leaderboards_claim": [str(claim.public_id)],
    }  # fmt: skip
    change = Change.objects.get(object_id=held.public_id)
    assert refusal(client, f"/changes/{change.pk}/", status=404) == "There is no change at this address."
    assert admin_client.get(f"/changes/{change.pk}").status_code == 200


def test_names_of_hosts_are_for_staff(client):
    make_worker(name="scorer@secret-host", set_aside_reason="secret-host is odd")
    run = make_planned_run()
    run.shards.update(lease_owner="scorer@secret-host")
    for address in ("/workers/", f"/runs/{run.public_id}/shards/", f"/runs/{run.public_id}/shards/0/"):
        assert b"secret-host" not in client.get(f"/api/v1{address}").content
    assert as_staff(WorkerViewSet.as_view({"get": "list"})).data.results[0].name == "scorer@secret-host"


def test_the_documentation_needs_nothing_from_elsewhere(client):
    body = client.get("/api/v1/docs/").content.decode()
    for address in re.findall(r'(?:src|href)="(/api/v1/docs/[^"]+)"', body):
        file = client.get(address)
        assert (file.status_code, file.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert client.get("/api/v1/docs/1/secrets").status_code == 404


def test_every_operation_has_an_example_that_is_as_it_says(client):

    def kinds(row):
        return [row, *(kind for child in row.__subclasses__() for kind in kinds(child))]

    spoken = [row for row in kinds(Row) if row.__module__.startswith("portal.api.shapes") and row.example]
    for row in spoken:
        assert msgspec.to_builtins(msgspec.convert(row.example, row)).keys() == row.example.keys(), row
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    for address, operations in paths.items():
        for operation in operations.values():
            answers = [operation["responses"][code] for code in ("200", "201", "202") if code in operation["responses"]]
            asked = [operation["requestBody"]] if "requestBody" in operation else []
            for part in [*answers, *asked]:
                assert part["content"]["application/json"]["examples"]["Example"]["value"], address
            assert answers and operation["description"] and 3 < len(operation["summary"]) < 120, address
            assert all(parameter["description"] for parameter in operation.get("parameters", [])), address
            assert ("301" in operation["responses"]) <= ("{" in address), address
    assert (len(paths), sum(map(len, paths.values()))) == (66, 82)
