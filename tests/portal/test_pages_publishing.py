"""What of the measurements everybody sees: staff decide in the browser, and readers see nothing before."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from leaderboards.models import Measurement
from papers.models import Change
from tests.factories.catalogue import make_board, make_dataset, make_paper, make_result, make_task
from tests.factories.runs import make_mapping
from tests.portal.reading import read
from workers.models import Run
from workers.states import RunState

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured():
    """A measurement that a run obtained of a paper's claim, and that nobody has published yet."""
    board = make_board(task=make_task(name="QA"), dataset=make_dataset(name="PIQA"), slug="qa-on-piqa")
    claim = make_result(board, model_name="Claimed", scores={"Accuracy": "77.9"}, paper=make_paper(slug="its-paper"))
    mapping = make_mapping(claim=claim)
    run = Run.objects.create(
        checkpoint=mapping.checkpoint, protocol=mapping.protocol, state=RunState.FINISHED,
        results={"metrics": [{"task": "piqa", "metric": "acc", "value": 0.7654, "stderr": 0.0097, "items": 1838, "chance": 0.5}]},
    )  # fmt: skip
    return Measurement.objects.create(
        leaderboard=board, metric=mapping.metric, claim=claim, model_name="Claimed", protocol=mapping.protocol, value=76.54,
        items=1838, interval_low=74.6, interval_high=78.4, checkpoint="Its weights", scale=100.0, run_id=run.public_id, measured_at=timezone.now(),
    )  # fmt: skip


def public_addresses(measurement):
    run = f"/runs/{measurement.run_id}"
    return [
        "/sota/qa-on-piqa", "/sota/qa-on-piqa.json", "/sota/qa-on-piqa.csv", "/paper/its-paper", "/model/claimed", "/", "/latest.atom",
        "/api/v1/evaluations/qa-on-piqa/results/", "/api/v1/papers/its-paper/results/", run, f"{run}/state", f"/api/v1{run}/",
    ]  # fmt: skip


def shows(client, address):
    return any(number in client.get(address).content.decode() for number in ("76.5", "0.765"))


def test_readers_see_a_measurement_nowhere_before_it_is_published_and_everywhere_after(client, admin_client, measured):
    addresses = public_addresses(measured)
    assert [address for address in addresses if shows(client, address)] == []
    assert "has not been published yet" in read(client.get(f"/runs/{measured.run_id}")).main
    admin_client.post(f"/measurements/{measured.public_id}/publish")
    assert [address for address in addresses if not shows(client, address)] == ["/latest.atom"]


def test_staff_see_it_before_on_their_list_and_on_the_runs_page(admin_client, measured):
    page = read(admin_client.get("/measurements"))
    assert page.tables[0][1][0] == "QA on PIQA Claimed weights: Its weights"
    assert page.tables[0][1][1] == "77.9"
    assert "76.54" in page.tables[0][1][2]
    assert "inconclusive" in page.tables[0][1][2]
    assert shows(admin_client, f"/runs/{measured.run_id}")
    assert "Not published yet: only staff see it." in read(admin_client.get(f"/runs/{measured.run_id}")).main


def test_staff_publish_and_the_history_says_who(admin_client, admin_user, measured):
    response = admin_client.post(f"/measurements/{measured.public_id}/publish")
    assert (response.status_code, response.headers["Location"]) == (302, "/measurements?state=waiting")
    assert list(Measurement.objects.current()) == [measured]
    change = Change.objects.filter(table="leaderboards_measurement", object_id=measured.public_id).latest("id")
    assert (list(change.new), change.actor, change.via) == (["published_at"], admin_user, "form")
    assert admin_client.post(f"/measurements/{measured.public_id}/publish").status_code == 409


