"""The site's own processes under chaos: several workers on one machine and the scheduler, looked after as `manage.py up` does."""

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.core.cache import cache
from redis.exceptions import RedisError

from portal.embedded.children import Child, Children
from portal.embedded.postgres import read_pid
from portal.embedded.processes import has_ended, remembered
from tests.workers.evaluation.chaos.patience import until
from workers.models import Worker

SCHEDULER = "scheduler"
ROUND_SECONDS = 0.1
CELERY = ["--app", "portal.celery"]


def environment_of(bench, checkpoint):
    """What workers need to score a checkpoint on the tests' data."""
    return {
        "BENCHMARK_DATA": str(bench),
        "CHECKPOINT_ROOTS": str(checkpoint.parent),
        "HF_HUB_OFFLINE": "1",
        "WORKER_DEVICE": "cpu",
    }


def host_of(name):
    """The worker's name in the database."""
    return f"{name}@chaos"


class Site:
    """Workers by name, of which those in `forking` score in a child, and a scheduler; what dies is started again."""

    def __init__(self, folder, *, workers, forking=(), var_dir, environment, tell=print):
        self._workers, self._forking, self._var_dir, self._tell = list(workers), set(forking), Path(var_dir), tell
        self._children = {name: Child(name=name, argv=self._worker(name), log=folder / f"{name}.log") for name in workers}
        beat = [sys.executable, "-m", "celery", *CELERY, "beat", "--pidfile", "", "--schedule", str(folder / "schedule")]
        self._children[SCHEDULER] = Child(name=SCHEDULER, argv=beat, log=folder / "scheduler.log")
        # A core each, as a GPU each: several of them share this machine.
        self._environment = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
        self._ends, self._failure = threading.Event(), None

    @property
    def workers(self):
        return self._workers

    @property
    def forking(self):
        return self._forking

    @contextmanager
    def running(self, *, lease=None):
        """All processes; `lease` are the servers beside them, which are looked after too."""
        thread = threading.Thread(target=self._look_after, args=(lease,), name="supervisor")
        thread.start()
        try:
            yield self
        finally:
            self._ends.set()
            thread.join()
            if self._failure is not None:
                raise self._failure
            until(lambda: _answers(cache), what="Redis answers again")

    def is_up(self):
        """Whether every worker is online."""
        return Worker.objects.online().filter(name__in=map(host_of, self._workers)).count() == len(self._workers)

    def pid(self, name):
        """The process that runs under a name; waits while it is about to start again."""
        deadline = time.monotonic() + 60
        while (process := self._children[name].process) is None:
            assert time.monotonic() < deadline and self._failure is None, f"{name} is not started again: {self._failure}"
            time.sleep(0.05)
        return process.pid

    def has_been_up_since(self, name, moment):
        """Whether the process that runs now under a name ran then: what was claimed before is only still held in its name."""
        process = self._children[name].process
        if process is None or has_ended(process.pid):
            return False
        try:
            return psutil.Process(process.pid).create_time() < moment.timestamp()
        except psutil.NoSuchProcess:
            return False

    def signal(self, name, number):
        os.kill(self.pid(name), number)

    def signal_child(self, name, number):
        """Signal the process in which a forking worker scores; False where it has none just now."""
        children = psutil.Process(self.pid(name)).children()
        for child in children[:1]:
            child.send_signal(number)
        return bool(children)

    def set_clock(self, name, *, wrong_by):
        """Start the worker anew on a clock that is wrong by so many seconds."""
        self._children[name].argv = self._worker(name, wrong_by=wrong_by)
        self.signal(name, signal.SIGKILL)

    def log_of(self, name):
        return self._children[name].log.read_text(errors="replace")

    def postgres_pid(self):
        """The server that runs; waits while it is about to start again."""
        return _living(lambda: read_pid(self._var_dir / "servers" / "postgres" / "data" / "postmaster.pid"))

    def redis_pid(self):
        """The server that runs; waits until it answers, since what dies while it starts is given up by its keeper."""
        until(lambda: _answers(cache), what="Redis answers")
        return _living(lambda: remembered(self._var_dir / "run" / "redis.process"))

    def redis_data(self):
        return (self._var_dir / "servers" / "redis").resolve()

    def _worker(self, name, *, wrong_by=0.0):
        begin = ["tests.workers.evaluation.chaos.wrong_clock", str(wrong_by)] if wrong_by else ["celery"]
        pool = ["--pool", "prefork", "--concurrency", "1"] if name in self._forking else ["--pool", "solo"]
        options = [
            "--queues",
            "cpu,gpu",
            "--hostname",
            host_of(name),
            "--without-gossip",
            "--without-mingle",
            "--loglevel",
            "INFO",
        ]
        return [sys.executable, "-m", *begin, *CELERY, "worker", *pool, *options]

    def _look_after(self, lease):
        """A supervisor's rounds, all in this thread: the kernel ends the children with it."""
        supervisor = Children(list(self._children.values()), environment=self._environment, tell=lambda line: None)
        supervisor.start()
        try:
            while not self._ends.wait(ROUND_SECONDS):
                if lease is not None:
                    lease.ensure()
                supervisor.look_after()
        except Exception as failure:
            self._failure = failure
        finally:
            for child in self._children.values():
                if child.process is not None and child.process.poll() is None:
                    child.process.send_signal(signal.SIGCONT)  # a frozen one could not stop
            supervisor.stop(hurry=lambda: False)


def _answers(redis):
    try:
        redis.get("anything")
    except RedisError:
        return False
    return True


def _living(pid_of):
    deadline = time.monotonic() + 60
    while not (pid := pid_of()) or has_ended(pid):
        assert time.monotonic() < deadline, "the server is not started again"
        time.sleep(0.05)
    return pid
