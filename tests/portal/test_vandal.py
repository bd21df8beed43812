"""A stolen account wipes boards: the brakes stop it whichever way it comes, reviewers see it, and one action undoes the rest."""

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import User
from leaderboards.models import Alert, Claim, Leaderboard, Submission
from papers import brakes, history
from papers.models import BrakeLift, BrakeTrip, Change, Paper
from portal.brakes import Rate
from tests.factories.admin_form import send
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.whole_tables import whole_tables
from tests.portal.reading import read

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.writing_urls")]
HELD = "Nothing was changed: your account has removed or deleted 20 things in the last 24 hours, as many as it may;"


@pytest.fixture
def people():
    """Who has a part in it, each with a browser of their own."""
    roles = {
        "vandal": {"role": "contributor"},
        "grace": {"role": "reviewer"},
        "reader": {},
        "chief": {"is_staff": True, "is_superuser": True},
    }
    found = {}
    for name, values in roles.items():
        found[name] = User.objects.create_user(name, **values)
        found[name].browser = Client()
        found[name].browser.force_login(found[name])
    return found


@pytest.fixture
def boards():
    """A hundred boards with two results each."""
    task = make_task(name="Parsing")
    made = [make_board(task=task, dataset=make_dataset(name=f"Data {number}"), slug=f"board-{number}") for number in range(100)]
    for board in made:
        for cell in ("28.4", "30.1"):
            make_result(board, scores={"Accuracy": cell})
    return made


def wipe(browser, boards):
    """Take one board after the other away, by forms and through the API in turn; the answers' statuses and the last answer."""
    answers = [browser.post(f"{'/api/v1' if place % 2 else ''}/wipe/{board.slug}") for place, board in enumerate(boards)]
    return [answer.status_code for answer in answers], answers[-2:]


def in_span(**more):
    return {"since": "2000-01-01T00:00", "until": "2100-01-01T00:00", **more}


def test_a_stolen_account_is_stopped_and_what_got_through_is_undone_by_one_action(people, boards, settings):
    settings.WRITES_A_MINUTE = 10**6
    before = whole_tables()
    statuses, (form, api) = wipe(people["vandal"].browser, boards)
    assert statuses == [200] * 20 + [429] * 80
    assert read(form).headings[0] == ("h1", "Too much at once")
    assert HELD in read(form).main
    assert api.json()["error"].startswith(HELD)
    assert Leaderboard.objects.published().count() == 80
    trip = BrakeTrip.objects.get()
    assert (trip.actor, trip.kind, trip.most, trip.origin) == (people["vandal"], "deletions", 20, "/wipe/board-20")
    told = "A brake held vandal: 20 things removed or deleted within 24 hours."
    assert set(Alert.objects.values_list("person__username", "words")) == {("grace", told), ("chief", told)}

    grace = people["grace"].browser
    seen = read(grace.get("/changes"))
    assert "20 things removed or deleted within 24 hours" in seen.main
    assert seen.link("vandal") == "/changes/by/vandal"
    preview = read(grace.post("/changes/by/vandal/revert", in_span()))
    assert "20 changes would be undone." in preview.main
    assert Leaderboard.objects.published().count() == 80
    done = read(grace.post("/changes/by/vandal/revert", in_span(confirm="yes")))
    assert "20 changes were undone." in done.main
    assert whole_tables() == before
    assert "Brakes that held" not in read(people["reader"].browser.get("/changes")).main


