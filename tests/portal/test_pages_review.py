"""The reviewers' queue: what it shows, who decides, one by one and many at once, and what people are told."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leaderboards import submissions
from leaderboards.models import Claim, Notice, ReviewArea, Submission
from tests.factories.catalogue import make_area, make_board, make_dataset, make_result, make_task
from tests.factories.people import make_person
from tests.portal.reading import in_order, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def board():
    task = make_task(name="Parsing", areas=[make_area(name="Language")])
    found = make_board(task=task, dataset=make_dataset(name="Trees"), slug="parsing-on-trees")
    for number in range(4):
        make_result(found, scores={"Accuracy": f"9{number}.0"})
    return found


def send(board, *, by=None, model="BERT", value="92.5", **values):
    payload = {
        "board": board.slug,
        "model_name": model,
        "scores": [{"metric": "Accuracy", "value": value}],
        "paper": "1810.04805",
        "table": "Table 1",
    }
    return submissions.submit("result", {**payload, **values}, by=by or make_person(), via=Submission.Via.FORM)


def as_reviewer(client, role="reviewer"):
    person = make_person(role)
    client.force_login(person)
    return person


def test_the_queue_shows_what_is_said_what_was_found_and_who_sent_it(client, board):
    reader = make_person()
    refused = send(board, by=reader, model="First")
    submissions.refuse(refused, by=make_person("reviewer"), reason="No.")
    send(board, by=reader, value="0.925", quote="We reach 0.925.", note="See the appendix.")
    as_reviewer(client)
    page = read(client.get("/review"))
    in_order(
        page.main,
        [
            "1 submission waiting", f"by {reader} (0 accepted, 1 refused, 1 waiting)", "about Parsing on Trees", "Model BERT", "Table or figure Table 1",
            "We reach 0.925.", "Accuracy 0.925", "See the appendix.", "Look: 0.925 stands among values of 90 to 93: it would be read as 92.5.",
        ],
    )  # fmt: skip
    assert "Nothing waits for you." in read(client.get("/review?kind=paper")).main
    assert "BERT" in read(client.get("/review?flagged=1")).main


def test_a_reviewer_accepts_refuses_and_amends_and_the_sender_is_told(client, board):
    reader = make_person()
    first, second, third = (send(board, by=reader, model=name) for name in ("A", "B", "C"))
    reviewer = as_reviewer(client)
    assert client.post(f"/review/{first.public_id}/accept")["Location"] == "/review"
    assert client.post(f"/review/{second.public_id}/refuse", {"reason": "The table says 90."})["Location"] == "/review"
    page = client.get(f"/review/{third.public_id}/amend")
    payload = json.loads(read_textarea(page))
    payload["scores"][0]["value"] = "90.5"
    assert client.post(f"/review/{third.public_id}/amend", {"payload": "{", "reason": "x"}).status_code == 422
    assert client.post(f"/review/{third.public_id}/amend", {"payload": json.dumps(payload)}).status_code == 422
    client.post(f"/review/{third.public_id}/amend", {"payload": json.dumps(payload), "reason": "It is 90.5."})
    assert list(Submission.objects.order_by("pk").values_list("state", "reviewer")) == [
        ("accepted", reviewer.pk), ("refused", reviewer.pk), ("amended", reviewer.pk),
    ]  # fmt: skip
    assert list(Claim.objects.filter(source="form").order_by("pk").values_list("model_name", "scores__value")) == [
        ("A", 92.5),
        ("C", 90.5),
    ]
    late = client.post(f"/review/{second.public_id}/accept", follow=True)
    assert "waits no more" in read(late).main or "has this very result" in read(late).main
    client.force_login(reader)
    page = read(client.get("/notices"))
    in_order(
        page.main, ["3 not read", "was accepted with changes: It is 90.5.", "was refused: The table says 90.", "was accepted."]
    )
    client.post("/notices")
    assert not Notice.objects.filter(read_at=None).exists()
    in_order(
        read(client.get(f"/submissions/{second.public_id}")).main,
        ["Refused", "What happened", f"Waiting by {reader}", f"Refused by {reviewer}: The table says 90."],
    )


def read_textarea(response):
    from html import unescape

    text = response.content.decode()
    return unescape(text.split('name="payload"')[1].split(">", 1)[1].split("</textarea>")[0])


def test_many_are_decided_at_once_and_what_cannot_be_is_named(client, board):
    good, double, other = send(board, model="A"), send(board, model="A"), send(board, model="B")
    as_reviewer(client)
    page = read(
        client.post(
            "/review/decide",
            {"pick": [str(good.public_id), str(double.public_id), str(other.public_id), "x"], "action": "accept"},
        )
    )
    in_order(page.main, ["2 decided.", "A: Accuracy 92.5 on Parsing on Trees: The board has this very result"])
    assert [each.state for each in Submission.objects.order_by("pk")] == ["accepted", "waiting", "accepted"]
    assert (
        "Say why it is refused" in read(client.post("/review/decide", {"pick": [str(double.public_id)], "action": "refuse"})).main
    )
    client.post("/review/decide", {"pick": [str(double.public_id)], "action": "refuse", "reason": "A double."})
    assert "Tick what you decide about first." in read(client.post("/review/decide", {"action": "accept"})).main
    assert Submission.objects.get(pk=double.pk).reason == "A double."


@pytest.mark.parametrize("who", ["anonymous", "owner", "stranger", "contributor", "elsewhere", "own"])
def test_nobody_else_decides(client, board, who):
    owner = make_person("reviewer" if who == "own" else "reader")
    sent = send(board, by=owner, value="0.925")
    if who == "elsewhere":
        ReviewArea.objects.create(reviewer=as_reviewer(client), area=make_area(name="Vision"))
    elif who in {"owner", "own"}:
        client.force_login(owner)
    elif who != "anonymous":
        as_reviewer(client, "contributor" if who == "contributor" else "reader")
    payload = json.dumps(sent.payload)
    for address, data in (
        (f"/review/{sent.public_id}/accept", {}),
        (f"/review/{sent.public_id}/refuse", {"reason": "x"}),
        (f"/review/{sent.public_id}/amend", {"payload": payload, "reason": "x"}),
        ("/review/decide", {"pick": [str(sent.public_id)], "action": "accept"}),
    ):
        response = client.post(address, data)
        assert response.status_code in ({302, 422, 200} if who in {"elsewhere", "own"} else {403, 404}), address
    seen = client.get(f"/submissions/{sent.public_id}").status_code
    assert seen == {"anonymous": 403, "stranger": 404, "contributor": 404}.get(who, 200)
    if who != "owner" and who != "own":
        assert client.post(f"/submissions/{sent.public_id}/withdraw").status_code == (403 if who == "anonymous" else 404)
    assert Submission.objects.get().state == "waiting"
    assert not Claim.objects.filter(model_name="BERT").exists()


def test_nothing_is_decided_by_reading_or_without_the_forms_token(board):
    sent = send(board)
    client = Client(enforce_csrf_checks=True)
    as_reviewer(client, "staff")
    for action in ("accept", "refuse"):
        assert client.get(f"/review/{sent.public_id}/{action}").status_code == 405
        assert client.post(f"/review/{sent.public_id}/{action}", {"reason": "x"}).status_code == 403
    assert client.post("/submit/result", {"board": board.slug}).status_code == 403
    assert Submission.objects.get().state == "waiting"


def test_the_queue_takes_as_many_queries_for_many(client, board):
    as_reviewer(client)
    counts = []
    for size in (1, 6):
        for number in range(size):
            send(board, model=f"M{size}{number}")
            values = {
                "thing": "task",
                "id": str(board.task.public_id),
                "fields": {"description": f"Words {size} {number}."},
                "was": {},
            }
            submissions.submit("edit", values, by=make_person(), via=Submission.Via.FORM)
            claim = board.claims.order_by("pk")[0]
            values = {"thing": "result", "id": str(claim.public_id), "fields": {"model_name": f"N{size}{number}"}}
            submissions.submit("edit", values, by=make_person(), via=Submission.Via.FORM)
        with CaptureQueriesContext(connection) as found:
            assert client.get("/review").status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1] < 25


def test_a_hostile_submission_is_text_on_every_page(client, board):
    hostile = "<script>alert(1)</script>"
    sent = send(board, model=hostile, quote=hostile, note=hostile, code_url="https://example.org/a")
    as_reviewer(client)
    for address in ("/review", f"/submissions/{sent.public_id}", f"/review/{sent.public_id}/amend"):
        assert b"<script>alert" not in client.get(address).content
    assert sent.is_flagged
