"""The reaper's clock, and the end of a process whose work hangs."""

import logging
import os
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone

from tests.factories.leases import claimed
from tests.factories.runs import make_planned_run
from workers import reaper
from workers.models import Shard

ROOT = Path(__file__).resolve().parents[2]
HANGS = """
import django, time
django.setup()
from workers.heartbeat import Pulse
from workers.lifecycle import ShardLease
with Pulse(ShardLease(shard_id=1, run_id=1, fence=1, owner="one"), stall=0.5):
    time.sleep(60)
"""


def test_the_scheduler_takes_back_what_a_worker_that_hangs_still_holds(committed_db, tmp_path):
    shard = make_planned_run().shards.get()
    claimed(shard, by="hangs")
    Shard.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    command = [sys.executable, "-m", "celery", "-A", "portal.celery", "beat", "--pidfile", "", "-s", str(tmp_path / "schedule")]
    with (tmp_path / "beat.log").open("wb") as log:
        scheduler = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while Shard.objects.get().state != "queued":
            assert time.monotonic() < deadline, (tmp_path / "beat.log").read_text()
            connection.close()
            time.sleep(0.2)
    finally:
        scheduler.terminate()
        scheduler.wait(timeout=20)


def test_a_process_whose_work_hangs_ends():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run([sys.executable, "-c", HANGS], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=50)
    assert done.returncode == os.EX_SOFTWARE
    assert "The work has not moved for 0 s" in done.stderr


def test_a_round_outlives_a_connection_that_was_cut(committed_db, caplog):
    connection.ensure_connection()
    cut = socket.socket(fileno=os.dup(connection.connection.fileno()))
    cut.shutdown(socket.SHUT_RDWR)
    cut.close()
    with caplog.at_level(logging.WARNING):
        reaper.go_round()
    assert "The reaper could not ask the database" in caplog.text
    caplog.clear()
    reaper.go_round()
    assert caplog.text == ""