def test_no_way_into_the_catalogue_is_without_the_brake(people, boards, settings):
    settings.BRAKES = settings.BRAKES | {"staff": {"deletions": 3, "edits": 2, "reverts": 1}}
    vandal, chief = people["vandal"], people["chief"]
    before = whole_tables()
    for delete in (
        lambda: Claim.objects.all().delete(),
        lambda: Leaderboard.objects.update(removed_at=timezone.now(), removed_reason="Ha."),
    ):
        with pytest.raises(DatabaseError) as caught, history.acting(via=Change.Via.API, by=vandal.pk), transaction.atomic():
            delete()
        assert brakes.Held.of(caught.value) == brakes.Held(actor=vandal.pk, kind="deletions", most=20, hours=24)
    assert whole_tables() == before
    gone = {"removed_at_0": "2024-01-01", "removed_at_1": "12:00:00", "removed_reason": "Ha."}
    assert [send(chief.browser, board, **gone).status_code for board in boards[:5]] == [302, 302, 302, 429, 429]
    paper = make_paper(title="A paper")
    edits = [send(chief.browser, row, note="Ha.").status_code for row in boards[10:13]]
    assert edits == [302, 302, 429]
    assert send(chief.browser, boards[10], note="Again.").status_code == 302  # a thing is counted once
    with pytest.raises(DatabaseError, match="brake"), history.acting(via=Change.Via.FORM, by=chief.pk), transaction.atomic():
        Paper.objects.update(duplicate_of=make_paper())
    assert Paper.objects.get(pk=paper.pk).duplicate_of is None
    assert chief.browser.post("/changes/by/chief/revert", in_span(confirm="yes")).status_code == 200
    revert = chief.browser.post("/changes/by/chief/revert", in_span(confirm="yes"))
    assert (revert.status_code, "has reverted 1 things" in read(revert).main) == (429, True)
    assert set(BrakeTrip.objects.values_list("kind", flat=True)) == {"deletions", "edits", "reverts"}


def test_stolen_tokens_are_stopped_too(people, boards, settings, client):
    settings.BRAKES = settings.BRAKES | {"reviewer": {"deletions": 5, "edits": 5, "reverts": 5}}

    def delete(name, places):
        _, secret = tokens.make(people[name], name="stolen", scopes=["write"])
        return [client.delete(f"/api/v1{place}", HTTP_AUTHORIZATION=f"Token {secret}") for place in places]

    before = whole_tables()
    results = [f"/evaluations/{board.slug}/results/{board.claims.first().public_id}/" for board in boards[:2]]
    asked = delete("vandal", [f"/evaluations/{board.slug}/" for board in boards[:30]] + results)
    assert ({answer.status_code for answer in asked}, Submission.objects.waiting().count()) == ({202}, 32)
    assert Leaderboard.objects.published().count() == 100  # a contributor's removals wait for a reviewer

    wiped = delete("grace", [f"/evaluations/{board.slug}/" for board in boards[:8]])
    assert [answer.status_code for answer in wiped] == [204] * 5 + [429] * 3
    assert "your account has removed or deleted 5 things" in wiped[-1].json()["message"]
    assert Submission.objects.filter(submitter=people["grace"]).count() == 5  # of what was held nothing is left
    assert BrakeTrip.objects.get().origin == "/api/v1/evaluations/board-5/"
    undone = people["chief"].browser.post("/changes/by/grace/revert", in_span(confirm="yes"))
    assert "5 changes were undone." in read(undone).main
    after = whole_tables()
    assert {name: after[name] for name in before if "submission" not in name and "maderow" not in name} == {
        name: rows for name, rows in before.items() if "submission" not in name and "maderow" not in name
    }


def test_things_are_counted_and_not_rows(people):
    tasks = [make_task() for _ in range(40)]
    paper = make_paper(tasks=tasks)
    with history.acting(via=Change.Via.FORM, by=people["vandal"].pk):
        paper.task_places.all().delete()
        make_paper(tasks=tasks)
        board = make_board()
        for number in range(30):
            make_result(board, scores={"Accuracy": str(number)})
    assert Change.objects.filter(actor=people["vandal"], action="unlinked").count() == 40


