"""What the API's answers cost beside plain code and a bare view: `python -m bench.api --var DIR` (make bench-api).

DIR is a data folder with a catalogue of the real one's size, as for bench.portal. One run on one machine: three web servers, each
as `make up` runs it: the site, the same addresses by plain ModelViewSets of Django REST framework over the same querysets
(bench/plain_api.py), and a bare view; asked in turns by wrk. Printed are requests a second, their ratio to both, the 95th
percentile of how long one takes with eight asking at once, and what one costs in CPU time, the database's included.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from bench.portal import BARE, BARE_PORT, PORT, ROOT, _get, _server, _Turns

PLAIN_PORT = 8767
ROUNDS = 3
WORDS = ("language models", "graph", "segmentation", "reinforcement learning", "attention", "detection")


@dataclass(frozen=True)
class Case:
    """Addresses that are asked for in turn, and how many times as quick as plain code they should be; 0: nothing is asked."""

    name: str
    paths: Sequence[str]
    wanted: float


def main() -> None:
    """Run all of it and print."""
    options = _options()
    unlimited = {"API_ADDRESS_PER_MINUTE": "0", "PAGE_CACHE_MB": "0"}
    os.environ.update({"VAR_DIR": str(options.var), "SELFTEST": "0", "DJANGO_SETTINGS_MODULE": "portal.settings", **unlimited})
    from portal import embedded
    from portal.embedded.postgres import DATA, read_pid

    with embedded.running(options.var) as lease:
        os.environ.update(lease.addresses.environment())
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
        database = psutil.Process(read_pid(options.var / "servers" / "postgres" / DATA / "postmaster.pid"))
        for case in _cases():
            if options.only in case.name:
                _measure(case, seconds=options.seconds, database=database)
        _measure_depth()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--var", type=Path, required=True, help="a data folder with a full-size catalogue in it")
    parser.add_argument("--seconds", type=int, default=5, help="of each turn")
    parser.add_argument("--only", default="", help="what has this in its name: get, list, results")
    return parser.parse_args()


def _cases() -> list[Case]:
    code = """
import json
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute(
        "SELECT slug FROM papers_paper WHERE removed_at IS NULL AND duplicate_of_id IS NULL AND id % 997 = 5 LIMIT 400"
    )
    papers = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        "SELECT b.slug FROM leaderboards_leaderboard b JOIN leaderboards_claim c ON c.leaderboard_id = b.id"
        " WHERE b.removed_at IS NULL AND c.removed_at IS NULL GROUP BY b.id ORDER BY abs(count(*) - 200) LIMIT 3"
    )
    print("FOUND" + json.dumps([papers, [row[0] for row in cursor.fetchall()]]))
"""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    papers, boards = json.loads(done.stdout.split("FOUND", 1)[1])
    return [
        Case("paper get", [f"/api/v1/papers/{slug}/" for slug in papers], 0),
        Case("paper list, 50 rows", [f"/api/v1/papers/?page={page}&items_per_page=50" for page in range(1, 40)], 2),
        Case("paper list with q, 50 rows", [f"/api/v1/papers/?q={quote(words)}&items_per_page=50" for words in WORDS], 2),
        Case("evaluation results, 200 rows", [f"/api/v1/evaluations/{slug}/results/?items_per_page=500" for slug in boards], 2),
    ]


def _measure(case: Case, *, seconds: int, database: psutil.Process) -> None:
    with (
        _server("bench.bare_site:application", {}, port=BARE_PORT, first=BARE) as bare_server,
        _server("bench.plain_api:application", {}, port=PLAIN_PORT, first=case.paths[0]) as plain_server,
        _server("bench.portal_site:application", {}, port=PORT, first=case.paths[0]) as server,
    ):
        for path in case.paths[:50]:
            assert _same(_get(PORT, path), _get(PLAIN_PORT, path)), f"{path} answers otherwise by plain code"
        bare, plain, ours = _Turns(), _Turns(), _Turns()
        slow: dict[str, list[float]] = {"plain": [], "ours": []}
        for _ in range(ROUNDS):
            with bare.cpu_of(bare_server):
                bare.add(_rate(BARE_PORT, [BARE], seconds=seconds)[0], seconds)
            for name, turns, port, process in (("plain", plain, PLAIN_PORT, plain_server), ("ours", ours, PORT, server)):
                with turns.cpu_of(process, database):
                    rate, p95 = _rate(port, case.paths, seconds=seconds)
                turns.add(rate, seconds)
                slow[name].append(p95)
    wanted = f"(asked: {case.wanted:g})" if case.wanted else ""
    print(
        f"{case.name:<30} {ours.rate:>7,.0f} req/s, p95 {statistics.median(slow['ours']):>6.1f} ms, {ours.cost:>6.2f} ms CPU;"
        f" plain {plain.rate:>6,.0f}, {statistics.median(slow['plain']):>6.1f}, {plain.cost:>6.2f};"
        f" {ours.rate / plain.rate:.2f} times plain {wanted}, by CPU {plain.cost / ours.cost:.2f};"
        f" {ours.rate / bare.rate:.1%} of bare",
        flush=True,
    )


def _same(ours: bytes, plain: bytes) -> bool:
    """Whether both name the same things in the same order."""
    found = [json.loads(answer) for answer in (ours, plain)]
    ids = [[row["id"] for row in answer["results"]] if "results" in answer else answer["id"] for answer in found]
    return bool(ids[0] == ids[1])


def _measure_depth() -> None:
    """Pages of the list of papers at its beginning, in its middle, where it is dearest, and at its end; and one by cursor."""
    with _server("bench.portal_site:application", {}, port=PORT, first="/api/v1/papers/"):
        count = json.loads(_get(PORT, "/api/v1/papers/"))["count"]
        cursor = f"/api/v1/papers/?cursor={_cursor_in_the_middle(count)}"
        places = {"first": 1, "middle": count // 100, "last": -(-count // 50)}
        paths = {name: f"/api/v1/papers/?page={page}" for name, page in places.items()} | {"by cursor": cursor}
        times = {name: _milliseconds(path) for name, path in paths.items()}
    print("page of papers: " + ", ".join(f"{name} {value:.1f} ms" for name, value in times.items()), flush=True)


def _cursor_in_the_middle(count: int) -> str:
    from portal.api.pagination import _encoded

    middle = json.loads(_get(PORT, f"/api/v1/papers/?page={count // 100}"))["results"][-1]
    return _encoded((middle["published"], 0))


def _milliseconds(path: str) -> float:
    import time

    def once() -> float:
        begin = time.perf_counter()
        _get(PORT, path)
        return 1000 * (time.perf_counter() - begin)

    return statistics.median(once() for _ in range(11))


def _rate(port: int, paths: Sequence[str], *, seconds: int) -> tuple[float, float]:
    """Requests a second by wrk, and the 95th percentile in milliseconds; answers that are no 2xx end the benchmark."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        quoted = ",".join(json.dumps(path) for path in paths)
        script.write(
            f"paths = {{{quoted}}}; n = 0\nrequest = function() n = n % #paths + 1; return wrk.format('GET', paths[n]) end\n"
            "done = function(summary, latency) io.write(string.format('P95 %f\\n', latency:percentile(95) / 1000)) end\n"
        )
        script.flush()
        command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", script.name, f"http://127.0.0.1:{port}"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, p95 = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"P95 ([\d.]+)", said)
    if "Non-2xx" in said or not rate or not p95:
        raise SystemExit(f"wrk could not measure {paths[0]}:\n{said}")
    return float(rate[1]), float(p95[1])


if __name__ == "__main__":
    main()
