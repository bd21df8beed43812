"""Writing through the API: who may, what is made at once, what waits, what is refused, and what the history says of it."""

import json
from datetime import date

import pytest

from accounts import tokens
from leaderboards.models import Claim, Leaderboard, MadeRow, Metric, Submission
from papers.models import Change, Dataset, Task
from tests.factories.catalogue import make_area, make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.people import make_person
from tests.factories.runs import make_mapping
from workers.models import Run

pytestmark = pytest.mark.django_db


class Caller:
    """A program with a person's token."""

    def __init__(self, client, person=None, scopes=("write", "runs")):
        self.person, self._client, self._sent = person, client, {}
        if person is not None:
            self._sent = {"HTTP_AUTHORIZATION": f"Token {tokens.make(person, name='t', scopes=scopes)[1]}"}

    def __call__(self, verb, address, body=None):
        more = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(self._client, verb)(f"/api/v1{address}", **more, **self._sent)


@pytest.fixture
def ask(client):
    """One program of each kind of person."""
    people = {role: Caller(client, make_person(role)) for role in ("reader", "contributor", "reviewer", "staff")}
    people["stranger"] = Caller(client)
    people["reads"] = Caller(client, people["staff"].person, scopes=())
    return people


@pytest.fixture
def board():
    area = make_area(name="Language", slug="language")
    task = make_task(name="Parsing", slug="parsing", areas=[area])
    found = make_board(
        task=task, dataset=make_dataset(name="Trees", slug="trees"), slug="parsing-on-trees", metrics=("Accuracy",)
    )
    make_result(found, model_name="Old", scores={"Accuracy": "90.0"})
    return found


def new_result(**values):
    return {
        "metrics": {"Accuracy": "91.4"}, "methodology": "BERT", "uses_additional_data": None, "paper": "1810.04805", "evaluated_on": None,
        "external_source_url": None, **values,
    }  # fmt: skip


def writes(board):
    """Every write: verb, address, body, and the status for whom it is made at once."""
    here, column, row = f"/evaluations/{board.slug}/", board.metrics.get().public_id, board.claims.get().public_id
    empty = make_board(task=board.task, dataset=make_dataset(name="Bare", slug="bare"), metrics=("F1",))
    unused = f"/evaluations/{empty.slug}/metrics/{empty.metrics.get().public_id}/"
    synchronised = {
        "task": "Parsing",
        "dataset": "trees",
        "metrics": [{"name": "Accuracy", "is_loss": False}],
        "results": [new_result(external_id="1", methodology="Mirrored", paper="https://example.org/board")],
    }
    return [
        ("post", "/tasks/", {"name": "Tagging", "description": "", "area": "language", "parent_task": "parsing"}, 201),
        ("patch", "/tasks/parsing/", {"name": None, "description": "Of sentences.", "area": None, "parent_task": None}, 200),
        ("post", "/datasets/", {"name": "Forest", "full_name": None, "url": "https://example.org/forest"}, 201),
        ("patch", "/datasets/trees/", {"name": None, "url": "https://example.org/trees"}, 200),
        ("post", "/evaluations/", {"task": "parsing", "dataset": "Bark", "description": "", "mirror_url": None}, 201),
        ("patch", here, {"description": "Whole set.", "mirror_url": "https://example.org/b"}, 200),
        ("post", f"{here}metrics/", {"name": "F1", "description": "Harmonic.", "is_loss": False}, 201),
        ("patch", f"{here}metrics/{column}/", {"description": "Exact matches."}, 200),
        ("post", f"{here}results/", new_result(), 201),
        ("patch", f"{here}results/{row}/", {"metrics": {"accuracy": 90.5}, "methodology": None}, 200),
        ("post", "/rpc/evaluation-synchronize/", synchronised, 200),
        ("delete", f"{here}results/{row}/", None, 204),
        ("delete", unused, None, 204),
        ("delete", here, None, 204),
        ("delete", "/datasets/trees/", None, 204),
        ("delete", "/tasks/parsing/", None, 204),
    ]