def test_staff_retract_with_a_reason_that_the_runs_page_shows(client, admin_client, measured):
    admin_client.post(f"/measurements/{measured.public_id}/publish")
    bare = admin_client.post(f"/measurements/{measured.public_id}/retract", {"reason": " "})
    assert (bare.status_code, "Say in a sentence why it is retracted" in read(bare).main) == (409, True)
    assert Measurement.objects.current().exists()
    admin_client.post(f"/measurements/{measured.public_id}/retract", {"reason": "Wrong <weights>."})
    assert not shows(client, "/sota/qa-on-piqa")
    assert "Retracted: Wrong <weights>." in read(client.get(f"/runs/{measured.run_id}")).main
    assert "Wrong <weights>." in read(admin_client.get("/measurements?state=retracted")).tables[0][1][3]


def test_a_retraction_before_publishing_keeps_the_number_from_readers(client, admin_client, measured):
    admin_client.post(f"/measurements/{measured.public_id}/retract", {"reason": "Wrong weights."})
    assert [address for address in public_addresses(measured) if shows(client, address)] == []


def test_staff_let_another_measurement_of_the_claim_take_ones_place(client, admin_client, measured):
    other = Measurement.objects.create(
        leaderboard=measured.leaderboard, metric=measured.metric, claim=measured.claim, model_name="Claimed", protocol=measured.protocol,
        value=70.25, items=1838, scale=100.0, measured_at=timezone.now(), published_at=timezone.now(), publication_title="A table",
        publication_url="https://example.org/table",
    )  # fmt: skip
    admin_client.post(f"/measurements/{measured.public_id}/publish")
    page = admin_client.get("/measurements?state=standing").content.decode()
    assert f'<option value="{measured.public_id}">76.54, ' in page
    wrong = admin_client.post(f"/measurements/{other.public_id}/supersede", {"by": "x"})
    assert (wrong.status_code, "Choose the measurement" in read(wrong).main) == (409, True)
    unknown = admin_client.post(f"/measurements/{other.public_id}/supersede", {"by": str(uuid4())})
    assert unknown.status_code == 409
    admin_client.post(f"/measurements/{other.public_id}/supersede", {"by": str(measured.public_id)})
    assert list(Measurement.objects.current()) == [measured]
    assert "70.25" in read(admin_client.get("/measurements?state=superseded")).main


def test_strangers_and_readers_without_rights_decide_nothing(client, django_user_model, measured):
    reader = Client()
    reader.force_login(django_user_model.objects.create_user("reader"))
    for somebody in (client, reader):
        assert somebody.get("/measurements").status_code == 403
        for act in ("publish", "retract", "supersede"):
            assert somebody.post(f"/measurements/{measured.public_id}/{act}", {"reason": "R"}).status_code == 403
    assert Measurement.objects.filter(published_at=None, retracted_at=None).count() == 1
    assert not shows(reader, f"/runs/{measured.run_id}")


def test_an_address_of_no_measurement_and_a_wrong_method_are_said(admin_client, measured):
    assert admin_client.post(f"/measurements/{uuid4()}/publish").status_code == 404
    assert admin_client.get(f"/measurements/{measured.public_id}/publish").status_code == 405


def test_a_form_without_the_token_does_nothing(django_user_model, measured):
    staff = Client(enforce_csrf_checks=True)
    staff.force_login(django_user_model.objects.create_superuser("boss"))
    assert staff.post(f"/measurements/{measured.public_id}/publish").status_code == 403
    assert Measurement.objects.get().published_at is None


def test_the_list_costs_the_same_however_long_it_is(admin_client, measured, django_assert_max_num_queries):
    for number in range(30):
        claim = make_result(measured.leaderboard, model_name=f"M{number}", scores={"Accuracy": "50"})
        Measurement.objects.create(
            leaderboard=measured.leaderboard, metric=measured.metric, claim=claim, model_name=f"M{number}", protocol=measured.protocol,
            value=51.0, items=10, run_id=uuid4(), measured_at=timezone.now(), published_at=timezone.now(),
        )  # fmt: skip
    with django_assert_max_num_queries(7):
        assert len(read(admin_client.get("/measurements?state=standing")).tables[0]) == 31
