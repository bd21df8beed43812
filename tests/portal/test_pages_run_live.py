"""How a run goes, on its page: shards, rate, end, who is at it, energy, and what came out so far."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories.runs import make_checkpoint, make_planned_run, make_protocol, make_worker
from tests.portal.reading import in_order, read
from workers import so_far
from workers.models import Run, RunEvent, Shard
from workers.states import RunState, ShardState

pytestmark = pytest.mark.django_db

SOON = timedelta(seconds=60)

FILL = """
INSERT INTO workers_shard (run_id, index, plan_version, batches, batches_done, tokens, state, fence, attempts, lease_owner,
    lease_expires_at, scored_by, device, device_tokens, device_seconds, error_code, error_message)
SELECT %(run)s, number, 1, '[{"samples": [0], "cuts": [], "tokens": 100, "kept": 0}, {"samples": [1], "cuts": [], "tokens": 100, "kept": 0}]',
    0, 200, 'queued', 0, 0, '', NULL, '[]', '', 0, 0, '', ''
FROM generate_series(0, %(shards)s - 1) AS number
"""


def address(run, more=""):
    return f"/runs/{run.public_id}{more}"


def main_of(client, run):
    return read(client.get(address(run))).main


def make_run_of(shards, **values):
    """A run that is being scored, of so many shards of two batches each."""
    run = Run.objects.create(
        checkpoint=make_checkpoint(), protocol=make_protocol(), state=RunState.SCORING, plan_version=1, samples_total=2 * shards,
        requests_total=4 * shards, provenance={"tasks": []}, **values,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"run": run.pk, "shards": shards})
    return run


def put_to_work(run, index, *, worker, **values):
    now = timezone.now()
    run.shards.filter(index=index).update(
        state=ShardState.RUNNING, lease_owner=worker.name, lease_expires_at=now + SOON, claimed_at=now, attempts=1,
        device=worker.device_label, **values,
    )  # fmt: skip


def answer(run, item, likelihoods):
    for choice, likelihood in enumerate(likelihoods):
        run.requests.filter(sample__index=item, choice=choice).update(log_likelihood=likelihood, is_greedy=False)


def test_shards_are_drawn_and_counted_in_words(client):
    run = make_run_of(9)
    worker = make_worker()
    run.shards.filter(index__lt=4).update(state=ShardState.DONE, batches_done=2)
    put_to_work(run, 4, worker=worker, batches_done=1)
    run.shards.filter(index=8).update(state=ShardState.FAILED)
    page = read(client.get(address(run)))
    in_order(page.main, ["9 of 18 batches done, 50 %", "4 done", "1 being scored", "3 waiting", "1 failed"])
    labels = [attributes["aria-label"] for tag, attributes in page.elements if tag == "svg" and "aria-label" in attributes]
    assert labels == ["9 shards: 4 done, 1 being scored, 3 waiting, 1 failed."]
    paths = {
        attributes["class"]: attributes["d"] for tag, attributes in page.elements if tag == "path" and "m" in attributes["d"]
    }
    assert paths == {
        "shards-done": "M0 .5m0 0h4", "shards-at-work-2": "M0 .5m4 0h1", "shards-waits": "M0 .5m5 0h3", "shards-failed": "M0 .5m8 0h1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("device", "count", "said"), [("cuda", 1, "a device"), ("cuda", 2, "2 × a device"), ("cpu", 16, "a device, 16 cores")]
)
def test_who_is_at_it_says_device_and_memory_and_not_its_host(device, count, said, client):
    run = make_run_of(3)
    worker = make_worker(name="scorer@secret-host", device=device, device_count=count, memory_bytes=300 * 10**9)
    put_to_work(run, 1, worker=worker, batches_done=1, device_tokens=500, device_seconds=2.0)
    page = read(client.get(address(run)))
    (table,) = page.tables
    assert table[0] == ["Shard", "Device", "Memory", "Batches", "Speed", "Attempt", "Since"]
    assert table[1][:6] == ["Shard 2", said, "300 GB", "1 of 2", "250 tokens/s", "1"]
    assert "secret-host" not in page.text


def test_only_the_first_of_many_at_work_are_listed(client):
    run = make_run_of(64)
    worker = make_worker()
    for index in range(64):
        put_to_work(run, index, worker=worker)
    page = read(client.get(address(run)))
    assert len(page.tables[0]) == 21
    assert "And 44 more." in page.main


def test_the_rate_is_of_all_who_are_at_it_together(client):
    run = make_run_of(10)
    worker = make_worker()
    run.shards.filter(index=0).update(state=ShardState.DONE, batches_done=2, device_tokens=200, device_seconds=4.0)
    put_to_work(run, 1, worker=worker, batches_done=1, device_tokens=100, device_seconds=1.0)
    put_to_work(run, 2, worker=worker)  # nothing is known of it yet: as fast as all were on average, 300 tokens in 5 s
    assert "Rate 160 tokens/s, about 1.6 items/s, by 2 workers" in main_of(client, run)


def test_a_silent_worker_counts_no_more(client):
    run = make_run_of(10)
    put_to_work(run, 1, worker=make_worker(), batches_done=1, device_tokens=100, device_seconds=1.0)
    run.shards.filter(index=1).update(lease_expires_at=timezone.now() - SOON)
    assert "Rate 100 tokens/s, about 1 items/s on average, for each worker" in main_of(client, run)


def test_the_end_is_as_the_queue_reckons_it(client):
    run = make_run_of(10)
    worker = make_worker()
    run.shards.filter(index=0).update(
        state=ShardState.DONE, batches_done=2, device_tokens=200, device_seconds=20.0, device=worker.device_label
    )
    put_to_work(run, 1, worker=worker)
    assert "Should end in about 3 min" in main_of(client, run)
    assert "in about 3 min" in read(client.get("/runs")).main


@pytest.mark.parametrize(
    ("state", "words"),
    [(RunState.SCORING, "Should end unknown"), (RunState.PAUSED, "Should end when resumed"), (RunState.FAILED, None)],
)
def test_an_end_that_is_not_known_is_not_made_up(client, state, words):
    run = make_run_of(2)
    Run.objects.update(state=state)
    main = main_of(client, run)
    assert words in main if words else "Should end" not in main


def test_energy_is_shown_only_where_devices_tell_it(client):
    run = make_run_of(4)
    run.shards.filter(index__lt=2).update(state=ShardState.DONE, batches_done=2)
    assert "Energy" not in main_of(client, run)
    run.shards.filter(index=0).update(device_joules=9_000.0)
    assert "Energy 2.5 Wh by the devices’ own meters, told for 1 of 2 shards" in main_of(client, run)
    run.shards.filter(index=1).update(device_joules=3_600_000.0)
    assert "Energy 1.00 kWh by the devices’ own meters" in main_of(client, run)
    assert "told for" not in main_of(client, run)


def test_what_came_out_so_far_is_counted_from_stored_answers(client):
    run = make_planned_run(samples=6)
    run.samples.filter(index__gte=4).update(task="mmlu_virology")
    assert "So far" not in main_of(client, run)
    answer(run, 0, [-1.0, -2.0])
    answer(run, 1, [-2.0, -1.0])
    answer(run, 2, [-1.5, -1.5])  # a tie: the first option is picked, as the harness does
    page = read(client.get(address(run)))
    assert page.tables == [
        [
            ["Task", "Accuracy", "Items"],
            ["All items", "0.6667", "so far, 3 of 6"],
            ["mmlu_anatomy", "0.6667", "so far, 3 of 4"],
            ["mmlu_virology", "–", "so far, 0 of 2"],
        ]
    ]
    Run.objects.update(results={"metrics": []}, state=RunState.FINISHED)
    assert "So far" not in main_of(client, run)


def test_requests_of_other_rules_pick_nothing(client):
    run = make_planned_run(samples=1)
    answer(run, 0, [-2.0, -1.0])
    for choice in (2, 10_000):  # an unconditional one behind the options, and a scoring rule's
        run.requests.create(
            ordinal=choice, choice=choice, sample=run.samples.get(), prompt=run.requests.first().prompt, log_likelihood=-0.1, is_greedy=False
        )  # fmt: skip
    assert read(client.get(address(run))).tables[0][1] == ["mmlu_anatomy", "0.0000", "so far, 1 of 1"]


@pytest.mark.parametrize("protocol", [{"scoring": "written"}, {"scoring": "running_text"}, {"metric": "acc_norm"}])
def test_where_the_pick_is_not_the_likeliest_option_nothing_is_counted(client, protocol):
    run = make_planned_run(samples=1, protocol=make_protocol(**protocol))
    answer(run, 0, [-1.0, -2.0])
    assert "So far" not in main_of(client, run)


def test_a_large_run_is_counted_anew_only_after_a_rest(client, monkeypatch, django_assert_num_queries):
    run = make_planned_run(samples=2)
    answer(run, 0, [-1.0, -2.0])
    monkeypatch.setattr(so_far, "AT_ONCE", 0)
    with django_assert_num_queries(1):
        first = so_far.of(run)
    answer(run, 1, [-1.0, -2.0])
    so_far._kept[run.pk] = (so_far._kept[run.pk][0] + 60, first)
    with django_assert_num_queries(0):
        assert so_far.of(run) == first
    so_far._kept[run.pk] = (0.0, first)
    assert [task.right for task in so_far.of(run)] == [2]


def test_events_are_the_last_hundred_and_say_so(client):
    run = make_run_of(1, activity="Loading the model.")
    RunEvent.objects.bulk_create(RunEvent(run=run, state=RunState.SCORING, note=f"Note {number}.") for number in range(100))
    assert "earlier ones" not in main_of(client, run)
    RunEvent.objects.create(run=run, state=RunState.SCORING, note="Note 100.")
    main = main_of(client, run)
    in_order(main, ["The last 100; earlier ones are kept and not shown.", "Note 1.", "Note 100.", "Now: Loading the model."])
    assert "Note 0." not in main


@pytest.mark.parametrize("shards", [1, 10_000])
def test_ten_thousand_shards_cost_as_many_queries_as_one_and_little_weight(client, django_assert_num_queries, shards):
    run = make_run_of(shards)
    worker = make_worker()
    put_to_work(run, 0, worker=worker, batches_done=1, device_tokens=100, device_seconds=1.0)
    if shards > 1:  # as badly mixed as can be
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE workers_shard SET state = (ARRAY['done', 'queued', 'failed'])[1 + index %% 3] WHERE run_id = %s AND index > 0",
                [run.pk],
            )
    with django_assert_num_queries(17):
        response = client.get(address(run, "/state"))
    assert response.status_code == 200
    assert len(response.content) < 70_000


def test_the_changing_part_answers_304_while_a_worker_scores_and_no_batch_ends(client):
    run = make_run_of(100)
    worker = make_worker()
    put_to_work(run, 3, worker=worker, batches_done=1, device_tokens=100, device_seconds=1.0)
    first = client.get(address(run, "/state"))
    run.shards.filter(index=3).update(lease_expires_at=timezone.now() + 2 * SOON)  # a heartbeat
    assert client.get(address(run, "/state"), headers={"If-None-Match": first["ETag"]}).status_code == 304
    Shard.objects.filter(run=run, index=3).update(batches_done=2)
    again = client.get(address(run, "/state"), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, "2 of 200 batches done" in again.content.decode()) == (200, True)


def test_where_the_time_went_is_told_phase_by_phase(client):
    run = make_run_of(2)
    asked = timezone.now() - timedelta(hours=1)

    def at(seconds):
        return asked + timedelta(seconds=seconds)

    Run.objects.filter(pk=run.pk).update(requested_at=asked)
    assert "Time by phase" not in main_of(client, run)
    Run.objects.filter(pk=run.pk).update(started_at=at(65), planned_at=at(95))
    times = read(client.get(address(run))).main
    in_order(times, ["Time by phase", "Waited in the queue 1 min 5 s", "Planning 30 s"])
    assert "Scoring 0 s" not in times
    for index, claimed, done, seconds in ((0, 100, 200, 40.0), (1, 150, 190, 35.0)):
        run.shards.filter(index=index).update(
            state=ShardState.DONE, claimed_at=at(claimed), done_at=at(done), batches_done=2, device_seconds=seconds
        )
    Run.objects.filter(pk=run.pk).update(state=RunState.FINISHED, finished_at=at(207), results={"metrics": []})
    in_order(
        read(client.get(address(run))).main,
        [
            "Waited in the queue 1 min 5 s", "Planning 30 s", "Waited for its first scorer 5 s",
            "Loading and making ready 1 min 5 s, over 2 shards together", "Scoring 1 min 15 s, over 2 shards together",
            "Reducing, with the wait for it 7 s",
        ],
    )  # fmt: skip