def test_who_may_write_what(ask, board):
    make_dataset(name="Bark", slug="bark")
    table = writes(board)
    assert len(table) == 16
    direct = [code for *_, code in table]
    before = Change.objects.count()
    statuses = {
        who: [ask[who](verb, place, body).status_code for verb, place, body, _ in table]
        for who in ("stranger", "reads", "reader")
    }
    assert statuses["stranger"] == [401] * 16
    assert statuses["reads"] == [403] * 16
    assert statuses["reader"] == [202] * 16
    assert (Change.objects.count(), Submission.objects.waiting().count()) == (before, 16)
    contributor = [ask["contributor"](verb, place, body).status_code for verb, place, body, _ in table]
    # Removals wait for a reviewer, but for a column that holds nothing.
    assert contributor == [*direct[:11], 202, 204, 202, 202, 202]
    gone = [ask["reviewer"](verb, place, body).status_code for verb, place, body, _ in table if verb == "delete"]
    assert gone == [204, 404, 204, 204, 204]
    refused = json.loads(ask["stranger"]("post", "/tasks/", {"name": "X"}).content)
    assert refused["detail"] == "This needs a token: make one at /accounts/tokens and send it as “Authorization: Token …”."


def test_what_is_made_is_answered_and_recorded_as_the_callers(ask, board):
    call = ask["contributor"]
    paper = make_paper(title="BERT", slug="bert", arxiv_id="1810.04805", date=date(2018, 10, 11))
    made = call("post", "/evaluations/parsing-on-trees/results/", new_result(external_source_url="https://example.org/n"))
    body = made.json()
    claim = Claim.objects.get(model_name="BERT")
    assert (body["id"], body["paper"], body["metrics"], body["best_rank"]) == (
        str(claim.public_id),
        "bert",
        {"Accuracy": "91.4"},
        1,
    )
    assert (body["external_source_url"], body["evaluated_on"], claim.paper) == ("https://example.org/n", "2018-10-11", paper)
    sent = Submission.objects.get()
    assert made.headers["Link"] == f'<http://testserver/api/v1/submissions/{sent.public_id}/>; rel="monitor"'
    changes = set(Change.objects.filter(object_id=claim.public_id).values_list("actor", "via", "origin"))
    assert changes == {(call.person.pk, "api", f"/submissions/{sent.public_id}")}

    here = f"/evaluations/parsing-on-trees/results/{claim.public_id}/"
    nothing = dict.fromkeys(new_result())
    assert call("patch", here, nothing).json() == body
    assert Submission.objects.count() == 1
    new = call("patch", here, {**nothing, "metrics": {"Accuracy": "91.5"}, "evaluated_on": "2019-01-02"})
    body |= {"metrics": {"Accuracy": "91.5"}, "evaluated_on": "2019-01-02"}
    assert (new.status_code, new.json()) == (200, body)
    other = make_paper(title="Other", slug="other", url_abs="https://example.org/other")
    assert call("patch", here, {**nothing, "paper": "https://example.org/other"}).json() == {**body, "paper": "other"}
    unknown = call("patch", here, {**nothing, "paper": "https://example.org/unknown"})
    assert (unknown.status_code, unknown.json()) == (202, {**body, "paper": None})  # it takes the known one away
    claim.refresh_from_db()
    assert claim.paper == other

    parsing = Task.objects.get(slug="parsing")
    assert call("post", "/tasks/", {"name": "Tagging", "area": "Language", "parent_task": "parsing"}).json()["id"] == "tagging"
    tagging = Task.objects.get(slug="tagging")
    assert (list(tagging.areas.values_list("slug", flat=True)), list(tagging.parents.all())) == (["language"], [parsing])
    vision = make_area(name="Vision", slug="vision")
    assert call("patch", "/tasks/tagging/", {"area": "vision", "parent_task": "parsing"}).status_code == 200
    assert set(tagging.areas.all()) == {*parsing.areas.all(), vision}
    loop = call("patch", "/tasks/parsing/", {"parent_task": "tagging"})
    assert (loop.status_code, loop.json()["errors"]) == (400, {"parent_task": ["“Tagging” is a part of this task itself."]})

    moved = call("patch", "/evaluations/parsing-on-trees/", {"task": "tagging", "dataset": "trees", "description": "D"})
    assert (moved.status_code, moved.json()["task"], Leaderboard.objects.get().task) == (202, "tagging", parsing)
    ranked = call("patch", f"/evaluations/parsing-on-trees/metrics/{board.metrics.get().public_id}/", {"is_loss": True})
    assert (ranked.json()["direction"], Metric.objects.get().direction_source) == ("lower", "person")


