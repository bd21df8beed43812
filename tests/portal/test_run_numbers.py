"""What a run measures is held back from readers until it is published, on every page that would tell it."""

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from leaderboards.models import Measurement
from tests.factories.runs import make_mapping
from tests.factories.scored_runs import make_licence, make_scored_run
from workers.models import Run
from workers.states import RunState

pytestmark = pytest.mark.django_db

PAGES = ("/samples", "/samples/0", "/export.zip", "/compare/{other}", "/compare/{other}/items/0")


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create(username="admin", is_staff=True))
    return client


@pytest.fixture
def run():
    make_licence()
    return make_scored_run("AB")


def measured(run, **values):
    claim = make_mapping(checkpoint=run.checkpoint, protocol=run.protocol).claim
    return Measurement.objects.create(
        leaderboard=claim.leaderboard, metric=claim.leaderboard.metrics.get(), claim=claim, model_name="M", protocol=run.protocol,
        value=50.0, items=2, run_id=run.public_id, measured_at=timezone.now(), **values,
    )  # fmt: skip


def statuses(client, run):
    other = make_scored_run("AB")
    return {
        page: client.get(f"/runs/{run.public_id}{page.format(other=other.public_id)}").status_code
        for page in PAGES[:2] + PAGES[3:]
    }


def test_readers_see_no_item_of_an_unpublished_measurement(client, run):
    measured(run)

    assert set(statuses(client, run).values()) == {403}
    assert client.get(f"/runs/{run.public_id}/export.zip").status_code == 403
    page = client.get(f"/runs/{run.public_id}").content.decode()
    assert "/samples" not in page
    assert "/compare/" not in page


def test_a_comparison_is_held_back_by_either_of_its_runs(client, run):
    measured(run)
    other = make_scored_run("AB")

    assert client.get(f"/runs/{other.public_id}/compare/{run.public_id}").status_code == 403


def test_the_sentence_says_when(client, run):
    measured(run)

    assert "is not published yet" in client.get(f"/runs/{run.public_id}/samples").content.decode()


def test_staff_see_them(staff, run):
    measured(run)

    assert set(statuses(staff, run).values()) == {200}


def test_everybody_does_once_it_is_published(client, run):
    measured(run, published_at=timezone.now())

    assert set(statuses(client, run).values()) == {200}


def test_a_run_that_may_test_a_claim_tells_nothing_while_it_goes_on(client, run):
    make_mapping(checkpoint=run.checkpoint, protocol=run.protocol)
    Run.objects.filter(pk=run.pk).update(state=RunState.SCORING)

    assert client.get(f"/runs/{run.public_id}/samples/0").status_code == 403


def test_a_trial_and_what_tests_no_claim_are_open(client, run):
    Run.objects.filter(pk=run.pk).update(state=RunState.SCORING)
    assert client.get(f"/runs/{run.public_id}/samples/0").status_code == 200

    make_mapping(checkpoint=run.checkpoint, protocol=run.protocol)
    Run.objects.filter(pk=run.pk).update(items_per_task=2)
    assert client.get(f"/runs/{run.public_id}/samples/0").status_code == 200


def test_what_is_not_there_is_still_not_found(client):
    assert client.get(f"/runs/{uuid4()}/samples").status_code == 404
