"""The registry in the admin: who may, what is refused, and the action that asks for runs."""

from importlib.metadata import version

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from leaderboards.models import Protocol
from tests.factories.catalogue import make_paper
from tests.factories.runs import make_checkpoint, make_mapping, make_planned_run, make_worker
from workers.models import Checkpoint, ClaimMapping, Run, Worker

pytestmark = pytest.mark.django_db

MODELS = [
    "accounts_user", "papers_paper", "papers_author", "papers_task", "papers_dataset", "papers_method", "papers_repository",
    "leaderboards_leaderboard", "leaderboards_claim", "leaderboards_protocol", "leaderboards_measurement", "leaderboards_model",
    "workers_checkpoint", "workers_claimmapping", "workers_run", "workers_worker",
]  # fmt: skip


@pytest.fixture
def admin(client):
    user = User.objects.create_superuser("admin")
    client.force_login(user)
    return user


@pytest.mark.parametrize("name", MODELS)
def test_every_list_answers(admin, client, name):
    make_mapping()
    make_planned_run()
    make_worker()
    make_paper()
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200


def test_every_row_answers(admin, client):
    mapping, run, worker, paper = make_mapping(), make_planned_run(), make_worker(), make_paper()
    rows = [mapping, mapping.checkpoint, mapping.protocol, mapping.claim, mapping.claim.leaderboard, run, worker, paper]
    for row in rows:
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        assert client.get(address).status_code == 200, address


def test_the_action_asks_for_one_run_a_checkpoint_and_protocol(admin, client):
    first = make_mapping()
    second = make_mapping(checkpoint=first.checkpoint, protocol=first.protocol)
    response = client.post(
        reverse("admin:workers_claimmapping_changelist"),
        {"action": "ask_for_runs", "_selected_action": [first.pk, second.pk]},
        follow=True,
    )
    run = Run.objects.get()
    assert (run.checkpoint, run.requested_by) == (first.checkpoint, admin)
    assert f"/runs/{run.public_id}" in response.content.decode()


def test_staff_without_the_right_cannot_ask(client):
    client.force_login(User.objects.create(username="reader", is_staff=True))
    mapping = make_mapping()
    response = client.post(
        reverse("admin:workers_claimmapping_changelist"), {"action": "ask_for_runs", "_selected_action": [mapping.pk]}
    )
    assert response.status_code == 403
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ({"hub_id": "somebody/model", "revision": "c" * 40}, "are not allowed here: CHECKPOINT_OWNERS names"),
        ({"hub_id": "EleutherAI/pythia-70m", "revision": "main"}, "needs its revision as a commit"),
        ({"folder": "../secrets"}, "is not below any of CHECKPOINT_ROOTS"),
        ({}, "Name either a hub id or a folder, and not both."),
        ({"hub_id": "a\x00b/c"}, "Null characters are not allowed."),
        ({"folder": "small", "revision": "\x00"}, "Null characters are not allowed."),
        ({"hub_id": "EleutherAI/pythia-70m", "folder": "small"}, "Name either a hub id or a folder, and not both."),
    ],
)
def test_a_checkpoint_that_may_not_be_loaded_is_refused_when_it_is_entered(admin, client, location, sentence):
    model = make_checkpoint().model
    before = Checkpoint.objects.count()
    fields = {
        "slug": "new", "name": "New", "model": model.pk, "hub_id": "", "folder": "", "revision": "", "dtype": "float16",
        "parameter_count": 70_426_624, "memory_bytes": 10**9, "device": "any", "recipe": "", **location,
    }  # fmt: skip
    response = client.post(reverse("admin:workers_checkpoint_add"), fields)
    assert sentence in response.content.decode().replace("&quot;", '"')
    assert Checkpoint.objects.count() == before


def test_an_allowed_checkpoint_is_taken(admin, client):
    fields = {
        "slug": "pythia-70m", "name": "Pythia 70M", "model": make_checkpoint().model.pk, "hub_id": "EleutherAI/pythia-70m",
        "folder": "", "revision": "a39f36b100fe8a5377810d56c3f4789b9c53ac42", "dtype": "float32", "parameter_count": 70_426_624,
        "memory_bytes": "", "device": "any", "recipe": "",
    }  # fmt: skip
    response = client.post(reverse("admin:workers_checkpoint_add"), fields)
    assert response.status_code == 302, response.content.decode()
    taken = Checkpoint.objects.get(slug="pythia-70m")
    assert (taken.location, taken.memory_bytes) == ("EleutherAI/pythia-70m", 309_877_146)  # 4 bytes each, and a tenth