def test_what_waits_is_answered_as_it_would_be_and_its_submission_can_be_followed(ask, board):
    call = ask["reader"]
    waiting = call("post", "/evaluations/parsing-on-trees/results/", new_result(methodology="Mine"))
    sent = Submission.objects.get()
    assert (waiting.status_code, waiting.json()["id"], waiting.json()["methodology"]) == (202, str(sent.public_id), "Mine")
    proposed = call("patch", "/datasets/trees/", {"name": "Woods", "url": None})
    assert (proposed.status_code, proposed.json()["name"], Dataset.objects.get(slug="trees").name) == (202, "Woods", "Trees")
    followed = call("get", f"/submissions/{sent.public_id}/").json()
    assert (followed["state"], followed["kind"], followed["payload"]["model_name"], followed["sent_by"]) == (
        "waiting",
        "result",
        "Mine",
        call.person.username,
    )
    assert call("get", "/submissions/?kind=edit&state=waiting").json()["count"] == 1
    lists = {who: ask[who]("get", "/submissions/") for who in ("stranger", "contributor", "reviewer", "reads")}
    assert {who: found.status_code for who, found in lists.items()} == {
        "stranger": 401,
        "contributor": 200,
        "reviewer": 200,
        "reads": 200,
    }
    assert [lists[who].json()["count"] for who in ("contributor", "reviewer", "reads")] == [0, 2, 2]
    assert ask["contributor"]("get", f"/submissions/{sent.public_id}/").status_code == 404


