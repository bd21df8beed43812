"""Runs by the REST API."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories.runs import make_checkpoint, make_planned_run, make_protocol, make_worker
from tests.portal.api_reading import RUN, get, ids, listed
from workers.models import Run, Shard
from workers.states import RunState

pytestmark = pytest.mark.django_db


def make_finished_run(**values):
    day = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    run = Run.objects.create(
        checkpoint=make_checkpoint(slug="neox"), protocol=make_protocol(slug="mmlu"), state=RunState.FINISHED, samples_total=2,
        requests_total=4, started_at=day, finished_at=day + timedelta(hours=1), public_id=RUN, lease_owner="scorer@secret-host",
        provenance={
            "checkpoint": {"location": "EleutherAI/gpt-neox-20b", "revision": "c292233c"}, "device": {"name": "NVIDIA H200"},
            "worker": "scorer@secret-host", "planned_by": {"worker": "scorer@secret-host"}, "seeds": {"fewshot": 1234},
        },
        results={"metrics": [{"task": "mmlu", "metric": "acc", "value": 0.26, "stderr": None, "items": 2, "chance": 0.25}], "harness": {}},
        **values,
    )  # fmt: skip
    Shard.objects.create(
        run=run,
        index=0,
        batches=[{"samples": [0], "cuts": []}, {"samples": [1], "cuts": []}],
        batches_done=2,
        state="done",
        lease_owner="scorer@secret-host",
    )
    Shard.objects.create(run=run, index=1, batches=[{"samples": [2], "cuts": []}], batches_done=0)
    Run.objects.update(requested_at=day - timedelta(hours=1))
    return run


def test_a_run_says_how_far_it_is_what_ran_and_what_came_out_but_not_where(client):
    make_finished_run()
    summary = {
        "id": str(RUN), "checkpoint": "neox", "protocol": "mmlu", "is_selftest": False, "items_per_task": None, "state": "finished",
        "waits_for": "", "activity": "", "error": "", "progress": {"batches_done": 2, "batches": 3, "requests": 4, "items": 2},
        "requested_at": "2026-01-02T02:04:05Z", "started_at": "2026-01-02T03:04:05Z", "finished_at": "2026-01-02T04:04:05Z",
    }  # fmt: skip
    assert get(client, "/runs/") == listed(summary)
    assert get(client, f"/runs/{RUN}/") == {
        **summary,
        "results": {"metrics": [{"task": "mmlu", "metric": "acc", "value": 0.26, "stderr": None, "items": 2, "chance": 0.25}]},
        "provenance": {
            "checkpoint": {"location": "EleutherAI/gpt-neox-20b", "revision": "c292233c"},
            "seeds": {"fewshot": 1234},
            "device": {"name": "NVIDIA H200"},
        },
    }
    assert b"secret-host" not in client.get("/api/v1/runs/").content + client.get(f"/api/v1/runs/{RUN}/").content


def test_a_waiting_run_says_why_and_has_no_progress(client):
    make_worker(memory_bytes=8 * 10**9)
    checkpoint = make_checkpoint(memory_bytes=45_220_000_000, device="gpu")
    Run.objects.create(checkpoint=checkpoint, protocol=make_protocol(is_selftest=True), public_id=RUN)
    run = get(client, f"/runs/{RUN}/")
    assert (run["state"], run["progress"], run["is_selftest"]) == ("requested", None, True)
    assert run["waits_for"] == "Needs 45 GB of GPU memory; no worker online has it."
    assert (run["results"], run["provenance"], run["finished_at"]) == ({"metrics": []}, {}, None)


def test_runs_stand_with_the_newest_first(client):
    older, newer = make_planned_run(), make_planned_run()
    assert ids(get(client, "/runs/")) == [str(newer.public_id), str(older.public_id)]


def test_a_record_of_another_shape_is_left_out(client):
    make_finished_run()
    Run.objects.update(provenance=[1], results="x")
    run = get(client, f"/runs/{RUN}/")
    assert (run["results"], run["provenance"]) == ({"metrics": []}, {})