def test_a_mapping_takes_a_column_of_the_claims_own_board(admin, client):
    known, other = make_mapping(), make_mapping()
    fields = {
        "claim": known.claim_id,
        "metric": other.metric_id,
        "checkpoint": other.checkpoint_id,
        "protocol": other.protocol_id,
    }
    refused = client.post(reverse("admin:workers_claimmapping_add"), {**fields, "scale": "100"}).content.decode()
    assert f"The claim stands on {known.claim.leaderboard}, and the metric is a column of {other.claim.leaderboard}." in refused
    taken = client.post(reverse("admin:workers_claimmapping_add"), {**fields, "metric": known.metric_id, "scale": "100"})
    assert taken.status_code == 302
    assert ClaimMapping.objects.filter(claim=known.claim, metric=known.metric).count() == 2


def test_a_new_protocol_is_offered_for_the_installed_harness(admin, client):
    page = client.get(reverse("admin:leaderboards_protocol_add")).content.decode()
    assert f"&quot;lm_eval&quot;: &quot;{version('lm-eval')}&quot;" in page
    fields = {
        "name": "P", "slug": "p", "task": "piqa", "num_fewshot": 0, "scoring": "full_text", "aggregation": "micro", "metric": "acc",
        "versions": "{}", "rules": "[]", "margin": "0.01", "noise": "0", "split": "validation",
    }  # fmt: skip
    assert client.post(reverse("admin:leaderboards_protocol_add"), fields).status_code == 302
    protocol = Protocol.objects.get(slug="p")
    assert protocol.prompt_family == "piqa"
    address = reverse("admin:leaderboards_protocol_change", args=[protocol.pk])
    assert "Nothing was run twice under it." in client.get(address).content.decode()


def test_runs_and_history_are_read_only(admin, client):
    run = make_planned_run()
    address = reverse("admin:workers_run_change", args=[run.pk])
    client.post(address, {"state": "finished"})
    run.refresh_from_db()
    assert run.state == "scoring"
    assert client.post(reverse("admin:workers_run_delete", args=[run.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("pause", "scoring", "paused"),
        ("resume", "paused", "scoring"),
        ("retry", "failed", "scoring"),
        ("cancel", "scoring", "cancelled"),
    ],
)
def test_the_actions_control_the_runs_that_they_can_and_say_which_are_left(admin, client, action, before, after):
    run, other = make_planned_run(), make_planned_run()
    Run.objects.filter(pk=run.pk).update(state=before)
    Run.objects.filter(pk=other.pk).update(state="finished")
    response = client.post(
        reverse("admin:workers_run_changelist"), {"action": action, "_selected_action": [run.pk, other.pk]}, follow=True
    )
    assert dict(Run.objects.values_list("pk", "state")) == {run.pk: after, other.pk: "finished"}
    assert f"{other} is finished: nothing was done." in response.content.decode()


def test_the_actions_put_runs_before_others_and_behind_them(admin, client):
    run = make_planned_run()
    for action, priority in (("put_first", 10), ("put_last", -10)):
        client.post(reverse("admin:workers_run_changelist"), {"action": action, "_selected_action": [run.pk]})
        assert Run.objects.get().priority == priority


def test_the_actions_set_a_worker_aside_and_put_it_back(admin, client):
    worker = make_worker()
    for action, is_aside in (("set_aside", True), ("set_aside", True), ("put_back", False)):
        client.post(reverse("admin:workers_worker_changelist"), {"action": action, "_selected_action": [worker.pk]})
        worker.refresh_from_db()
        assert (worker.set_aside_at is not None) is is_aside
    assert worker.trusted_since is not None


@pytest.mark.parametrize("name", ["run", "worker"])
def test_staff_without_the_right_control_nothing(client, name):
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename=f"view_{name}"))
    client.force_login(reader)
    run, worker = make_planned_run(), make_worker()
    for action in ("pause", "cancel", "set_aside"):
        keys = [run.pk if name == "run" else worker.pk]
        client.post(reverse(f"admin:workers_{name}_changelist"), {"action": action, "_selected_action": keys})
    assert Run.objects.get().state == "scoring"
    assert Worker.objects.get().set_aside_at is None
