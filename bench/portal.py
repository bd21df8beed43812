"""What pages cost beside a bare view on the same server: `python -m bench.portal --var DIR` (make bench-portal).

DIR is a data folder with a catalogue in it, of the real one's size: `python -m bench.import_archive --keep DIR` leaves one. One
run on one machine: starts the servers on it, and the website as `make up` does, and prints requests a second of each kind of
page as a share of the bare view's, measured in turns (bare, page, bare, page, ...) by wrk. Beside that stands what a request
costs in CPU time, the database's included, and the share by that: it holds on a machine that others use too. Deep pages, the
largest pages of each kind, search and type-ahead are timed one by one.
"""

import argparse
import contextlib
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PORT, BARE_PORT = 8765, 8766
BARE = "/bare"
ROUNDS = 4
DEPTH = 500_000
PLACES = 30
"""So many pages are asked for at the depth and at the beginning of the list."""
OFF, KEPT = {"PAGE_CACHE_MB": "0"}, {"PAGE_CACHE_MB": "256"}


@dataclass(frozen=True)
class Case:
    """Pages that are asked for in turn, how the site is set, and what share of the bare view's speed is wanted."""

    name: str
    paths: Sequence[str]
    wanted: float
    environment: dict[str, str]
    headers: tuple[str, ...] = ()


