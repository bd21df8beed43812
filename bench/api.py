"""What the API's answers cost beside plain code and a bare view: `python -m bench.api --var DIR` (make bench-api).

DIR is a data folder with a catalogue of the real one's size, as for bench.portal. One run on one machine: three web servers, each
as `make up` runs it: the site, the same addresses by plain ModelViewSets of Django REST framework over the same querysets
(bench/plain_api.py), and a bare view; asked in turns by wrk. Printed are requests a second, their ratio to both, the 95th
percentile of how long one takes with eight asking at once, and what one costs in CPU time, the database's included.
"""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import psutil

from bench import asking
from bench.asking import BARE, BARE_PORT, BARE_SITE, BOARDS_OF_200, PLAIN_PORT, PORT, SITE, Turns, get, milliseconds, rate, server

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
    options = asking.options(__doc__, names="get, list, results")
    unlimited = {"API_ADDRESS_PER_MINUTE": "0", "PAGE_CACHE_MB": "0"}
    with asking.catalogue(options.var, environment=unlimited) as database:
        for case in _cases():
            if options.only in case.name and asking.has_some(case.name, case.paths):
                _measure(case, seconds=options.seconds, database=database)
        _measure_depth()


def _cases() -> list[Case]:
    shown = "removed_at IS NULL AND duplicate_of_id IS NULL"
    found = asking.found(papers=f"SELECT slug FROM papers_paper WHERE {shown} AND id % 997 = 5 LIMIT 400", boards=BOARDS_OF_200)
    boards = [f"/api/v1/evaluations/{slug}/results/?items_per_page=500" for slug in found["boards"]]
    return [
        Case("paper get", [f"/api/v1/papers/{slug}/" for slug in found["papers"]], 0),
        Case("paper list, 50 rows", [f"/api/v1/papers/?page={page}&items_per_page=50" for page in range(1, 40)], 2),
        Case("paper list with q, 50 rows", [f"/api/v1/papers/?q={quote(words)}&items_per_page=50" for words in WORDS], 2),
        Case("evaluation results, 200 rows", boards, 2),
    ]


def _measure(case: Case, *, seconds: int, database: psutil.Process) -> None:
    with (
        server(BARE_SITE, {}, port=BARE_PORT, first=BARE) as bare_server,
        server("bench.plain_api:application", {}, port=PLAIN_PORT, first=case.paths[0]) as plain_server,
        server(SITE, {}, port=PORT, first=case.paths[0]) as site,
    ):
        for path in case.paths[:50]:
            assert _same(get(PORT, path), get(PLAIN_PORT, path)), f"{path} answers otherwise by plain code"
        bare, plain, ours = Turns(), Turns(), Turns()
        slow: dict[str, list[float]] = {"plain": [], "ours": []}
        for _ in range(ROUNDS):
            with bare.cpu_of(bare_server):
                bare.add(rate(BARE_PORT, [BARE], seconds=seconds).a_second, seconds)
            for name, turns, port, process in (("plain", plain, PLAIN_PORT, plain_server), ("ours", ours, PORT, site)):
                with turns.cpu_of(process, database):
                    asked = rate(port, case.paths, seconds=seconds)
                turns.add(asked.a_second, seconds)
                slow[name].append(asked.p95)
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
    with server(SITE, {}, port=PORT, first="/api/v1/papers/"):
        count = json.loads(get(PORT, "/api/v1/papers/"))["count"]
        cursor = f"/api/v1/papers/?cursor={_cursor_in_the_middle(count)}"
        places = {"first": 1, "middle": count // 100, "last": -(-count // 50)}
        paths = {name: f"/api/v1/papers/?page={page}" for name, page in places.items()} | {"by cursor": cursor}
        times = {name: statistics.median(milliseconds(path) for _ in range(11)) for name, path in paths.items()}
    print("page of papers: " + ", ".join(f"{name} {value:.1f} ms" for name, value in times.items()), flush=True)


def _cursor_in_the_middle(count: int) -> str:
    from portal.api.pagination import _encoded

    middle = json.loads(get(PORT, f"/api/v1/papers/?page={count // 100}"))["results"][-1]
    return _encoded((middle["published"], 0))


if __name__ == "__main__":
    main()
