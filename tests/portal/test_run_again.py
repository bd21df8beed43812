"""Run exactly this again, and what the page says when it came out."""

import pytest

from tests.factories.scored_runs import logged_as_harness_does, make_licence, make_scored_run
from tests.portal.reading import read
from workers.models import Run
from workers.states import RunState

pytestmark = pytest.mark.django_db


def address(run, more=""):
    return f"/runs/{run.public_id}{more}"


def test_a_click_asks_for_the_same_run_and_a_second_one_joins_it(admin_client, admin_user):
    run = make_scored_run(
        "AB", items_per_task=2, threads=3, token_budget=512, seeds={"python": 7, "numpy": 8, "torch": 9, "fewshot": 10}
    )
    assert address(run, "/again") in [form["action"] for form in read(admin_client.get(address(run))).forms]
    first, second = (admin_client.post(address(run, "/again"))["Location"] for _ in range(2))
    again = Run.objects.get(repeats=run)
    assert first == second == address(again)
    assert (again.checkpoint, again.protocol, again.seeds, again.items_per_task, again.threads, again.requested_by, again.state) == (
        run.checkpoint, run.protocol, run.seeds, 2, 3, admin_user, RunState.REQUESTED,
    )  # fmt: skip
    assert again.token_budget == 1024  # as the first plan had it, not as a lack of memory left it
    assert again.events.get().note == f"Asked for, to repeat run {str(run.public_id)[:8]} exactly."


def test_an_open_run_cannot_be_repeated(admin_client):
    run = make_scored_run("A", state=RunState.SCORING)
    response = admin_client.post(address(run, "/again"))
    assert response.status_code == 404
    assert "Only a finished run can be run exactly again: wait until it has ended." in read(response).main
    assert Run.objects.count() == 1


@pytest.mark.parametrize("who", ["stranger", "reader"])
def test_others_cannot_ask_for_it(client, django_user_model, who):
    if who == "reader":
        client.force_login(django_user_model.objects.create_user("reader"))
    run = make_scored_run("A")
    assert client.post(address(run, "/again")).status_code == 403
    assert Run.objects.count() == 1
    assert "Run exactly this again" not in read(client.get(address(run))).main
    assert client.get(address(run, "/again")).status_code == 405


def test_the_page_says_whether_it_came_out_the_same_to_the_bit(client):
    run = make_scored_run("AB")
    again = make_scored_run("AB", repeats=run)
    page = read(client.get(address(again)))
    assert "It came out bit-identical: all 8 requests and their answers are the same." in page.main
    assert page.link(f"run {str(run.public_id)[:8]}") == address(run)
    request = again.requests.get(ordinal=3)
    request.log_likelihood = -1.0300000000000002
    request.save()
    assert request.log_likelihood != run.requests.get(ordinal=3).log_likelihood
    main = read(client.get(address(again))).main
    assert "It did not come out bit-identical: of 8 requests 0 were others, and 1 were answered otherwise." in main


def test_a_finished_run_leads_to_items_export_and_comparisons(client):
    make_licence()
    run = logged_as_harness_does(make_scored_run("AB"))
    other = make_scored_run("AB", protocol=run.protocol)
    page = read(client.get(address(run)))
    assert page.link("Browse the items") == address(run, "/samples")
    assert page.link("Export (.zip)") == address(run, "/export.zip")
    assert address(run, f"/compare/{other.public_id}") in page.hrefs()


def test_an_export_is_offered_to_those_only_who_may_have_it(client):
    run = logged_as_harness_does(make_scored_run("AB"))
    assert "Export (.zip)" not in read(client.get(address(run))).main
