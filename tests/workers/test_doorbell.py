"""The doorbell: what is rung for, and that a ring which gets lost loses nothing."""

import logging
import socket
from datetime import timedelta

import pytest
from celery import Celery
from django.utils import timezone

from portal.celery import app
from tests.factories.leases import claimed
from tests.factories.runs import GIGABYTE, make_checkpoint, make_mapping, make_planned_run, make_worker
from workers import doorbell, lifecycle
from workers.models import Run, Shard

RING = ("workers.tasks.work", "()")


@pytest.fixture
def rung(settings):
    """What lies in the real broker's queues; emptied before and after."""
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        for queue in ("cpu", "gpu"):
            channel.queue_purge(queue)

        def read():
            found = []
            for queue in ("cpu", "gpu"):
                while message := channel.basic_get(queue, no_ack=True):
                    found.append((queue, message.headers["task"], message.headers["argsrepr"]))
            return found

        yield read
        for queue in ("cpu", "gpu"):
            channel.queue_purge(queue)


def test_a_request_rings_on_the_queue_of_its_device(committed_db, rung):
    lifecycle.request(make_mapping(), by=None)
    lifecycle.request(make_mapping(checkpoint=make_checkpoint(device="gpu")), by=None)
    assert rung() == [("cpu", *RING), ("gpu", *RING)]


def test_a_request_that_is_rolled_back_rings_for_nothing(db, rung):
    lifecycle.request(make_mapping(), by=None)
    assert rung() == []


@pytest.mark.django_db
def test_what_is_rung_for_follows_the_state_of_the_run(rung):
    run = make_planned_run(samples=4, batch_size=1, shards=2)
    make_worker(), make_worker()
    first, second = run.shards.order_by("index")
    doorbell.ring_now(run)
    assert rung() == 2 * [("cpu", *RING)]
    first_lease = claimed(first, by="one")
    doorbell.ring_now(run)
    assert rung() == [("cpu", *RING)]
    second_lease = claimed(second, by="one")
    doorbell.ring_now(run)
    assert rung() == []
    for lease in (first_lease, second_lease):
        lifecycle.finish_shard(lease)
    doorbell.ring_now(run)
    assert rung() == [("cpu", *RING)]
    Run.objects.filter(pk=run.pk).update(state="finished")
    doorbell.ring_now(run)
    assert rung() == []


@pytest.mark.django_db
def test_the_reaper_rings_again_after_the_broker_lost_everything(rung):
    make_worker()
    make_planned_run()
    lifecycle.reap()
    assert rung() == [("cpu", *RING)]


@pytest.mark.django_db
def test_no_more_is_rung_than_there_are_workers_and_no_more_than_there_is_to_do(rung):
    runs = [make_planned_run(samples=40, batch_size=1, shards=40) for _ in range(3)]
    doorbell.ring_now(runs[0])
    assert len(rung()) == 1  # somebody may come online
    for _ in range(5):
        make_worker()
    make_worker(set_aside_at=timezone.now())
    doorbell.ring_now(runs[0])
    assert len(rung()) == 5
    lifecycle.reap()
    assert len(rung()) == 5
    Shard.objects.exclude(run=runs[0], index__lt=2).update(not_before=timezone.now() + timedelta(seconds=20))
    lifecycle.reap()
    assert len(rung()) == 2


@pytest.mark.django_db
def test_what_nobody_has_heard_yet_is_not_rung_again_and_never_grows_old(rung):
    make_worker(), make_worker()
    make_planned_run(samples=4, batch_size=1, shards=4)
    for _ in range(3):
        lifecycle.reap()
    with app.connection_for_read() as connection:
        message = connection.default_channel.basic_get("cpu", no_ack=True)
    assert message.headers["expires"] is None, "a worker whose clock is fast would take it for an old one"
    assert len(rung()) == 1
    lifecycle.reap()
    assert len(rung()) == 2


@pytest.mark.django_db
def test_the_reaper_does_not_fill_a_queue_that_nobody_reads(rung):
    make_worker(memory_bytes=8 * GIGABYTE)
    make_planned_run(checkpoint=make_checkpoint(memory_bytes=45 * GIGABYTE, device="gpu"))
    for _ in range(3):
        lifecycle.reap()
    assert rung() == []


def test_a_broker_that_is_down_costs_no_request(committed_db, caplog):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    Celery("elsewhere", broker=f"redis://127.0.0.1:{port}", set_as_current=True)
    try:
        with caplog.at_level(logging.WARNING):
            run = lifecycle.request(make_mapping(), by=None)
    finally:
        app.set_current()
    assert Run.objects.get() == run
    assert "waits until the reaper rings again" in caplog.text
    assert not Shard.objects.exists()
