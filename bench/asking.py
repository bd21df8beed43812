"""What the benchmarks of pages and of the API share: the site's servers over a catalogue, and who asks them and counts.

Each server runs as `make up` runs it; wrk asks in turns. Beside requests a second stands what one costs in CPU time, the
database's included: that holds on a machine that others use too.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PORT, BARE_PORT, PLAIN_PORT = 8765, 8766, 8767
BARE = "/bare"
SITE, BARE_SITE = "bench.portal_site:application", "bench.bare_site:application"
BOARDS_OF_200 = (
    "SELECT b.slug FROM leaderboards_leaderboard b JOIN leaderboards_claim c ON c.leaderboard_id = b.id"
    " WHERE b.removed_at IS NULL AND c.removed_at IS NULL GROUP BY b.id ORDER BY abs(count(*) - 200) LIMIT 3"
)


def options(about: str | None, *, names: str) -> argparse.Namespace:
    """The command line of a benchmark; `names` are words that its cases have in theirs."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--var", type=Path, required=True, help="a data folder with a full-size catalogue in it")
    parser.add_argument("--seconds", type=int, default=5, help="of each turn")
    parser.add_argument("--only", default="", help=f"what has this in its name: {names}")
    return parser.parse_args()


@contextlib.contextmanager
def catalogue(var: Path, *, environment: Mapping[str, str]) -> Iterator[psutil.Process]:
    """The servers of a data folder, migrated; the database's process."""
    os.environ.update({"VAR_DIR": str(var), "SELFTEST": "0", "DJANGO_SETTINGS_MODULE": "portal.settings", **environment})
    from portal import embedded  # here, since they read the environment
    from portal.embedded.postgres import DATA, read_pid

    with embedded.running(var) as lease:
        os.environ.update(lease.addresses.environment())
        manage("migrate", "--verbosity", "0")
        yield psutil.Process(read_pid(var / "servers" / "postgres" / DATA / "postmaster.pid"))


def manage(*words: str) -> str:
    """What a command of the site prints."""
    return subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def found(**queries: str) -> dict[str, list[Any]]:
    """The first column of what each query finds in the catalogue."""
    code = f"""
import json
from django.db import connection
found = {{}}
with connection.cursor() as cursor:
    for name, query in {queries!r}.items():
        cursor.execute(query)
        found[name] = [row[0] for row in cursor.fetchall()]
print("FOUND" + json.dumps(found))
"""
    answer: dict[str, list[Any]] = json.loads(manage("shell", "-v", "0", "-c", code).split("FOUND", 1)[1])
    return answer


def has_some(name: str, paths: Sequence[str]) -> bool:
    """Whether a case has addresses to ask for; says so where it has none."""
    if not paths:
        print(f"{name}: not measured, a catalogue of this size has no such page", flush=True)
    return bool(paths)


class Turns:
    """What was counted over the turns of one kind."""

    def __init__(self) -> None:
        self._requests = self._seconds = self._cpu = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self._requests / self._seconds

    @property
    def cost(self) -> float:
        """Milliseconds of CPU time a request."""
        return 1000 * self._cpu / self._requests

    def add(self, rate: float, seconds: int) -> None:
        """Count a turn."""
        self._requests += rate * seconds
        self._seconds += seconds

    @contextlib.contextmanager
    def cpu_of(self, *processes: psutil.Process) -> Iterator[None]:
        """Count what these and their children take meanwhile; the children stay the same."""
        begin = sum(map(cpu_seconds, processes))
        yield
        self._cpu += sum(map(cpu_seconds, processes)) - begin


def cpu_seconds(process: psutil.Process) -> float:
    spent = 0.0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            spent += times.user + times.system
    return spent


def milliseconds(path: str) -> float:
    """How long the site takes to answer once."""
    begin = time.perf_counter()
    get(PORT, path)
    return 1000 * (time.perf_counter() - begin)


@contextlib.contextmanager
def server(application: str, environment: dict[str, str], *, port: int, first: str) -> Iterator[psutil.Process]:
    """The web server as `make up` runs it; ready when it has answered `first`."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2",
        "--blocking-threads", "2", "--no-ws", application,
    ]  # fmt: skip
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    get(port, first)
                    break
                except OSError:
                    if time.monotonic() > deadline or process.poll() is not None:
                        log.seek(0)
                        raise SystemExit(log.read().decode()) from None
                    time.sleep(0.2)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait()


def get(port: int, path: str) -> bytes:
    """An answer's bytes."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return bytes(answer.read())


class Rate(NamedTuple):
    """Requests a second with eight asking at once, and the 95th percentile of how long one takes, in milliseconds."""

    a_second: float
    p95: float


def rate(port: int, paths: Sequence[str], headers: Sequence[str] = (), *, seconds: int) -> Rate:
    """By wrk; answers that are neither 2xx nor 3xx end the benchmark."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        quoted = ",".join(json.dumps(path) for path in paths)
        script.write(
            f"paths = {{{quoted}}}; n = 0\nrequest = function() n = n % #paths + 1; return wrk.format('GET', paths[n]) end\n"
            "done = function(summary, latency) io.write(string.format('P95 %f\\n', latency:percentile(95) / 1000)) end\n"
        )
        script.flush()
        words = [word for header in headers for word in ("-H", header)]
        command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", script.name, *words, f"http://127.0.0.1:{port}"]
        try:
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        except FileNotFoundError:
            raise SystemExit("This needs wrk, which makes the requests: install it (apt-get install wrk).") from None
    many, p95 = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"P95 ([\d.]+)", said)
    if "Non-2xx" in said or not many or not p95:
        raise SystemExit(f"wrk could not measure {paths[0]}:\n{said}")
    return Rate(float(many[1]), float(p95[1]))
