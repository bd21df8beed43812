"""What pages cost beside a bare view on the same server: `python -m bench.portal --var DIR` (make bench-portal).

DIR is a data folder with a catalogue in it, of the real one's size: `python -m bench.import_archive --keep DIR` leaves one. One
run on one machine: starts the servers on it, and the website as `make up` does, and prints requests a second of each kind of
page as a share of the bare view's, measured in turns (bare, page, bare, page, ...) by wrk. Search, type-ahead and deep pages
are timed one by one.
"""

import argparse
import contextlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PORT, BARE_PORT = 8765, 8766
BARE = "/bare"
ROUNDS = 4


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

    with embedded.running(options.var) as lease:
        os.environ.update(lease.addresses.environment())
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
        papers, boards = _addresses()
        off, kept = {"PAGE_CACHE_MB": "0"}, {"PAGE_CACHE_MB": "256"}
        cases = [
            Case("paper page, uncached", papers, 0.04, off),
            Case("board of 200 rows, uncached", boards, 0.012, off),
            Case("paper page, kept in the process", papers[:100], 0.70, kept),
            Case("paper page, kept in Redis", papers[:100], 0.25, {**kept, "BENCH_SHARED_ONLY": "1"}),
            Case("paper page, 304", papers[:1], 0.35, kept, ("If-None-Match: *",)),
        ]
        for case in cases:
            if not options.only or options.only in case.name:
                _measure(case, seconds=options.seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--var", type=Path, required=True, help="a data folder with a full-size catalogue in it")
    parser.add_argument("--seconds", type=int, default=5, help="of each turn")
    parser.add_argument("--only", help="cases whose name has this in it")
    return parser.parse_args()


def _addresses() -> tuple[list[str], list[str]]:
    """Paper pages drawn at random, of those with results and code too, and boards of about 200 rows."""
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
    print("FOUND" + json.dumps([papers, [row[0] for row in cursor.fetchall()]]))
"""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    papers, boards = json.loads(done.stdout.split("FOUND", 1)[1])
    random.Random(7).shuffle(papers)
    return [f"/paper/{slug}" for slug in papers[:1000]], [f"/sota/{slug}" for slug in boards]


def _measure(case: Case, *, seconds: int) -> None:
    with (
        _server("bench.bare_site:application", {}, port=BARE_PORT, first=BARE),
        _server("bench.portal_site:application", case.environment, port=PORT, first=case.paths[0]),
    ):
        for path in case.paths[:200]:
            _get(PORT, path)
        bare, page = [], []
        for _ in range(ROUNDS):
            bare.append(_rate(BARE_PORT, [BARE], (), seconds=seconds))
            page.append(_rate(PORT, case.paths, case.headers, seconds=seconds))
    share = sum(page) / sum(bare)
    figures = f"{sum(page) / ROUNDS:>8,.0f} of {sum(bare) / ROUNDS:>8,.0f} req/s"
    print(f"{case.name:<40} {figures}  {share:.1%} (asked: {case.wanted:.1%})", flush=True)


@contextlib.contextmanager
def _server(application: str, environment: dict[str, str], *, port: int, first: str) -> Iterator[None]:
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
            yield
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
