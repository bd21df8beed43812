"""Writing an archive's files and the manifest that says what is in them."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from bench.archive_generator.archive import Archive
from bench.archive_generator.later import Changes, added, no_changes, plan_changes
from bench.archive_generator.papers import Papers
from bench.archive_generator.randomness import Ints, stream
from bench.archive_generator.writing import DumpWriter, JsonObject

FILES = {
    "papers": "papers-with-abstracts.json.gz",
    "links": "links-between-papers-and-code.json.gz",
    "tables": "evaluation-tables.json.gz",
    "methods": "methods.json.gz",
    "datasets": "datasets.json.gz",
}
MANIFEST = "manifest.json"

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to write: which files; the archive, its later dump, or so many new papers alone."""

    seed: int
    scale: float
    files: tuple[str, ...] = tuple(FILES)
    later: bool = False
    delta: int = 0


def generate(directory: Path, *, wanted: Wanted) -> JsonObject:
    """Write the files and `manifest.json` into `directory`, which is made; returns the manifest.

    The manifest holds rows and sizes by file, counts of what an import finds in them, faults by kind, and what a later
    dump changed. Faults are those planted in the files that were written; those in a later dump's new rows stand apart.
    """
    directory.mkdir(parents=True, exist_ok=True)
    archive = Archive(wanted.seed, scale=wanted.scale)
    manifest = _Manifest(directory, wanted)
    if wanted.delta:
        papers = archive.later_papers("delta", wanted.delta)
        manifest.add("papers", archive.paper_rows(papers).all(no_changes(len(papers))))
        manifest.counts |= _paper_counts([papers], removed=None)
    else:
        for name in wanted.files:
            _WRITERS[name](archive, manifest)
    return manifest.finish(archive)