def test_what_was_removed_says_why(ask, board):
    assert ask["reviewer"]("delete", "/evaluations/parsing-on-trees/?reason=A%20double.").status_code == 204
    gone = ask["stranger"]("get", "/evaluations/parsing-on-trees/")
    assert (gone.status_code, gone.json()["detail"]) == (404, "This evaluation table was removed: A double.")
    event = Submission.objects.get()
    assert (event.state, event.reviewer, event.submitter) == ("accepted", ask["reviewer"].person, ask["reviewer"].person)
    assert ask["reviewer"]("patch", "/evaluations/parsing-on-trees/", {"description": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("address", "body", "errors"),
    [
        ("/tasks/", [], {"body": ["Send a JSON object."]}),
        ("/tasks/", {"name": None, "description": ""}, {"name": ["This field is required."]}),
        ("/tasks/", {"name": "Parsing"}, {"name": ["This task is here already, at /task/parsing."]}),
        ("/tasks/", {"name": "T", "area": "Nowhere"}, {"area": ["There is no area “Nowhere”: choose one of those at /tasks."]}),
        ("/datasets/", {"name": "D", "url": "javascript:alert(1)"}, {"url": None}),
        ("/evaluations/", {"task": "parsing", "dataset": "trees"}, {"dataset": ["This board is here already."]}),
        ("/evaluations/parsing-on-trees/metrics/", {"name": "F1", "description": ""}, {"is_loss": ["This field is required."]}),
        (
            "/evaluations/parsing-on-trees/results/",
            {"metrics": {"Accuracy": "190"}, "methodology": "M"},
            {"metrics": ["Accuracy lies between 0 and 100, and 190 does not."]},
        ),
        ("/evaluations/parsing-on-trees/results/", {"metrics": {"Accuracy": [1]}, "methodology": "M"}, {"metrics": None}),
        ("/rpc/evaluation-synchronize/", {"task": "Parsing", "dataset": "Gone"}, {"dataset": None}),
    ],
)
def test_what_cannot_be_taken_is_refused_by_field_and_in_a_sentence(ask, board, address, body, errors):
    answer = ask["staff"]("post", address, body)
    said = answer.json()
    assert (answer.status_code, said["errors"].keys(), said["error"] == said["message"] == said["detail"]) == (
        400,
        errors.keys(),
        True,
    )
    assert {name: said["errors"][name] for name, words in errors.items() if words} == {n: w for n, w in errors.items() if w}
    assert not Submission.objects.exists()


def test_a_board_of_elsewhere_is_mirrored_once_however_often_it_is_sent(ask):
    call = ask["contributor"]
    make_task(name="Parsing", slug="parsing")
    make_dataset(name="Trees", slug="trees")
    rows = [
        new_result(external_id=f"r{place}", methodology=f"M{place}", metrics={"UAS": f"9{place}.5", "Loss": f"0.{place + 1}"},
                   paper="", evaluated_on="2020-01-02", external_source_url=f"https://example.org/{place}")
        for place in range(3)
    ]  # fmt: skip
    sent = {
        "task": "Parsing", "dataset": "Trees", "description": "Of elsewhere.", "mirror_url": "https://example.org/board", "external_id": "b",
        "metrics": [{"name": "UAS", "description": "Unlabelled.", "is_loss": False}, {"name": "Loss", "description": ""}], "results": rows,
    }  # fmt: skip
    first = call("post", "/rpc/evaluation-synchronize/", sent)
    body = first.json()
    assert (first.status_code, body["id"], body["external_id"], body["mirror_url"]) == (
        200,
        "parsing-on-trees",
        "b",
        sent["mirror_url"],
    )
    assert [(each["name"], each["is_loss"]) for each in body["metrics"]] == [("UAS", False), ("Loss", True)]
    assert body["metrics"][0]["description"] == "Unlabelled."
    same = ("metrics", "methodology", "external_id", "evaluated_on", "external_source_url")
    assert [[row[name] for name in same] for row in body["results"]] == [[row[name] for name in same] for row in rows]
    done = Submission.objects.count()
    assert call("post", "/rpc/evaluation-synchronize/", sent).json() == body
    assert (Submission.objects.count(), Claim.objects.count()) == (done, 3)

    rows[1] |= {"metrics": {"UAS": "91.9", "Loss": "0.2"}, "methodology": "M1 (large)"}
    again = call("post", "/rpc/evaluation-synchronize/", {**sent, "results": rows[1:]}).json()
    assert [row["id"] for row in again["results"]] == [row["id"] for row in body["results"][1:]]
    assert Claim.objects.get(public_id=again["results"][0]["id"]).model_name == "M1 (large)"
    assert (again["results"][0]["metrics"], Claim.objects.count()) == ({"UAS": "91.9", "Loss": "0.2"}, 3)

    bad = [
        new_result(external_id="good", metrics={"UAS": "92.0"}),
        new_result(external_id="bad", methodology="X", metrics={"UAS": "-"}),
    ]
    refused = call("post", "/rpc/evaluation-synchronize/", {**sent, "results": bad})
    assert (refused.status_code, refused.json()["errors"]) == (
        400,
        {"results": {"1": {"metrics": ["Give the value of UAS, or leave the metric out."]}}},
    )
    assert Claim.objects.count() == 3
    other = ask["reader"]("post", "/rpc/evaluation-synchronize/", {**sent, "results": [{**rows[0], "metrics": {"UAS": "99"}}]})
    assert (other.status_code, other.json()["results"][0]["is_waiting"]) == (202, True)
    assert MadeRow.objects.filter(external_id="r0").values_list("submission__submitter", flat=True).get() == call.person.pk


def test_a_reader_mirrors_a_new_board_which_waits_whole(ask):
    make_task(name="Parsing", slug="parsing")
    make_dataset(name="Trees", slug="trees")
    sent = {
        "task": "Parsing", "dataset": "Trees", "metrics": [{"name": "UAS", "is_loss": False}],
        "results": [new_result(external_id="1", metrics={"UAS": "90"})],
    }  # fmt: skip
    answers = [ask["reader"]("post", "/rpc/evaluation-synchronize/", sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert (answers[0].json()["is_waiting"], answers[0].json()["id"]) == (True, "parsing-on-trees")
    assert list(Submission.objects.waiting().values_list("kind", flat=True)) == ["board", "result"]
    assert not Leaderboard.objects.exists()


def test_only_staff_with_the_scope_ask_for_runs(ask, client):
    mapping = make_mapping()
    body = {"claim": str(mapping.claim.public_id)}
    lacks = Caller(client, ask["staff"].person, scopes=("write",))
    assert [caller("post", "/runs/", body).status_code for caller in (ask["stranger"], ask["reviewer"], lacks)] == [401, 403, 403]
    first, second = (ask["staff"]("post", "/runs/", body) for _ in range(2))
    run = Run.objects.get()
    assert [first.status_code, second.status_code] == [201, 200]
    assert first.json()["id"] == second.json()["id"] == str(run.public_id)
    assert (run.requested_by, first.json()["state"]) == (ask["staff"].person, "requested")
    wrong = ask["staff"]("post", "/runs/", {"checkpoint": "none"})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "claim: Name the claim, or a checkpoint and a protocol.")
