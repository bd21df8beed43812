"""Watching boards: told once when the best changes or a claim fails to reproduce, whichever way it came."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from leaderboards import watching
from leaderboards.models import Alert, Measurement, Watch
from papers import history
from portal import watch_rounds
from tests.factories.catalogue import make_board, make_dataset, make_result, make_task
from tests.factories.runs import make_protocol
from tests.portal.reading import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def board():
    made = make_board(task=make_task(name="QA"), dataset=make_dataset(name="PIQA"), slug="qa", metrics=["Accuracy", "Error"])
    make_result(made, model_name="First", scores={"Accuracy": "28.4%", "Error": "1"})
    return made


@pytest.fixture
def ada(board):
    """Watches the board from now on."""
    browser = Client()
    browser.user = User.objects.create_user("ada")
    browser.force_login(browser.user)
    assert "Watch this board" in read(browser.get("/sota/qa")).main
    assert browser.post("/sota/qa/watch").headers["Location"] == "/sota/qa"
    return browser


def told(person):
    return list(Alert.objects.filter(person=person.user).order_by("id").values_list("words", flat=True))


def test_a_watcher_is_told_once_of_each_new_best(board, ada):
    watch_rounds.go_round()
    assert told(ada) == []
    make_result(board, model_name="Worse", scores={"Accuracy": "20", "Error": "0"})
    better = make_result(board, model_name="Better", scores={"Accuracy": "91.5"})
    for _ in range(2):
        watch_rounds.go_round()
    sentence = "Better now leads QA on PIQA with Accuracy 91.5 (before: First, 28.4%)."
    assert told(ada) == [sentence]
    page = read(ada.get("/watching"))
    assert sentence in page.main and "Better, Accuracy 91.5" in page.main
    assert watching.unread(ada.user) == 0
    history.remove(better, reason="Wrong.")
    watch_rounds.go_round()
    assert told(ada)[1:] == ["First now leads QA on PIQA with Accuracy 28.4% (before: Better, 91.5)."]
    assert watching.unread(ada.user) == 1


def test_lower_is_better_where_the_metric_says_so_and_measured_rows_count():
    lower = make_board(metrics=["Perplexity"])
    for name, cell in (("High", "20"), ("Low", "10"), ("Not a number", "—")):
        make_result(lower, model_name=name, scores={"Perplexity": cell})
    empty = make_board(metrics=["Parameters"])
    make_result(empty, scores={"Parameters": "7B"})
    Measurement.objects.create(
        leaderboard=lower, metric=lower.metrics.get(), model_name="Measured", protocol=make_protocol(), value=9.5, items=10,
        measured_at=timezone.now(), published_at=timezone.now(), publication_title="A table", publication_url="https://example.org",
    )  # fmt: skip
    found = watching.bests([lower.pk, empty.pk])
    assert {board: (best.metric, best.model, best.text) for board, best in found.items()} == {
        lower.pk: ("Perplexity", "Measured", "9.5")
    }


def test_a_watcher_is_told_when_a_claim_fails_to_reproduce(board, ada):
    late = User.objects.create_user("late")
    claim = make_result(board, model_name="GPT", scores={"Accuracy": "77.9"})
    made = {
        "leaderboard": board, "metric": board.metrics.get(name="Accuracy"), "claim": claim, "model_name": "GPT", "scale": 100.0, "items": 100_000,
        "measured_at": timezone.now(), "run_id": None, "publication_title": "A table",
    }  # fmt: skip
    protocol = make_protocol(dataset_names=["PIQA"], metric="acc")
    wrong = Measurement.objects.create(
        **made, protocol=protocol, value=70.0, interval_low=69.8, interval_high=70.2, publication_url="https://a.example"
    )
    right = Measurement.objects.create(
        **made, protocol=protocol, value=77.8, interval_low=77.6, interval_high=78.0, publication_url="https://b.example"
    )
    Watch.objects.update(best={})
    watch_rounds.go_round()
    before = told(ada)
    Measurement.objects.filter(pk__in=[wrong.pk, right.pk]).update(published_at=timezone.now())
    Watch.objects.create(person=late, board=board, since=timezone.now() + timedelta(seconds=1))
    for _ in range(2):
        watch_rounds.go_round()
    [sentence] = [words for words in told(ada) if words not in before]
    assert sentence.startswith("On QA on PIQA, Accuracy 77.9 claimed for GPT failed to reproduce: 70")
    assert not Alert.objects.filter(person=late, kind="differs").exists()


def test_everybody_watches_for_themselves_alone(board, ada):
    bo, stranger = Client(), Client()
    bo.force_login(User.objects.create_user("bo", role="reviewer"))
    for address in ("/sota/qa/watch", "/sota/qa/unwatch"):
        assert stranger.post(address).status_code == 403
        assert ada.get(address).status_code == 405
    assert stranger.get("/watching").status_code == 403
    assert "Watch this board" not in read(stranger.get("/sota/qa")).main
    bo.post("/sota/qa/unwatch")
    assert "Watch no more" in read(ada.get("/sota/qa")).main
    assert "You watch no board." in read(bo.get("/watching")).main
    assert ada.post("/sota/qa/watch").status_code == 302  # twice is once
    assert Watch.objects.count() == 1
    assert ada.post("/sota/qa/unwatch", {"from": "watching"}).headers["Location"] == "/watching"
    assert ada.post("/sota/none/watch").status_code == 404
    assert not Watch.objects.exists()
