"""What related papers cost, and what pruning loses: `python bench/related_papers.py [DUMP] [--papers N]`.

DUMP is a papers-with-abstracts file; without one, papers are made up (random words around random topics: their costs are
like real ones, their recall is not). Prints wall and CPU seconds of each step, the peak memory of the whole process, and
recall@10 over a sample: how many of the ten nearest by exact cosine, of vectors pruned alike and of whole ones, the lists hold.
It needs no database.
"""

import argparse
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from scipy import sparse

from papers.archive.reader import ArchiveRow, read_rows
from papers.relating.features import SHIPPED, Features, tags
from papers.relating.neighbours import KEPT, Neighbourhood
from papers.relating.vectors import CHUNK, STRONGEST, Frequencies, TextCounts, count_words
from papers.relating.words import text_of

Row = tuple[str, list[str], list[str]]
"""The text of a paper, the names of its tasks, the names of its methods."""

NO_TAGS = np.zeros((0, 2), np.int64)


class Clock:
    """Prints what a step took."""

    def __init__(self) -> None:
        self.total_wall = self.total_cpu = 0.0
        self._start()

    def step(self, name: str) -> None:
        """Print the seconds since the last step, and the peak memory so far."""
        wall, cpu = time.monotonic() - self._wall, time.process_time() - self._cpu
        self.total_wall += wall
        self.total_cpu += cpu
        print(f"{name:<44} {wall:8.1f} s wall {cpu:8.1f} s CPU {peak():8.0f} MB peak", flush=True)
        self._start()

    def _start(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()


def peak() -> float:
    """The largest memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def dumped(path: Path) -> Iterator[Row]:
    """The papers of a dump."""
    for row in read_rows(path):
        if isinstance(row, ArchiveRow):
            values: dict[str, Any] = dict(row.values)  # a benchmark's dump is well-formed
            methods = [str(method.get("name")) for method in values.get("methods") or [] if isinstance(method, dict)]
            yield text_of(values.get("title"), values.get("abstract")), [str(task) for task in values.get("tasks") or []], methods


def made_up(papers: int, *, seed: int = 0) -> Iterator[Row]:
    """Papers of random words: a third of them from a topic of the paper's first task."""
    random = np.random.default_rng(seed)
    vocabulary = np.array([f"w{number:x}" for number in range(200_000)])
    for _ in range(papers):
        topics = np.unique(np.minimum(random.zipf(1.35, size=1 + random.poisson(0.6)), 4_000))
        length = int(np.clip(random.normal(170, 50), 30, 400))
        general = np.minimum(random.zipf(1.25, size=length * 2 // 3), 150_000)
        special = 150_000 + (topics[0] * 37 + np.minimum(random.zipf(1.3, size=length // 3), 200)) % 50_000
        text = " ".join(vocabulary[np.concatenate([general, special]) - 1])
        methods = np.minimum(random.zipf(1.4, size=random.poisson(1.6)), 2_000)
        yield text, [f"task {topic}" for topic in topics], [f"method {method}" for method in methods]


def read(rows: Iterable[Row]) -> tuple[TextCounts, np.ndarray, np.ndarray, np.ndarray]:
    """Counted words, the papers' numbers, and (paper, tag) pairs of tasks and of methods."""
    tasks: dict[str, int] = {}
    methods: dict[str, int] = {}
    task_pairs: list[tuple[int, int]] = []
    method_pairs: list[tuple[int, int]] = []

    def texts() -> Iterator[str]:
        for number, (text, task_names, method_names) in enumerate(rows):
            task_pairs.extend((number, tasks.setdefault(name, len(tasks))) for name in task_names)
            method_pairs.extend((number, methods.setdefault(name, len(methods))) for name in method_names)
            yield text

    counts = count_words(texts())
    ids = np.arange(sum(chunk.shape[0] for chunk in counts.chunks))
    return counts, ids, np.array(task_pairs or NO_TAGS, np.int64), np.array(method_pairs or NO_TAGS, np.int64)


def exact_nearest(
    counts: TextCounts, frequencies: Frequencies, sample: np.ndarray, *, strongest: int | None, kept: int = KEPT
) -> np.ndarray:
    """The nearest papers of each of the sample by the cosine of vectors of so many words, None for all words.

    Chunk by chunk, so that memory is bounded.
    """
    asked = _only(counts, sample).vectors(frequencies, strongest=strongest)
    best = np.full((len(sample), kept), -1, np.int64)
    scores = np.full((len(sample), kept), -1, np.float32)
    for number, chunk in enumerate(counts.chunks):
        vectors = TextCounts([chunk]).vectors(frequencies, strongest=strongest)
        cosines = (asked @ vectors.T).toarray()
        places = number * CHUNK + np.arange(chunk.shape[0])
        cosines[sample[:, None] == places[None, :]] = -1
        every = np.concatenate([scores, cosines], axis=1)
        where = np.concatenate([best, np.broadcast_to(places, cosines.shape)], axis=1)
        order = np.argsort(-every, axis=1, kind="stable")[:, :kept]
        scores, best = np.take_along_axis(every, order, 1), np.take_along_axis(where, order, 1)
    return best


def _only(counts: TextCounts, sample: np.ndarray) -> TextCounts:
    rows = [counts.chunks[place // CHUNK][[place % CHUNK]] for place in sample]
    return TextCounts([sparse.csr_array(sparse.vstack(rows, format="csr"))])


def recall(found: np.ndarray, exact: np.ndarray) -> float:
    """The share of the exact lists that the found ones hold."""
    return float(
        np.mean([len(set(a[a >= 0]) & set(b[b >= 0])) / max(1, (b >= 0).sum()) for a, b in zip(found, exact, strict=True)])
    )


def lists(near: Neighbourhood, sample: np.ndarray) -> np.ndarray:
    """The computed lists of a sample, -1 where a list is shorter."""
    found = np.full((len(sample), KEPT), -1, np.int64)
    start = 0
    for rows, nearest in near.nearest_in_blocks(sample):
        rank = np.arange(len(nearest.of)) - np.searchsorted(nearest.of, nearest.of)
        found[start + nearest.of, rank] = nearest.near
        start += len(rows)
    return found


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dump", nargs="?", type=Path)
    parser.add_argument("--papers", type=int, default=100_000, help="how many papers at most (default: 100,000)")
    parser.add_argument("--sample", type=int, default=1_000, help="papers whose recall is measured; 0 for none")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    clock = Clock()
    rows = islice(dumped(options.dump), options.papers) if options.dump else made_up(options.papers)
    counts, ids, task_pairs, method_pairs = read(rows)
    clock.step(f"read and count the words of {len(ids):,} papers")
    frequencies = counts.frequencies()
    text = counts.vectors(frequencies)
    if not options.sample:
        counts = TextCounts()
    clock.step(f"prune to vectors ({text.nnz / max(1, len(ids)):.1f} words a paper)")
    features = Features(
        ids=ids,
        text=text,
        tasks=tags(task_pairs, papers=ids),
        methods=tags(method_pairs, papers=ids),
        datasets=tags(NO_TAGS, papers=ids),
    )
    near = Neighbourhood(features, weights=SHIPPED)
    clock.step("mix and transpose")
    pairs = sum(len(nearest.of) for _, nearest in near.nearest_in_blocks(ids, threads=options.threads))
    clock.step(f"nearest of all ({pairs:,} pairs)")
    print(f"{'all of it':<44} {clock.total_wall:8.1f} s wall {clock.total_cpu:8.1f} s CPU {peak():8.0f} MB peak")
    if options.sample:
        sample = np.sort(np.random.default_rng(1).choice(ids, min(options.sample, len(ids)), replace=False))
        words_alone = Neighbourhood(features, weights=replace(SHIPPED, tasks=0.0, methods=0.0, datasets=0.0))
        found = lists(words_alone, sample)
        for strongest, against in ((STRONGEST, f"of the same {STRONGEST} words"), (None, "of all words")):
            exact = exact_nearest(counts, frequencies, sample, strongest=strongest)
            print(f"recall@{KEPT} of words alone against exact cosine {against:<22} {recall(found, exact):.3f}", flush=True)


if __name__ == "__main__":
    main()
