"""Erasing an account: nothing personal is left, what was done is, and only its owner or an administrator does it."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client

from accounts import erasure, tokens
from accounts.models import User
from leaderboards import rerun_votes, submissions, watching
from leaderboards.models import Alert, Notice, RerunVote, ReviewArea, Submission, Watch
from leaderboards.submissions import notices
from papers import history
from papers.models import BrakeTrip, Change
from tests.factories.catalogue import make_area, make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.people import PASSWORD, make_person
from tests.portal.reading import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    user = User.objects.create_user(
        "lovelace", password=PASSWORD, email="lovelace@example.org", first_name="Lovelace", role="reviewer"
    )
    EmailAddress.objects.create(user=user, email="lovelace@example.org", verified=True, primary=True)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "lovelace"})
    SocialAccount.objects.create(user=user, provider="github", uid="1", extra_data={"login": "lovelace"})
    tokens.make(user, name="lovelace's", scopes=["write"])
    with history.acting(via=Change.Via.FORM, by=user.pk):
        make_paper(title="Kept", slug="kept")
    return user


def signed_in(user):
    browser = Client()
    browser.force_login(user)
    return browser


def tables_that_say(word):
    """Every table with a row that says a word, whatever the column."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(f'SELECT 1 FROM public."{table}" AS t WHERE t::text ILIKE %s LIMIT 1', [f"%{word}%"])
            found += [table] if cursor.fetchone() else []
    return found


def test_nothing_personal_is_left_and_what_was_done_is(ada):
    staff = User.objects.create_superuser("root2")
    LogEntry.objects.log_actions(staff.pk, [ada], 2, change_message="Changed the name lovelace.")
    assert len(tables_that_say("lovelace")) == 6
    told = []
    erasure.erased.connect(lambda sender, user, **_: told.append(user.pk), weak=False, dispatch_uid="test")
    erasure.erase(ada)
    erasure.erased.disconnect(dispatch_uid="test")
    assert (tables_that_say("lovelace"), told) == ([], [ada.pk])
    ada.refresh_from_db()
    assert (ada.username, ada.is_active, ada.role, ada.has_usable_password()) == (f"erased-{ada.pk}", False, "reader", False)
    assert Change.objects.filter(actor=ada.pk).get().new["title"] == "Kept"
    assert not EmailAddress.objects.exists() and not Authenticator.objects.exists() and not SocialAccount.objects.exists()


def test_what_was_sent_stays_without_words_of_the_person_and_what_was_told_goes(ada):
    board, staff = make_board(task=make_task(), dataset=make_dataset()), make_person("staff")
    claim = make_result(board, scores={"Accuracy": "90"})
    said = {"board": board.slug, "model_name": "BERT", "scores": [{"metric": "Accuracy", "value": "91.4"}], "paper": "1810.04805",
            "table": "Table 1", "note": "I am Lovelace."}  # fmt: skip
    sent = submissions.submit("result", said, by=ada, via=Submission.Via.FORM)
    if sent.state == Submission.State.WAITING:
        submissions.accept(sent, by=staff)
    notices.tell(ada, "Lovelace, it was accepted.")
    watching.watch(board, by=ada)
    rerun_votes.vote(claim, by=ada)
    ReviewArea.objects.create(reviewer=ada, area=make_area())
    watching.tell_of_trip(BrakeTrip.objects.create(actor=ada, kind="edits", most=1, hours=24))
    span = {"since": "2000-01-01T00:00", "until": "2100-01-01T00:00", "confirm": "yes"}
    assert signed_in(staff).post("/changes/by/lovelace/revert", span).status_code == 200
    assert {"leaderboards_alert", "leaderboards_notice", "leaderboards_submission"} <= set(tables_that_say("lovelace"))
    erasure.erase(ada)
    assert tables_that_say("lovelace") == []
    assert [table.objects.exists() for table in (Alert, Notice, RerunVote, ReviewArea, Watch)] == [False] * 5
    sent.refresh_from_db()
    assert (sent.submitter, sent.payload["table"], "note" in sent.payload) == (ada, "Table 1", False)
    assert submissions.told_of(sent)["model_name"] == "BERT"


def erase(browser, name):
    """Reauthenticate and send the form."""
    browser.post("/accounts/reauthenticate", {"password": PASSWORD})
    return browser.post("/accounts/erase", {"name": name})


def test_people_erase_their_own_account_with_their_password_and_name(ada):
    Authenticator.objects.all().delete()
    browser, elsewhere = signed_in(ada), signed_in(ada)
    assert browser.get("/accounts/erase")["Location"].startswith("/accounts/reauthenticate?")
    assert browser.post("/accounts/erase", {"name": "lovelace"})["Location"].startswith("/accounts/reauthenticate?")
    assert erase(browser, "Lovelace").status_code == 400
    assert User.objects.filter(username="lovelace").exists()
    assert "The account is erased" in read(erase(browser, "lovelace")).main
    for left in (browser, elsewhere):
        assert "Signed in" not in read(left.get("/papers")).text
    assert Client().post("/accounts/login", {"login": "lovelace", "password": PASSWORD}).status_code == 200
    assert Client().get("/users/lovelace").status_code == 404
    assert Client().get(f"/users/erased-{ada.pk}").status_code == 404


def test_nobody_erases_the_account_of_another(ada):
    for who in (
        User.objects.create_user("rosa", password=PASSWORD, role="reviewer"),
        User.objects.create_user("bob", password=PASSWORD),
    ):
        assert erase(signed_in(who), "lovelace").status_code == 400
    assert Client().post("/accounts/erase", {"name": "lovelace"})["Location"].startswith("/accounts/login?")
    assert User.objects.filter(username="lovelace").exists()


def test_the_last_administrator_stays():
    boss = User.objects.create_superuser("boss", password=PASSWORD)
    assert "only administrator" in read(erase(signed_in(boss), "boss")).main
    User.objects.create_superuser("boss2")
    assert "is erased" in read(erase(signed_in(boss), "boss")).main


@pytest.mark.parametrize(("action", "done"), [("erase", "erased"), ("remove_second_factor", "without")])
def test_administrators_alone_do_it_for_others(ada, action, done):
    from django.contrib.auth.models import Permission

    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    boss = User.objects.create_superuser("boss")
    form = {"action": action, "_selected_action": [ada.pk]}
    for who, is_done in ((clerk, False), (boss, True)):
        signed_in(who).post("/admin/accounts/user/", form)
        ada.refresh_from_db()
        now = {"erased": ada.erased_at is not None, "without": not Authenticator.objects.exists()}
        assert now[done] is is_done
    assert (
        signed_in(boss)
        .post("/admin/accounts/user/", {"action": "delete_selected", "_selected_action": [ada.pk], "post": "yes"})
        .status_code
        == 302
    )
    assert User.objects.filter(pk=ada.pk).exists()
