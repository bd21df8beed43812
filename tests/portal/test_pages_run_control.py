"""The buttons on a run's page with which staff hold it up, let it go on, try it again and put it before others."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories.leases import claimed
from tests.factories.runs import make_mapping, make_planned_run, make_worker
from tests.portal.reading import in_order, read
from workers import lifecycle
from workers.models import Fault, Run, RunEvent, Shard
from workers.states import Priority, RunState, ShardState

pytestmark = pytest.mark.django_db

ACTIONS = ("pause", "resume", "retry", "priority")


def address(run, more=""):
    return f"/runs/{run.public_id}{more}"


def buttons(client, run):
    """What the run's page lets this reader do: the ends of its forms' addresses."""
    forms = read(client.get(address(run))).forms
    return [form["action"].removeprefix(address(run) + "/") for form in forms if form["action"].startswith(address(run))]


def fail(run, index=0):
    lease = claimed(run.shards.get(index=index), by="one")
    lifecycle.fail(lease, code="data_missing", message="It is not there: put it there.")


def test_staff_pause_a_run_and_let_it_go_on(admin_client):
    run = make_planned_run()
    assert buttons(admin_client, run) == ["pause", "priority", "priority", "cancel"]
    response = admin_client.post(address(run, "/pause"))
    assert (response.status_code, response["Location"]) == (302, address(run))
    assert Run.objects.get().state == RunState.PAUSED
    page = read(admin_client.get(address(run)))
    assert "Paused Paused by the staff, who can let it go on." in page.main
    assert buttons(admin_client, run) == ["resume", "priority", "priority", "cancel"]
    for _ in range(2):  # a second click changes nothing
        assert admin_client.post(address(run, "/resume"))["Location"] == address(run)
    assert Run.objects.get().state == RunState.SCORING
    assert list(RunEvent.objects.values_list("note", "actor")) == [("Paused.", "admin"), ("Resumed.", "admin")]


def test_staff_try_a_failed_run_again(admin_client):
    run = make_planned_run(shards=2)
    fail(run)
    assert buttons(admin_client, run) == ["retry"]
    assert admin_client.post(address(run, "/retry"))["Location"] == address(run)
    assert Run.objects.get().state == RunState.SCORING
    assert set(run.shards.values_list("state", flat=True)) == {"queued"}
    assert "Tried again." in read(admin_client.get(address(run))).main


def test_staff_see_the_last_lines_of_who_is_at_it_and_of_who_failed_and_readers_none(client, admin_client):
    run, other = make_planned_run(), make_planned_run()
    make_worker(name="scorer@one", log_tail="Loading <41> GB.", log_run=run)
    make_worker(name="scorer@two", log_tail="Of another run.", log_run=other)
    Fault.objects.create(
        run=run, worker="scorer@three", fault_class="code", code="code_error", message="It broke.", log_tail="Traceback:\nboom"
    )
    address = f"/runs/{run.public_id}"
    for place in (address, f"{address}/state"):
        shown = admin_client.get(place).content.decode()
        in_order(
            shown, ["Log</h2>", "scorer@one", "Loading &lt;41&gt; GB.", "scorer@three, before it failed at", "Traceback:\nboom"]
        )
        assert "Of another run." not in shown
        assert "scorer@" not in client.get(place).content.decode()
    Run.objects.filter(pk=run.pk).update(state="failed")
    shown = read(admin_client.get(address)).main
    assert ("Loading <41> GB." in shown, "Traceback: boom" in shown) == (False, True)


def test_staff_try_one_shard_again_where_several_failed(admin_client):
    run = make_planned_run(samples=6, batch_size=2, shards=3)
    fail(run)
    run.shards.filter(index=2).update(state=ShardState.FAILED, error_code="data_missing", error_message="Nor is this.")
    main = read(admin_client.get(address(run))).main
    in_order(main, ["Try again", "Try shard 1 again", "Try shard 3 again"])
    admin_client.post(address(run, "/retry"), {"shard": "2"})
    assert list(run.shards.order_by("index").values_list("state", flat=True)) == ["failed", "queued", "queued"]


def test_a_retry_leads_to_the_identical_run_that_is_open(admin_client, admin_user):
    mapping = make_mapping()
    first = lifecycle.request(mapping, by=admin_user)
    lifecycle.fail(lifecycle.claim_planning(first.pk, by="one"), code="checkpoint_missing", message="Not there.")
    second = lifecycle.request(mapping, by=admin_user)
    assert admin_client.post(address(first, "/retry"))["Location"] == address(second)


def test_staff_put_a_run_before_others(admin_client):
    first, second = make_planned_run(), make_planned_run()
    assert admin_client.post(address(second, "/priority"), {"priority": "10"})["Location"] == address(second)
    assert Run.objects.get(pk=second.pk).priority == Priority.HIGH
    queue = read(admin_client.get("/runs")).tables[0]
    assert [row[0] for row in queue[1:]] == [second.checkpoint.name, first.checkpoint.name]
    assert queue[1][1] == f"{second.protocol.name} high priority"


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("priority", {}),
        ("priority", {"priority": "11"}),
        ("priority", {"priority": "high"}),
        ("retry", {"shard": "x"}),
        ("retry", {"shard": "-1"}),
    ],
)
def test_what_is_not_there_answers_404(admin_client, action, data):
    run = make_planned_run()
    fail(run)
    assert admin_client.post(address(run, f"/{action}"), data).status_code == 404
    assert Run.objects.values_list("state", "priority").get() == (RunState.FAILED, Priority.NORMAL)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_run_that_is_not_there_answers_404(admin_client, action):
    response = admin_client.post(f"/runs/{uuid4()}/{action}", {"priority": "0"})
    assert response.status_code == 404
    assert "There is no run at this address." in read(response).main


@pytest.mark.parametrize("who", ["stranger", "reader"])
@pytest.mark.parametrize("state", [RunState.SCORING, RunState.PAUSED, RunState.FAILED])
def test_others_see_no_buttons_and_are_refused(client, django_user_model, who, state):
    if who == "reader":
        client.force_login(django_user_model.objects.create_user("reader"))
    run = make_planned_run()
    Run.objects.update(state=state)
    assert buttons(client, run) == []
    for action in ACTIONS:
        response = client.post(address(run, f"/{action}"), {"priority": "10"})
        assert response.status_code == 403
        assert "Only the portal's staff can do this: sign in first." in read(response).main
    assert Run.objects.values_list("state", "priority").get() == (state, Priority.NORMAL)


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_happens_without_the_forms_token_or_by_reading(django_user_model, action):
    client = Client(enforce_csrf_checks=True)
    client.force_login(django_user_model.objects.create_superuser("boss"))
    run = make_planned_run()
    assert client.post(address(run, f"/{action}"), {"priority": "10"}).status_code == 403
    assert client.get(address(run, f"/{action}")).status_code == 405
    assert Run.objects.values_list("state", "priority").get() == (RunState.SCORING, Priority.NORMAL)


def test_the_queue_says_when_runs_should_start_and_end(client):
    worker = make_worker()
    first, second = (make_planned_run(samples=4, batch_size=1, shards=4) for _ in range(2))
    unknown = make_planned_run()
    paused = make_planned_run()
    Run.objects.filter(pk=paused.pk).update(state=RunState.PAUSED)
    for run, tokens in ((first, 100), (second, 50)):
        Shard.objects.filter(run=run, index=0).update(
            state=ShardState.DONE, batches_done=1, device=worker.device_label, device_tokens=tokens, device_seconds=100
        )
    queue = read(client.get("/runs")).tables[0]
    assert queue[0] == ["Model", "Protocol", "State", "Asked for", "Starts", "Ends"]
    assert [(row[0], *row[4:]) for row in queue[1:]] == [
        (first.checkpoint.name, "now", "in about 5 min"),
        (second.checkpoint.name, "in about 5 min", "in about 15 min"),
        (unknown.checkpoint.name, "in about 15 min", "unknown"),
        (paused.checkpoint.name, "when resumed", "when resumed"),
    ]


def test_the_list_of_workers_says_what_they_hold_and_who_gets_no_work(client):
    run = make_planned_run()
    make_worker(name="a", warm_checkpoint=run.checkpoint)
    lifecycle.set_aside(make_worker(name="b"), reason="3 different shards died on it within an hour.")
    workers = read(client.get("/runs")).tables[1]
    assert workers[0] == ["Device", "Size", "Memory", "Doing", "Holds in memory", "Last heard from"]
    assert [row[3:5] for row in workers[1:]] == [
        ["waiting for work", run.checkpoint.name],
        ["set aside: 3 different shards died on it within an hour.", "no model"],
    ]
    assert "set aside: 3 different shards died on it within an hour." in read(client.get("/status")).main


def test_the_number_of_queries_of_the_queue_does_not_grow(client):
    make_worker()
    counts = []
    for size in (2, 10):
        for number in range(size):
            run = make_planned_run(shards=2)
            if number % 2:
                Run.objects.filter(pk=run.pk).update(state=RunState.REQUESTED, plan_version=0)
        with CaptureQueriesContext(connection) as found:
            client.get("/runs")
        counts.append(len(found))
    assert counts[0] == counts[1] < 20