def main() -> None:
    """Run all of it and print."""
    options = _options()
    os.environ.update({"VAR_DIR": str(options.var), "SELFTEST": "0", "DJANGO_SETTINGS_MODULE": "portal.settings"})
    from portal import embedded
    from portal.embedded.postgres import DATA, read_pid

    with embedded.running(options.var) as lease:
        os.environ.update(lease.addresses.environment())
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
        subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"], cwd=ROOT, check=True)
        papers, boards, deep, large = _addresses()
        cases = [
            Case("paper page, uncached", papers, 0.04, OFF),
            Case("board of 200 rows, uncached", boards, 0.012, OFF),
            Case("paper page, kept in the process", papers[:100], 0.70, KEPT),
            Case("paper page, kept in Redis", papers[:100], 0.25, {**KEPT, "BENCH_SHARED_ONLY": "1"}),
            Case("paper page, 304", papers[:1], 0.35, KEPT, ("If-None-Match: *",)),
        ]
        database = psutil.Process(read_pid(options.var / "servers" / "postgres" / DATA / "postmaster.pid"))
        for case in cases:
            if options.only in case.name:
                _measure(case, seconds=options.seconds, database=database)
        if options.only in "deep pages":
            _measure_depth(deep)
        if options.only in "large pages":
            _measure_large(large)
        if options.only in "search":
            print("\nasked of search: p95 100 ms, max 250 ms; of type-ahead: p95 25 ms", flush=True)
            subprocess.run([sys.executable, "-m", "bench.search", "--brief"], cwd=ROOT, check=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--var", type=Path, required=True, help="a data folder with a full-size catalogue in it")
    parser.add_argument("--seconds", type=int, default=5, help="of each turn")
    parser.add_argument(
        "--only", default="", help="what has this in its name: uncached, kept, 304, deep pages, large pages, search"
    )
    return parser.parse_args()


def _addresses() -> tuple[list[str], list[str], list[str], list[str]]:
    """Paper pages drawn at random, those with results and code too; boards of about 200 rows; deep pages; large ones."""
    code = """
import json
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute(
        "SELECT slug FROM papers_paper WHERE removed_at IS NULL AND duplicate_of_id IS NULL AND id % 97 = 5 LIMIT 4000"
    )
    papers = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        "SELECT b.slug FROM leaderboards_leaderboard b JOIN leaderboards_claim c ON c.leaderboard_id = b.id"
        " WHERE b.removed_at IS NULL GROUP BY b.id ORDER BY abs(count(*) - 200) LIMIT 3"
    )
    boards = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        "SELECT coalesce(date::text, '') || '~' || id FROM papers_paper WHERE removed_at IS NULL AND duplicate_of_id IS NULL"
        " ORDER BY date DESC NULLS LAST, id DESC OFFSET DEPTH LIMIT PLACES"
    )
    deep = [row[0] for row in cursor.fetchall()]
    large = ["/", "/datasets", "/sitemap.xml"]
    for kind in ("author", "task", "method"):
        cursor.execute(
            f"SELECT thing.slug FROM papers_{kind} thing JOIN papers_{kind}count counted ON counted.{kind}_id = thing.id"
            " ORDER BY counted.papers DESC, thing.id LIMIT 3"
        )
        large += [f"/{kind}/{row[0]}" for row in cursor.fetchall()]
    print("FOUND" + json.dumps([papers, boards, deep, large]))
""".replace("DEPTH", str(DEPTH)).replace("PLACES", str(PLACES))
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    papers, boards, marks, large = json.loads(done.stdout.split("FOUND", 1)[1])
    random.Random(7).shuffle(papers)
    deep = [f"/papers?{urlencode({'after': mark})}" for mark in marks]
    return [f"/paper/{slug}" for slug in papers[:1000]], [f"/sota/{slug}" for slug in boards], deep, large


def _measure(case: Case, *, seconds: int, database: psutil.Process) -> None:
    with (
        _server("bench.bare_site:application", {}, port=BARE_PORT, first=BARE) as bare_server,
        _server("bench.portal_site:application", case.environment, port=PORT, first=case.paths[0]) as server,
    ):
        for path in case.paths[:200]:
            _get(PORT, path)
        bare, page = _Turns(), _Turns()
        for _ in range(ROUNDS):
            with bare.cpu_of(bare_server):
                bare.add(_rate(BARE_PORT, [BARE], (), seconds=seconds), seconds)
            with page.cpu_of(server, database):
                page.add(_rate(PORT, case.paths, case.headers, seconds=seconds), seconds)
    print(
        f"{case.name:<32} {page.rate:>8,.0f} of {bare.rate:>7,.0f} req/s {page.rate / bare.rate:>6.1%}"
        f"   {page.cost:>7.3f} for {bare.cost:.3f} ms CPU {bare.cost / page.cost:>6.1%}   (asked: {case.wanted:.1%})",
        flush=True,
    )


class _Turns:
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
        begin = sum(map(_cpu_seconds, processes))
        yield
        self._cpu += sum(map(_cpu_seconds, processes)) - begin


def _cpu_seconds(process: psutil.Process) -> float:
    spent = 0.0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            spent += times.user + times.system
    return spent


def _measure_depth(deep: Sequence[str]) -> None:
    """The list of papers at its beginning and far down, in turns."""
    first, far = [], []
    with _server("bench.portal_site:application", OFF, port=PORT, first="/papers"):
        for path in (*deep, *["/papers"] * PLACES):
            _get(PORT, path)
        for path in deep:
            first.append(_milliseconds("/papers"))
            far.append(_milliseconds(path))
    near, down = statistics.median(first), statistics.median(far)
    print(
        f"page {DEPTH:,} papers down the list: {down:.1f} ms, first page {near:.1f} ms: {down / near:.2f} times (asked: 2)",
        flush=True,
    )


def _measure_large(paths: Sequence[str]) -> None:
    """The pages that most hangs on, each for the first time and then, uncached, at the median of ten."""
    with _server("bench.portal_site:application", OFF, port=PORT, first="/about"):
        for path in paths:
            first = _milliseconds(path)
            again = statistics.median(_milliseconds(path) for _ in range(10))
            print(f"{path:<50} first {first:>8.1f} ms, then {again:>8.1f} ms", flush=True)


def _milliseconds(path: str) -> float:
    begin = time.perf_counter()
    _get(PORT, path)
    return 1000 * (time.perf_counter() - begin)


@contextlib.contextmanager
def _server(application: str, environment: dict[str, str], *, port: int, first: str) -> Iterator[psutil.Process]:
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
                    _get(port, first)
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


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return bytes(answer.read())


def _rate(port: int, paths: Sequence[str], headers: Sequence[str], *, seconds: int) -> float:
    """Requests a second by wrk; answers that are neither 2xx nor 3xx end the benchmark."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        quoted = ",".join(json.dumps(path) for path in paths)
        script.write(
            f"paths = {{{quoted}}}; n = 0\nrequest = function() n = n % #paths + 1; return wrk.format('GET', paths[n]) end\n"
        )
        script.flush()
        words = [word for header in headers for word in ("-H", header)]
        command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", script.name, *words, f"http://127.0.0.1:{port}"]
        try:
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        except FileNotFoundError:
            raise SystemExit("This needs wrk, which makes the requests: install it (apt-get install wrk).") from None
    if "Non-2xx" in said or not (found := re.search(r"Requests/sec:\s+([\d.]+)", said)):
        raise SystemExit(f"wrk could not measure {paths[0]}:\n{said}")
    return float(found[1])


if __name__ == "__main__":
    main()