def test_staff_lift_a_brake_for_a_time_and_nobody_for_themselves(people, boards, settings):
    settings.WRITES_A_MINUTE = 10**6
    vandal, chief = people["vandal"], people["chief"]
    lifting = {"hours": "2", "reason": "Boards merged."}
    answers = {
        name: people[name].browser.post("/changes/by/vandal/lift", lifting).status_code for name in ("vandal", "grace", "reader")
    }
    assert answers == {"vandal": 403, "grace": 403, "reader": 403}
    assert Client().post("/changes/by/vandal/lift", lifting).status_code == 403
    assert chief.browser.post("/changes/by/chief/lift", lifting).status_code == 403
    for wrong in ({"hours": "25", "reason": "R."}, {"hours": "x", "reason": "R."}, {"hours": "1", "reason": " "}):
        assert chief.browser.post("/changes/by/vandal/lift", wrong).status_code == 403
    assert not BrakeLift.objects.exists()
    assert chief.browser.post("/changes/by/vandal/lift", lifting).status_code == 302
    assert set(wipe(vandal.browser, boards[:30])[0]) == {200}
    assert "Boards merged." in read(chief.browser.get("/changes/by/vandal")).main
    chief.browser.post("/changes/by/vandal/lift", {"hours": "0", "reason": "Done."})
    assert wipe(vandal.browser, boards[30:52])[0] == [200] * 20 + [429] * 2  # what was done under it is not held against them


def test_the_role_of_the_site_cannot_rewrite_what_brakes_did_nor_take_them_away(people):
    BrakeLift.objects.create(account=people["vandal"], by=people["chief"], until="2100-01-01T00:00Z", reason="R.")
    for statement in (
        "UPDATE papers_braketrip SET most = 1", "DELETE FROM papers_braketrip", "TRUNCATE papers_braketrip",
        "UPDATE papers_brakelift SET reason = 'x'", "DELETE FROM papers_brakelift", "UPDATE papers_change SET keys = NULL",
        "CREATE OR REPLACE FUNCTION papers_brake(who bigint, kind text, subject uuid, limits jsonb) RETURNS void LANGUAGE sql AS $$ $$",
    ):  # fmt: skip
        with (
            pytest.raises(ProgrammingError, match="permission denied|must be owner"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_writes_are_counted_by_account_and_by_address(people, boards, settings, rf):
    cache.clear()
    settings.WRITES_A_MINUTE = 2
    reader = people["reader"].browser
    statuses = [reader.post("/sota/board-1/watch").status_code for _ in range(4)]
    assert statuses[:1] == [302] and statuses[-1:] == [429]
    answer = reader.post("/sota/board-1/watch")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert f"wait {answer.headers['Retry-After']} seconds" in read(answer).main
    assert reader.get("/watching").status_code == 200
    cache.clear()
    secrets = [tokens.make(people["vandal"], name=name, scopes=["write"])[1] for name in ("one", "two", "three")]
    for place, secret in enumerate(secrets):  # three tokens, three addresses, one account
        through = {"HTTP_AUTHORIZATION": f"Token {secret}", "REMOTE_ADDR": f"2001:db8:{place}::1"}
        answer = reader.patch("/api/v1/evaluations/board-1/", {}, content_type="application/json", **through)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(int(answer.headers["Retry-After"])))
    assert answer.json()["message"].startswith("Too many requests: wait")
    through["HTTP_AUTHORIZATION"] = f"Token {tokens.make(people['grace'], name='other', scopes=['write'])[1]}"
    other = reader.patch("/api/v1/evaluations/board-1/", {}, content_type="application/json", **through)
    assert other.status_code == 200
    assert reader.get("/api/v1/evaluations/board-1/", **through).status_code == 200
    rate = Rate(name="tried", most=1, seconds=10**6)
    neighbours = [rf.post("/", REMOTE_ADDR=f"2001:db8::{number}") for number in range(6)]
    assert [bool(rate.wait(request)) for request in neighbours] == [False] * 5 + [True]
    assert rate.wait(rf.post("/", REMOTE_ADDR="2001:db8:0:1::1")) == 0
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert rate.wait(neighbours[0]) == 0  # without Redis
