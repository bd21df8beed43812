"""The reviewers' queue: what it shows, who decides, one by one and many at once, and what people are told."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leaderboards import submissions
from leaderboards.models import Claim, Notice, ReviewArea, Submission
from papers.models import Task
from tests.factories.catalogue import make_area, make_board, make_dataset, make_paper, make_result, make_task
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
    assert page.link(str(reader)) == f"/users/{reader}"
    assert "Nothing waits for you." in read(client.get("/review?kind=paper")).main
    assert "BERT" in read(client.get("/review?flagged=1")).main


def test_a_reviewer_accepts_refuses_and_amends_and_the_sender_is_told(client, board):
    reader = make_person()
    first, second, third = (send(board, by=reader, model=name) for name in ("A", "B", "C"))
    reviewer = as_reviewer(client)
    assert client.post(f"/review/{first.public_id}/accept")["Location"] == "/review"
    assert client.post(f"/review/{second.public_id}/refuse", {"reason": "The table says 90."})["Location"] == "/review"
    address = f"/review/{third.public_id}/amend"
    values = {**fields_of(client.get(address)), "direction": "", "value": "90.5", "metric": "Accuracy"}
    assert (values["model_name"], values["board"], values["table"]) == ("C", board.slug, "Table 1")
    wrong = client.post(address, {**values, "why": "x", "value": "lots", "code_url": "javascript:x"})
    assert wrong.status_code == 422
    in_order(read(wrong).main, ["“lots” is no number", "The address has to begin with https:// or http://."])
    without = client.post(address, values)
    assert (without.status_code, "Say what you changed: who sent it is told." in read(without).main) == (422, True)
    checked = client.post(address, {**values, "action": "check"})
    in_order(read(checked).main, ["What you change of it", "Accuracy", "It would rank 5 of 6 by Accuracy on Parsing on Trees."])
    assert b"<del>92.5</del><ins>90.5</ins>" in checked.content
    asked = client.post(f"/review/{third.public_id}/check", {**values, "value": "0.9"}).json()
    assert [each["code"] for each in asked["findings"]] == ["paper_unknown", "value_far"]
    assert client.post(address, {**values, "why": "It is 90.5."})["Location"] == "/review"
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


def fields_of(response):
    """What the fields of the page's form hold, by their names."""
    found = {at["name"]: at.get("value", "") for tag, at in read(response).elements if tag == "input" and at.get("name")}
    for name, text in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>(.*?)</textarea>', response.text, re.DOTALL):
        found[name] = unescape(text)
    return found


def test_an_amended_edit_keeps_what_others_changed_and_says_what_the_reviewer_did(client, board):
    task = board.task
    task.description = "Trees of words."
    task.save()
    said = {"thing": "task", "id": str(task.public_id), "fields": {"description": "Trees of frases."}, "was": {}}
    sent = submissions.submit("edit", {**said, "note": "Clearer."}, by=make_person(), via=Submission.Via.FORM)
    reviewer = as_reviewer(client)
    address = f"/review/{sent.public_id}/amend"
    page = client.get(address)
    in_order(read(page).main, ["What is proposed", "words", "frases", "A word to the reviewer: Clearer."])
    values = fields_of(page) | {"description": "Trees of phrases.", "why": "A slip."}
    Task.objects.update(name="Syntax")  # somebody else, meanwhile, and in a field that the form left alone
    Task.objects.update(description="Trees of all words.")
    late = client.post(address, values)
    assert (late.status_code, "It now says “Trees of all words.”" in read(late).main) == (422, True)
    assert client.post(address, values | fields_of(late))["Location"] == "/review"
    task.refresh_from_db()
    sent.refresh_from_db()
    assert (task.name, task.description, sent.accepted_payload["fields"]) == (
        "Syntax", "Trees of phrases.", {"description": "Trees of phrases."},
    )  # fmt: skip
    assert (sent.state, sent.reviewer) == ("amended", reviewer)
    page = client.get(f"/submissions/{sent.public_id}")
    assert "What the reviewer changed of it" in read(page).main
    assert b"Trees of <del>frases</del><ins>phrases</ins>." in page.content
    again = client.get(address, follow=True)
    assert "it can no longer be amended by you" in read(again).main
    assert "Call us" not in client.get(f"/submissions/{sent.public_id}?complaint=Call+us").text


@pytest.mark.parametrize(
    ("kind", "values", "instead", "kept"),
    [
        ("paper", {"title": "A Papr", "authors": ["Ada", "Bob"], "date": "2024-01-02", "note": "Hm."}, {"title": "A Paper"}, ["authors", "note"]),
        ("code", {"paper": "1706.03762", "url": "https://github.com/a/b", "framework": "caffe2", "is_official": True},
         {"url": "https://github.com/a/c"}, ["framework", "is_official", "paper"]),
        ("dataset", {"name": "Citis", "languages": ["German"]}, {"name": "Cities"}, ["languages"]),
        ("method", {"name": "Adaptr", "introduced_year": 2021}, {"name": "Adapter"}, ["introduced_year"]),
        ("task", {"name": "Depth Gessing", "parent_task": "Parsing"}, {"name": "Depth Guessing"}, ["parent_task"]),
        ("metric", {"board": "parsing-on-trees", "name": "F-1", "direction": "higher"}, {"name": "F1"}, ["direction", "board"]),
        ("board", {"task": "Parsing", "dataset": "Bushes", "metrics": [{"metric": "F1", "value": "-", "description": "Mean."}]},
         {"mirror_url": "https://example.org/b"}, ["metrics", "dataset"]),
        ("removal", {"thing": "task", "reason": "Spm."}, {"reason": "Spam."}, ["thing", "id"]),
    ],
)  # fmt: skip
def test_every_kind_is_amended_in_its_own_fields_and_nothing_else_is_lost(client, board, kind, values, instead, kept):
    make_paper(title="Attention", arxiv_id="1706.03762")
    if kind == "removal":
        values = {**values, "id": str(board.task.public_id)}
    sent = submissions.submit(kind, values, by=make_person(), via=Submission.Via.API)
    as_reviewer(client, "staff")
    address = f"/review/{sent.public_id}/amend"
    page = client.get(address)
    chosen = {
        at["name"]: re.search(rf'<select[^>]* name="{at["name"]}".*?value="(\w*)" selected', page.text, re.DOTALL)
        for tag, at in read(page).elements
        if tag == "select"
    }
    form = fields_of(page) | {name: found.group(1) if found else "" for name, found in chosen.items()}
    metrics = {"metric": "F1", "direction": ""} if kind == "board" else {}
    client.post(address, form | metrics | instead | {"why": "A slip."})
    sent.refresh_from_db()
    assert sent.state == "amended"
    assert {name: sent.accepted_payload[name] for name in instead} == instead
    for name in kept:
        before, after = sent.payload[name], sent.accepted_payload[name]
        assert after == before, name


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
    amended = {
        **{name: value for name, value in sent.payload.items() if isinstance(value, str)},
        "metric": "Accuracy",
        "value": "92",
    }
    for address, data in (
        (f"/review/{sent.public_id}/accept", {}),
        (f"/review/{sent.public_id}/refuse", {"reason": "x"}),
        (f"/review/{sent.public_id}/amend", {**amended, "why": "x"}),
        (f"/review/{sent.public_id}/check", amended),
        ("/review/decide", {"pick": [str(sent.public_id)], "action": "accept"}),
    ):
        response = client.post(address, data)
        assert response.status_code in ({302, 200, 404} if who in {"elsewhere", "own"} else {403, 404}), address
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