class _Manifest:
    """Writes files and gathers what is said of them."""

    def __init__(self, directory: Path, wanted: Wanted) -> None:
        self._directory = directory
        self.wanted = wanted
        self.files: dict[str, Counts] = {}
        self.counts: Counts = {}
        self.cell_kinds: Counter[str] = Counter()
        self.changes: dict[str, Counts] = {}

    def add(self, name: str, rows: Iterable[JsonObject]) -> None:
        path = self._directory / FILES[name]
        with DumpWriter(path, seed=self.wanted.seed + self.wanted.later) as writer:
            for row in rows:
                writer.write(row)
        self.files[FILES[name]] = {"rows": writer.rows, "bytes": path.stat().st_size, "raw_bytes": writer.raw_bytes}

    def finish(self, archive: Archive) -> JsonObject:
        planted = {key: count for key, count in sorted(archive.planter.planted.items()) if key.split(".")[0] in self._written}
        manifest: JsonObject = {
            "seed": self.wanted.seed,
            "scale": self.wanted.scale,
            "kind": "delta" if self.wanted.delta else "next" if self.wanted.later else "base",
            "files": self.files,
            "counts": self.counts,
            "cell_kinds": dict(sorted(self.cell_kinds.items())),
            "faults": {} if self.wanted.delta else planted,
            "faults_in_new_rows": {key: count for key, count in sorted(archive.later_planter.planted.items()) if count},
            "changes": self.changes,
        }
        (self._directory / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        return manifest

    @property
    def _written(self) -> set[str]:
        return {name for name, file in FILES.items() if file in self.files}


def _write_papers(archive: Archive, manifest: _Manifest) -> None:
    base, seed = archive.papers, manifest.wanted.seed
    if not manifest.wanted.later:
        manifest.add("papers", archive.paper_rows(base).all(no_changes(len(base))))
        manifest.counts |= _paper_counts([base], removed=None)
        return
    # A paper that links name, or that another one copies, stays: links alone would bring it back.
    free = np.ones(len(base), dtype=np.bool_)
    free[archive.links.papers[archive.links.papers >= 0]] = False
    free[base.source[base.source != np.arange(len(base))]] = False
    changes = plan_changes(seed, "papers", changeable=np.ones(len(base), dtype=np.bool_), removable=free)
    new = archive.later_papers("next", added(len(base)))
    manifest.add("papers", chain(archive.paper_rows(base).all(changes), archive.paper_rows(new).all(no_changes(len(new)))))
    manifest.counts |= _paper_counts([base, new], removed=changes)
    manifest.changes["papers"] = {**changes.counts, "added": len(new)}


def _paper_counts(parts: list[Papers], *, removed: Changes | None) -> Counts:
    counts: Counter[str] = Counter()
    people: list[Ints] = []
    for number, papers in enumerate(parts):
        kept = np.arange(len(papers)) if removed is None or number else np.flatnonzero(~removed.removed)
        lists = {
            "author_links": papers.authors.rows(kept),
            "task_links": papers.tasks.rows(kept),
            "method_links": papers.methods.rows(kept),
        }
        counts.update({"papers": len(kept)} | {name: len(rows.values) for name, rows in lists.items()})
        people.append(lists["author_links"].values)
    return {**counts, "distinct_authors": len(np.unique(np.concatenate(people)))}


def _write_links(archive: Archive, manifest: _Manifest) -> None:
    base = archive.links
    parts, changes = [base], no_changes(len(base))
    if manifest.wanted.later:
        changes = plan_changes(manifest.wanted.seed, "links", changeable=base.is_single, removable=base.is_single)
        parts.append(archive.later_links)
        manifest.changes["links"] = {**changes.counts, "added": len(archive.later_links)}
    rows = [archive.link_rows(links).all(changes if links is base else no_changes(len(links))) for links in parts]
    manifest.add("links", chain.from_iterable(rows))
    kept = [~changes.removed, *(np.ones(len(links), dtype=np.bool_) for links in parts[1:])]
    manifest.counts |= _link_counts(
        np.concatenate([links.papers[flags] for links, flags in zip(parts, kept, strict=True)]),
        np.concatenate([links.repositories[flags] for links, flags in zip(parts, kept, strict=True)]),
    )


def _link_counts(papers: Ints, repositories: Ints) -> Counts:
    # Papers that the papers dump lacks are one each.
    pairs = np.stack((np.where(papers < 0, -1 - np.arange(len(papers)), papers), repositories), axis=1)
    return {
        "links": len(pairs),
        "distinct_links": len(np.unique(pairs, axis=0)),
        "papers_with_code": len(np.unique(pairs[:, 0])),
        "repositories": len(np.unique(repositories)),
    }


def _write_tables(archive: Archive, manifest: _Manifest) -> None:
    results = archive.boards.rows
    changes, extra = no_changes(len(results)), np.zeros(len(archive.boards), dtype=np.int64)
    if manifest.wanted.later:
        # Repeated rows stay with the row that they repeat.
        single = ~(results.repeated | np.roll(results.repeated, -1))
        changes = plan_changes(manifest.wanted.seed, "results", changeable=single, removable=single)
        boards = stream(manifest.wanted.seed, "later results").integers(0, len(extra), added(len(results)))
        extra = np.bincount(boards, minlength=len(extra))
        manifest.changes["results"] = {**changes.counts, "added": len(boards)}
    makes = archive.table_rows()
    manifest.add("tables", makes.all(changes, extra_rows=extra.tolist()))
    manifest.cell_kinds = makes.cell_kinds
    used = {metric for metrics in archive.boards.metrics for metric in metrics}
    manifest.counts |= {
        **makes.counts,
        "top_level_tasks": archive.sizes.top_tasks,
        "tasks": len(archive.tasks.names),
        "metric_names": len(used),
        "cells": sum(makes.cell_kinds.values()),
    }


def _write_methods(archive: Archive, manifest: _Manifest) -> None:
    manifest.add("methods", archive.methods.rows)
    manifest.counts |= {"methods": len(archive.methods.rows), "spam_methods": int(archive.is_spam_method.sum())}


def _write_datasets(archive: Archive, manifest: _Manifest) -> None:
    manifest.add("datasets", archive.dataset_rows())
    manifest.counts |= {"datasets": len(archive.datasets.names), "spam_datasets": int(archive.datasets.is_spam.sum())}


_WRITERS: dict[str, Callable[[Archive, _Manifest], None]] = {
    "papers": _write_papers,
    "links": _write_links,
    "tables": _write_tables,
    "methods": _write_methods,
    "datasets": _write_datasets,
}
