"""The site's own processes (web server, worker, scheduler) as children of `manage.py up`."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from portal.embedded.errors import EmbeddedError
from portal.embedded.processes import die_with_parent

MARK = "PORTAL_SITE"  # in the environment of every child: by it a later start finds what a kill -9 left behind
QUICK_SECONDS = 10.0  # a child that lives shorter than this has died at once
MOST_QUICK_DEATHS = 5
LONGEST_PAUSE = 8.0
STOP_SECONDS = 10.0
OTHER_ADDRESSES = frozenset({"DATABASE_OWNER_URL", "DATABASE_WORKER_URL"})
LOG_LIMIT = 10_000_000  # bytes of a log at which a start begins a new file
IMPORTANT = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b|Traceback|^\w*(Error|Exception):")


@dataclass(kw_only=True)
class Child:
    """One child, its log and how it has fared; `environment` goes over that of all, from which `unset` is left out."""

    name: str
    argv: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    unset: frozenset[str] = frozenset()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    starts_again_at: float = 0.0
    quick_deaths: int = 0
    shown: int = field(default=0, repr=False)


class Children:
    """Starts the children in order, keeps them alive, stops them in the same order."""

    def __init__(self, children: Sequence[Child], *, environment: Mapping[str, str], tell: Callable[[str], None]) -> None:
        self._children = children
        self._environment = environment
        self._tell = tell

    def start(self) -> None:
        """Start all."""
        for child in self._children:
            if child.log.exists() and child.log.stat().st_size > LOG_LIMIT:
                child.log.rename(child.log.with_suffix(".log.1"))
            child.shown = child.log.stat().st_size if child.log.exists() else 0
            self._start(child)

    def look_after(self) -> None:
        """One round: show new important log lines, start again what died.

        Raises EmbeddedError when a child keeps dying as soon as it starts.
        """
        for child in self._children:
            self._show_important(child)
            if child.process is None:
                if time.monotonic() >= child.starts_again_at:
                    self._start(child)
            elif child.process.poll() is not None:
                self._bury(child)

    def stop(self, *, hurry: Callable[[], bool]) -> None:
        """Ask all to stop, the first (the web) first; whoever has not by then is killed, at once when there is hurry."""
        for child in self._children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while self._alive() and time.monotonic() < deadline and not hurry():
            time.sleep(0.05)
        for child in self._children:
            self._show_important(child)
            if child.process is not None:
                _kill_group(child.process)
                child.process.wait()

    def _alive(self) -> bool:
        return any(child.process is not None and child.process.poll() is None for child in self._children)

    def _start(self, child: Child) -> None:
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                child.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment_of(child),
                start_new_session=True,  # Ctrl-C in the terminal reaches us alone
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        child.started = time.monotonic()

    def _environment_of(self, child: Child) -> dict[str, str]:
        kept = {name: value for name, value in self._environment.items() if name not in child.unset}
        return {**kept, **child.environment}

    def _bury(self, child: Child) -> None:
        """Note a death, take the rest of its process group with it, and set when it starts again."""
        assert child.process is not None
        _kill_group(child.process)
        lived = time.monotonic() - child.started
        child.quick_deaths = child.quick_deaths + 1 if lived < QUICK_SECONDS else 1
        code = child.process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        child.process = None
        if child.quick_deaths >= MOST_QUICK_DEATHS:
            last = _last_line(child.log)
            raise EmbeddedError(f"The {child.name} died {child.quick_deaths} times as soon as it started ({how}): {last}")
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** (child.quick_deaths - 1))
        child.starts_again_at = time.monotonic() + pause
        self._tell(f"The {child.name} stopped ({how}) and starts again.")

    def _show_important(self, child: Child) -> None:
        with child.log.open("rb") as log:
            log.seek(child.shown)
            text = log.read()
        complete = text.rpartition(b"\n")[0]
        child.shown += len(complete) + 1 if complete else 0
        for line in complete.decode(errors="replace").splitlines():
            if IMPORTANT.search(line):
                self._tell(f"{child.name} | {line}")


def site_children(var_dir: Path, *, host: str, port: int, log_level: str, worker_url: str = "") -> list[Child]:
    """The web server, one worker for both queues, and the scheduler.

    Each thread of the web server keeps a connection to the database open, so there are few. The worker connects by
    `worker_url`, if there is one, and is told of no other role's address.
    """
    python = sys.executable
    celery = [python, "-m", "celery", "--app", "portal.celery"]
    level = ["--loglevel", log_level]
    commands = {
        "web server": [
            python, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "2",
            "--blocking-threads", "2", "--respawn-failed-workers", "--workers-kill-timeout", "5s", "--no-ws",
            "portal.wsgi:application",
        ],
        "worker": [
            *celery, "worker", "--pool", "solo", "--queues", "cpu,gpu", "--hostname", f"up-{os.getpid()}@%h",
            "--without-gossip", "--without-mingle", *level,
        ],
        "scheduler": [*celery, "beat", "--pidfile", "", *level],
    }  # fmt: skip
    children = [
        Child(name=name, argv=argv, log=var_dir / "log" / f"{name.replace(' ', '-')}.log") for name, argv in commands.items()
    ]
    if worker_url:
        worker = next(child for child in children if child.name == "worker")
        worker.environment, worker.unset = {"DATABASE_URL": worker_url}, OTHER_ADDRESSES
    return children


def stop_leftovers(var_dir: Path) -> None:
    """End the children of a supervisor of this VAR_DIR that was killed."""
    left = [process for process in psutil.process_iter() if _is_marked(process, str(var_dir))]
    for process in left:
        _signal(process, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(left, timeout=STOP_SECONDS)
    for process in stubborn:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=STOP_SECONDS)


def _is_marked(process: psutil.Process, site: str) -> bool:
    try:
        return process.pid != os.getpid() and process.uids().real == os.getuid() and process.environ().get(MARK) == site
    except (psutil.Error, OSError):
        return False


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"see {log}"
