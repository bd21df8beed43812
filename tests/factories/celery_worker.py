"""A real Celery worker process on the database and broker of the tests."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from workers.models import Run, Worker
from workers.states import RunState

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def celery_worker(log, *, name="scorer", **environment):
    """Run a worker until the block ends; `environment` adds to what the tests have."""
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "portal.celery",
        "worker",
        "--pool=solo",
        "-Q",
        "cpu,gpu",
        "-n",
        f"{name}@tests",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait_until(lambda: Worker.objects.filter(name=f"{name}@tests").exists(), process=process, log=log, seconds=90)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_end(run, *, process, log, seconds=240):
    """The run once it has ended; fails with the worker's log when it does not."""
    _wait_until(lambda: Run.objects.get(pk=run.pk).has_ended, process=process, log=log, seconds=seconds)
    return Run.objects.select_related("checkpoint", "protocol").get(pk=run.pk)


def finished(run, *, process, log):
    """The run, ended well; anything else shows its sentence."""
    ended = wait_for_end(run, process=process, log=log)
    assert ended.state == RunState.FINISHED, f"{ended.error_code}: {ended.error_message}"
    return ended


def _wait_until(is_so, *, process, log, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return
        if process.poll() is not None:
            break
        connection.close()
        time.sleep(0.3)
    raise AssertionError(f"not so after {seconds} s; the worker's log ends:\n{log.read_text(errors='replace')[-3000:]}")
