"""What pages cost beside a bare view on the same server: `python -m bench.portal --var DIR` (make bench-portal).

DIR is a data folder with a catalogue in it, of the real one's size: `python -m bench.import_archive --keep DIR` leaves one. One
run on one machine: starts the servers on it, and the website as `make up` does, and prints requests a second of each kind of
page as a share of the bare view's, measured in turns (bare, page, bare, page, ...) by wrk. Beside that stands what a request
costs in CPU time, the database's included, and the share by that: it holds on a machine that others use too. Deep pages, the
largest pages of each kind, search and type-ahead are timed one by one.
"""

import random
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import psutil

from bench import asking
from bench.asking import BARE, BARE_PORT, BARE_SITE, BOARDS_OF_200, PORT, ROOT, SITE, Turns, get, milliseconds, rate, server

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
    options = asking.options(__doc__, names="uncached, kept, 304, deep pages, large pages, search")
    with asking.catalogue(options.var, environment={}) as database:
        asking.manage("collectstatic", "--noinput", "--verbosity", "0")
        papers, boards, deep, large = _addresses()
        cases = [
            Case("paper page, uncached", papers, 0.04, OFF),
            Case("board of 200 rows, uncached", boards, 0.012, OFF),
            Case("paper page, kept in the process", papers[:100], 0.70, KEPT),
            Case("paper page, kept in Redis", papers[:100], 0.25, {**KEPT, "BENCH_SHARED_ONLY": "1"}),
            Case("paper page, 304", papers[:1], 0.35, KEPT, ("If-None-Match: *",)),
        ]
        for case in cases:
            if options.only in case.name and asking.has_some(case.name, case.paths):
                _measure(case, seconds=options.seconds, database=database)
        if options.only in "deep pages":
            _measure_depth(deep)
        if options.only in "large pages":
            _measure_large(large)
        if options.only in "search":
            print("\nasked of search: p95 100 ms, max 250 ms; of type-ahead: p95 25 ms", flush=True)
            subprocess.run([sys.executable, "-m", "bench.search", "--brief"], cwd=ROOT, check=True)


def _addresses() -> tuple[list[str], list[str], list[str], list[str]]:
    """Paper pages drawn at random, those with results and code too; boards of about 200 rows; deep pages; large ones."""
    shown = "FROM papers_paper WHERE removed_at IS NULL AND duplicate_of_id IS NULL"
    largest = {
        kind: f"SELECT '/{kind}/' || thing.slug FROM papers_{kind} thing JOIN papers_{kind}count counted"
        f" ON counted.{kind}_id = thing.id ORDER BY counted.papers DESC, thing.id LIMIT 3"
        for kind in ("author", "task", "method")
    }
    found = asking.found(
        papers=f"SELECT slug {shown} AND id % 97 = 5 LIMIT 4000",
        boards=BOARDS_OF_200,
        deep=f"SELECT coalesce(date::text, '') || '~' || id {shown}"
        f" ORDER BY date DESC NULLS LAST, id DESC OFFSET {DEPTH} LIMIT {PLACES}",
        **largest,
    )
    papers = found["papers"]
    random.Random(7).shuffle(papers)
    deep = [f"/papers?{urlencode({'after': mark})}" for mark in found["deep"]]
    large = ["/", "/datasets", "/sitemap.xml", *(path for kind in largest for path in found[kind])]
    return [f"/paper/{slug}" for slug in papers[:1000]], [f"/sota/{slug}" for slug in found["boards"]], deep, large


def _measure(case: Case, *, seconds: int, database: psutil.Process) -> None:
    with (
        server(BARE_SITE, {}, port=BARE_PORT, first=BARE) as bare_server,
        server(SITE, case.environment, port=PORT, first=case.paths[0]) as site,
    ):
        for path in case.paths[:200]:
            get(PORT, path)
        bare, page = Turns(), Turns()
        for _ in range(ROUNDS):
            with bare.cpu_of(bare_server):
                bare.add(rate(BARE_PORT, [BARE], seconds=seconds).a_second, seconds)
            with page.cpu_of(site, database):
                page.add(rate(PORT, case.paths, case.headers, seconds=seconds).a_second, seconds)
    print(
        f"{case.name:<32} {page.rate:>8,.0f} of {bare.rate:>7,.0f} req/s {page.rate / bare.rate:>6.1%}"
        f"   {page.cost:>7.3f} for {bare.cost:.3f} ms CPU {bare.cost / page.cost:>6.1%}   (asked: {case.wanted:.1%})",
        flush=True,
    )


def _measure_depth(deep: Sequence[str]) -> None:
    """The list of papers at its beginning and far down, in turns."""
    first, far = [], []
    with server(SITE, OFF, port=PORT, first="/papers"):
        for path in (*deep, *["/papers"] * PLACES):
            get(PORT, path)
        for path in deep:
            first.append(milliseconds("/papers"))
            far.append(milliseconds(path))
    near, down = statistics.median(first), statistics.median(far)
    print(
        f"page {DEPTH:,} papers down the list: {down:.1f} ms, first page {near:.1f} ms: {down / near:.2f} times (asked: 2)",
        flush=True,
    )


def _measure_large(paths: Sequence[str]) -> None:
    """The pages that most hangs on, each for the first time and then, uncached, at the median of ten."""
    with server(SITE, OFF, port=PORT, first="/about"):
        for path in paths:
            first = milliseconds(path)
            again = statistics.median(milliseconds(path) for _ in range(10))
            print(f"{path:<50} first {first:>8.1f} ms, then {again:>8.1f} ms", flush=True)


if __name__ == "__main__":
    main()
