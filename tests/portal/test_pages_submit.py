"""Submitting by forms: what they ask, what the checks say beside them, and who may send them."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leaderboards.models import Claim, RerunVote, Submission
from papers.models import SlugHistory
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.people import make_person, proof
from tests.portal.reading import in_order, read

pytestmark = pytest.mark.django_db

FORMS = ["result", "paper", "code", "dataset", "task", "method", "upload"]


@pytest.fixture
def board():
    found = make_board(
        task=make_task(name="Parsing"),
        dataset=make_dataset(name="Trees"),
        slug="parsing-on-trees",
        metrics=("Accuracy", "Params"),
    )
    for number in range(4):
        make_result(found, model_name=f"Old {number}", scores={"Accuracy": f"9{number}.0"})
    return found


def signed_in(client, role="reader"):
    person = make_person(role)
    client.force_login(person)
    return person


def posted(**values):
    return {
        "board": "Parsing on Trees", "model_name": "BERT", "metric": ["Accuracy", "", ""], "value": ["92.5", "", ""],
        "direction": ["", "", ""], "paper": "1810.04805", "table": "Table 1", "uses_additional_data": "no", **proof(), **values,
    }  # fmt: skip


def test_a_stranger_is_led_to_sign_in_and_can_send_nothing(client, board):
    page = read(client.get("/submit"))
    assert [href for href in page.hrefs() if href.startswith("/submit/")] == [f"/submit/{kind}" for kind in FORMS]
    for kind in FORMS:
        response = client.get(f"/submit/{kind}?board=parsing-on-trees")
        assert (response.status_code, bool(response.cookies)) == (200, False)
        assert "Sign in first" in read(response).main
        assert client.post(f"/submit/{kind}", posted()).status_code == 403
        assert client.post(f"/submit/check/{kind}", posted()).status_code == 403
    claim = board.claims.first()
    for address in ("/submissions", "/notices", "/review"):
        assert client.get(address).status_code == 403
    for address in (f"/votes/{claim.public_id}", "/edit/task/parsing", "/edit/task/parsing/remove", "/review/decide"):
        assert client.post(address, {"name": "Other", "reason": "x"}).status_code == 403
    assert not Submission.objects.exists()
    assert not RerunVote.objects.exists()


def test_a_result_is_checked_with_its_rank_and_then_sent(client, board):
    make_paper(title="BERT", arxiv_id="1810.04805")
    reader = signed_in(client)
    page = read(client.get("/submit/result?board=parsing-on-trees"))
    assert ("input", "Parsing on Trees") in [(tag, at.get("value")) for tag, at in page.elements if at.get("name") == "board"]
    checked = client.post("/submit/result", posted(action="check"))
    assert checked.status_code == 200
    assert "It would rank 2 of 5 by Accuracy on Parsing on Trees. A reviewer will look at it." in read(checked).main
    assert not Submission.objects.exists()
    offered = posted(metric=["Accuracy", "Params", ""])  # the form offers the board's metrics: what has no value is not sent
    assert "It would rank 2 of 5" in read(client.post("/submit/result", {**offered, "action": "check"})).main
    none = read(client.post("/submit/result", {**offered, "value": ["", "", ""], "action": "check"}))
    in_order(none.main, ["Give the value of Accuracy", "Give the value of Params"])
    asked = client.post("/submit/check/result", posted(value=["0.925", "", ""])).json()
    assert [finding["code"] for finding in asked["findings"]] == ["scale_other"]
    sent = client.post("/submit/result", posted(action="send"))
    submission = Submission.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, f"/submissions/{submission.public_id}")
    assert (submission.submitter, submission.state, submission.via) == (reader, "waiting", "form")
    assert submission.payload["uses_additional_data"] is False
    in_order(
        read(client.get(sent["Location"])).main,
        ["BERT: Accuracy 92.5 on Parsing on Trees", "Waiting", "Table or figure Table 1", "Withdraw"],
    )
    assert submission.title in read(client.get("/submissions")).main


FIRST = {
    "submit/task": {"name": "Depth Guessing", "parent_task": "Parsing"},
    "submit/result": {"board": "Parsing on Trees", "model_name": "BERT", "metric": "Accuracy", "value": "92.5", "direction": ""},
    "edit/task/parsing": {"description": "Trees of phrases."},
    "edit/task/parsing/remove": {"reason": "A double."},
    "submit/upload": {},
}


@pytest.mark.parametrize("address", FIRST)
def test_a_first_contribution_carries_a_proof_and_falls_into_no_trap(client, board, settings, address):
    settings.FORM_PROOF_SECONDS = 30
    reader = signed_in(client)

    def send(**more):
        rows = "board,model_name,paper,Accuracy\nparsing-on-trees,BERT,1810.04805,92.5\n"
        file = {"file": SimpleUploadedFile("rows.csv", rows.encode())} if address == "submit/upload" else {}
        return client.post(f"/{address}", {**FIRST[address], **file, **more})

    for more, said in (
        ({}, "open for too long"),
        ({"proof": "made-up"}, "open for too long"),
        (proof(seconds_ago=0), "quicker than anybody reads"),
        (proof(seconds_ago=25 * 3600), "open for too long"),
        ({**proof(), "website": "https://spam.example"}, "there for programs"),
    ):
        refused = send(**more)
        assert (refused.status_code, said in read(refused).main) == (422, True)
    assert not Submission.objects.exists()
    page = read(client.get(f"/{address.removesuffix('/remove')}"))
    hidden = [at for _, at in page.elements if at.get("name") in {"proof", "website"}]
    traps = [at for at in hidden if at["name"] == "website"]
    assert len(hidden) == 2 * len(traps) > 0
    assert {at["tabindex"] for at in traps} == {"-1"}
    once = proof()
    first = send(**once)
    assert first.status_code in {200, 302}
    assert Submission.objects.get().submitter == reader
    Submission.objects.update(payload={})  # so that nothing else is the same
    if first.status_code == 302:
        second = send(**once)
        assert (second.status_code, second["Location"]) == (302, first["Location"]), "a second click leads where the first did"
    again = send(**once, note="Another.")
    assert (again.status_code, "was sent before" in read(again).main, Submission.objects.count()) == (422, True, 1)
    (kept, *_) = [at["value"] for _, at in read(again).elements if at.get("name") == "proof"]
    assert kept != once["proof"]
    Submission.objects.update(state="accepted", decided_at=timezone.now())
    assert "proof" not in [at.get("name") for _, at in read(client.get(f"/{address.removesuffix('/remove')}")).elements]
    assert send().status_code in {200, 302}
    assert Submission.objects.count() == 2


def test_what_is_wrong_stands_under_its_field_and_what_was_typed_stays(client, board):
    signed_in(client, "contributor")
    response = client.post("/submit/result", posted(model_name="", code_url="javascript:x", value=["lots", "", ""]))
    assert response.status_code == 422
    assert "Name the model as the paper does." in read(response).main
    page = read(client.post("/submit/result", posted(code_url="javascript:x", value=["lots", "", ""])))
    in_order(page.main, ["“lots” is no number", "The address has to begin with https:// or http://."])
    assert "lots" in [at.get("value") for _, at in page.elements if at.get("name") == "value"]
    assert not Submission.objects.exists()


def test_a_clean_result_of_a_contributor_stands_on_the_board_at_once(client, board):
    signed_in(client, "contributor")
    client.post("/submit/result", posted(action="send"))
    assert "BERT" in read(client.get("/sota/parsing-on-trees")).main
    assert Claim.objects.get(model_name="BERT").uses_additional_data is False


@pytest.mark.parametrize(
    ("kind", "values", "title"),
    [
        ("paper", {"title": "A New Paper", "arxiv_id": "2401.00001", "authors": "Ada\nBob\n"}, "A New Paper"),
        ("dataset", {"name": "Cities", "homepage": "https://example.org", "languages": "German\nDanish"}, "Cities"),
        ("task", {"name": "Depth Guessing", "parent_task": "Parsing"}, "Depth Guessing"),
        ("method", {"name": "Adapter X", "introduced_year": "2021"}, "Adapter X"),
        (
            "code",
            {"paper": "1706.03762", "url": "https://github.com/a/b", "is_official": "yes", "framework": "jax"},
            "https://github.com/a/b of Attention",
        ),
    ],
)
def test_every_kind_has_a_form_that_sends_it(client, board, kind, values, title):
    make_paper(title="Attention", arxiv_id="1706.03762")
    signed_in(client, "contributor")
    assert client.get(f"/submit/{kind}").status_code == 200
    assert client.post(f"/submit/{kind}", {}).status_code == 422
    assert client.post("/submit/check/" + kind, values).json() == {
        "findings": [],
        "outlook": "It will be published at once.",
    } or kind in {"dataset", "task"}
    sent = client.post(f"/submit/{kind}", values)
    submission = Submission.objects.get()
    assert (sent.status_code, submission.kind, submission.title, submission.state) == (302, kind, title, "accepted")
    assert client.get(sent["Location"]).status_code == 200
    assert client.get("/submit/nothing").status_code == 404


def test_an_upload_is_reported_row_by_row(client, board):
    signed_in(client, "contributor")
    rows = "board,model_name,paper,table,Accuracy\nparsing-on-trees,BERT,1810.04805,T1,92.5\nparsing-on-trees,T5,1910.10683,T2,lots\n"
    page = read(client.post("/submit/upload", {"file": SimpleUploadedFile("rows.csv", rows.encode())}))
    in_order(
        page.main,
        ["2 rows", "1 published", "0 waiting", "1 not taken", "Not taken", "3", "T5", "“lots” is no number", "Taken", "2"],
    )
    assert page.link("BERT: Accuracy 92.5 on Parsing on Trees") == f"/submissions/{Submission.objects.get().public_id}"
    assert "Choose a file." in read(client.post("/submit/upload", {})).main


@pytest.mark.parametrize(
    ("kind", "query", "found"),
    [
        ("board", "trees", ["Parsing on Trees"]),
        ("board", "pars", ["Parsing on Trees"]),
        ("task", "pars", ["Parsing"]),
        ("dataset", "trees", ["Trees"]),
        ("metric", "Parsing on Trees", ["Accuracy", "Params"]),
        ("metric", "/sota/parsing-on-trees", ["Accuracy", "Params"]),
        ("task", "p", []),
        ("user", "admin", []),
    ],
)
def test_names_are_offered_while_one_types(client, board, kind, query, found):
    assert client.get("/submit/lookup", {"kind": kind, "q": query}).json() == {"found": found}


def test_a_change_is_shown_as_a_difference_and_goes_the_same_way(client, board):
    task = board.task
    task.description = "Trees of words."
    task.save()
    reader = signed_in(client)
    page = read(client.get("/edit/task/parsing"))
    assert "Edit Parsing" in page.main
    values = {"name": "Parsing", "description": "Trees of phrases.\r\n", "synonyms": "", "note": "Clearer."}
    shown = client.post("/edit/task/parsing", {**values, "action": "check"})
    assert b"Trees of <del>words</del><ins>phrases</ins>." in shown.content
    sent = client.post("/edit/task/parsing", {**values, **proof(), "action": "send"})
    submission = Submission.objects.get()
    assert submission.payload["fields"] == {"description": "Trees of phrases."}
    assert (submission.payload["was"], submission.state, submission.submitter) == (
        {"description": "Trees of words."},
        "waiting",
        reader,
    )
    assert b"Trees of <del>words</del><ins>phrases</ins>." in client.get(sent["Location"]).content
    task.refresh_from_db()
    assert task.description == "Trees of words."
    assert "Change at least one field." in read(client.post("/edit/task/parsing", {"name": "Parsing", **proof()})).main
    removal = client.post("/edit/task/parsing/remove", {"reason": "", **proof()})
    assert (removal.status_code, "Say why it should go." in read(removal).main) == (422, True)
    client.post("/edit/task/parsing/remove", {"reason": "It is a part of another.", **proof()})
    assert Submission.objects.get(kind="removal").title == "task “Parsing”"
    (stood,) = (at["value"] for _, at in read(shown).elements if at.get("name") == "stood")
    type(task).objects.update(name="Syntax", description="Trees of all words.")  # while the form was open
    late = client.post("/edit/task/parsing", {**values, "stood": stood})
    assert (late.status_code, "It now says “Trees of all words.”" in read(late).main) == (422, True)
    client.post(
        "/edit/task/parsing", {**values, "description": "Trees of all words.", "synonyms": "Syntax", "stood": stood, **proof()}
    )
    assert Submission.objects.latest("pk").payload["fields"] == {"synonyms": ["Syntax"]}


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("paper", "a-paper"),
        ("dataset", "trees"),
        ("sota", "parsing-on-trees"),
        ("method", "nope"),
        ("user", "1"),
        ("result", "nope"),
    ],
)
def test_whatever_is_shown_can_be_edited(client, board, kind, key):
    make_paper(title="A Paper", slug="a-paper")
    signed_in(client)
    response = client.get(f"/edit/{kind}/{key}")
    assert response.status_code == (404 if key in {"nope", "1"} else 200)


def test_an_old_address_leads_to_the_form_of_today_and_what_was_typed_there_is_sent(client, board):
    SlugHistory.objects.create(kind="task", slug="syntax", target=board.task.public_id)
    signed_in(client)
    answer = client.get("/edit/task/syntax")
    assert (answer.status_code, answer["Location"]) == (301, "/edit/task/parsing")
    assert client.get("/edit/task/never").status_code == 404
    page = read(client.get("/edit/task/parsing"))
    (of, *more) = {at["value"] for _, at in page.elements if at.get("name") == "of"}
    assert (of, more) == (str(board.task.public_id), [])
    values = {"name": "Parsing", "description": "Trees.", "synonyms": "", "note": "", "reason": "Gone.", **proof()}
    for address in ("/edit/task/syntax", "/edit/task/syntax/remove"):
        assert client.post(address, {**values, "of": str(make_task(name=address).public_id)}).status_code == 404, "another's form"
        assert client.post(address, values).status_code == 404
    another = make_task(name="Depth Guessing")  # which has an address that was the first one's when its form was opened
    for address in (f"/edit/task/{another.slug}", f"/edit/task/{another.slug}/remove"):
        assert client.post(address, {**values, "of": of}).status_code == 404
    assert not Submission.objects.exists()
    client.post("/edit/task/syntax", {**values, "of": of})
    assert Submission.objects.get().payload["id"] == of


def test_where_a_board_and_a_number_come_from_and_what_a_metric_says_are_edited_and_shown(client, board):
    signed_in(client, "contributor")
    claim, metric = board.claims.get(model_name="Old 1"), board.metrics.get(name="Accuracy")
    for thing, values in (
        (f"result/{claim.public_id}", {"source_url": "https://example.org/number"}),
        ("sota/parsing-on-trees", {"mirror_url": "https://www.example.com/board"}),
        (f"metric/{metric.public_id}", {"description": "Trees without a fault."}),
    ):
        assert (
            client.post(
                f"/edit/{thing}", dict.fromkeys(values, "javascript:x" if "url" in str(values) else "x" * 20_001)
            ).status_code
            == 422
        )
        assert client.post(f"/edit/{thing}", values).status_code == 302
    assert [each.state for each in Submission.objects.all()] == ["accepted"] * 3
    page = read(client.get("/sota/parsing-on-trees"))
    in_order(page.main, ["Mirror of example.com", "What its metrics say", "Accuracy", "Trees without a fault.", "Old 1"])
    in_order(page.main, ["With the address where it stands", "Source", "https://example.org/number", "Mirror of"])
    assert {"https://www.example.com/board", "https://example.org/number"} <= set(page.hrefs())
    assert "Changed Accuracy on Parsing on Trees" in read(client.get("/accounts/profile")).main
    assert f"from-{claim.public_id}" in [at.get("popovertarget") for _, at in page.elements]


def test_people_vote_for_what_should_be_measured_and_staff_see_it_beside_the_cost(client, admin_client, board):
    claim = board.claims.order_by("pk").first()
    for _ in range(2):
        signed_in(client)
        for _ in range(2):
            response = client.post(f"/votes/{claim.public_id}", {"wish": "yes"})
    assert response["Location"] == f"/edit/sota/parsing-on-trees#result-{claim.public_id}"
    assert RerunVote.objects.count() == 2
    in_order(read(client.get("/edit/sota/parsing-on-trees")).main, ["Old 0", "Take your vote back", "2 votes", "Old 1", "Vote"])
    in_order(read(admin_client.get("/campaigns?board=parsing-on-trees")).main, ["Old 0", "90.0", "2 votes", "Old 1"])
    client.post(f"/votes/{claim.public_id}", {"wish": "no"})
    assert RerunVote.objects.count() == 1


def test_the_list_of_a_boards_results_takes_as_many_queries_for_many(client, board):
    signed_in(client)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as found:
            client.get("/edit/sota/parsing-on-trees")
        counts.append(len(found))
        for _ in range(5):
            make_result(board, scores={"Accuracy": "50"})
    assert counts[0] == counts[1] < 20


def test_check_answers_json_that_a_script_can_show(client, board):
    signed_in(client, "contributor")
    told = client.post("/submit/check/result", posted(metric=["Accuracy", "Accuracy"], value=["92", "93"]))
    assert json.loads(told.content)["outlook"] == ""
    assert {(each["severity"], each["field"]) for each in told.json()["findings"]} >= {("error", "scores")}
