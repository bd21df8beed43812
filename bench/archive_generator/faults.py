"""What is wrong in the archive, and how often: every fault that the generator plants stands in this table.

Shares are those that were counted in the real archive where somebody counted them; the others are estimates and say so
with "about". `Planter` picks the rows, so that the manifest's numbers are what was planted, not what was hoped for.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from bench.archive_generator.randomness import Flags, stream


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault: `share` of the rows that `of` names have it."""

    key: str
    of: str
    share: float
    what: str


FAULTS = (
    # papers-with-abstracts
    Fault("papers.title_null", "papers", 0.0005, "title is null (about)"),
    Fault("papers.abstract_null", "papers", 0.01, "abstract is null (about)"),
    Fault("papers.url_abs_null", "papers", 0.001, "url_abs is null (about)"),
    Fault("papers.url_pdf_null", "papers", 0.02, "url_pdf is null (about)"),
    Fault("papers.date_null", "papers", 0.004, "date is null (about)"),
    Fault("papers.date_empty", "papers", 0.003, 'date is "" (about)'),
    Fault("papers.date_1900", "papers", 0.0005, "date is 1900-01-01 (about)"),
    Fault("papers.date_future", "papers", 0.0003, "date lies years ahead (about)"),
    Fault("papers.no_authors", "papers", 0.002, "authors is empty (about)"),
    Fault("papers.duplicate", "papers", 0.03, "the conference page of a preprint that is there too; its slug ends in -1 (about)"),
    Fault("papers.conference_page_missing", "papers", 0.02, "conference names a page that the dump lacks (about)"),
    Fault("papers.slug_frozen", "papers", 0.07, "the slug is an earlier title's: the rule does not give it"),
    Fault("papers.slug_arxiv", "papers", 0.01, "the slug is the arXiv id without its dot"),
    Fault("papers.proceeding_slug", "papers", 0.005, "proceeding is a slug, not a venue and a year (about)"),
    Fault("papers.task_vandal", "papers", 0.015, 'carries a task such as "model" or "16k" (about)'),
    Fault("papers.task_nameless", "papers", 0.001, 'carries the task "" (about)'),
    Fault("papers.spam_method", "papers", 0.014, "an innocent paper carries a spam method (about)"),
    Fault("papers.latex", "papers", 0.06, "LaTeX in the abstract (about)"),
    Fault("papers.accents", "papers", 0.03, "letters with accents in the abstract (about)"),
    Fault("papers.crlf", "papers", 0.01, "CRLF in the abstract (about)"),
    Fault("papers.line_breaks", "papers", 0.15, "the abstract is wrapped with LF (about)"),
    # links-between-papers-and-code
    Fault("links.repeated", "links", 0.012, "the same paper and repository once more (about)"),
    Fault("links.repository_case", "links", 0.01, "the repository in other letter case than elsewhere (about)"),
    Fault("links.repository_git", "links", 0.006, "the repository's address ends in .git (about)"),
    Fault("links.repository_slash", "links", 0.006, "the repository's address ends in a slash (about)"),
    Fault("links.not_github", "links", 0.03, "the repository is on another host (about)"),
    Fault("links.framework_none", "links", 0.40, 'framework is "none"'),
    Fault("links.no_arxiv", "links", 0.05, "paper_arxiv_id is null"),
    Fault("links.paper_unknown", "links", 0.003, "the papers dump lacks the paper (about)"),
    Fault("links.mentioned_null", "links", 0.02, "mentioned_in_paper and mentioned_in_github are null (about)"),
    # evaluation-tables: tasks and boards
    Fault("tables.task_vandal", "tasks", 0.0015, "a nameless or vandalised task (about)"),
    Fault("tables.task_cycle", "tasks", 0.002, "a sub-task that leads back to its ancestor (about)"),
    Fault("tables.task_repeated", "tasks", 0.10, "a task that stands at a second place too (about)"),
    Fault("tables.task_slug_odd", "tasks", 0.067, "the task's address cannot be derived from its name"),
    Fault("tables.board_vandal", "boards", 0.001, "a vandalised benchmark name (about)"),
    Fault("tables.board_variant", "boards", 0.30, "the dataset string is one that only `variants` maps (about)"),
    Fault("tables.board_unmapped", "boards", 0.06, "no dataset knows the board's string (about)"),
    Fault("tables.board_link", "boards", 0.40, "dataset_links holds the board's /sota/ address (about)"),
    Fault("tables.board_slug_odd", "boards", 0.07, "that address cannot be derived (about)"),
    Fault("tables.text_column", "boards", 0.012, "a column that is not numeric at all (about)"),
    Fault("tables.mixed_scale", "boards", 0.02, "0-1 beside 0-100 in one column (about)"),
    Fault("tables.outlier", "boards", 0.003, "a first place far ahead of all others (about)"),
    # evaluation-tables: rows
    Fault("tables.row_arxiv", "results", 0.56, "paper_url is an arXiv address (about)"),
    Fault("tables.row_conference", "results", 0.15, "paper_url is a conference's address (about)"),
    Fault("tables.row_pwc", "results", 0.08, "paper_url is the old site's address (about)"),
    Fault("tables.row_title_only", "results", 0.07, "the paper is named by its title alone (about)"),
    Fault("tables.row_no_paper", "results", 0.14, "no paper is named (about)"),
    Fault("tables.row_repeated", "results", 0.015, "a (model, paper) pair that the board has already (about)"),
    Fault("tables.row_date_null", "results", 0.05, "paper_date is null though a paper is named (about)"),
    Fault("tables.cell_missing", "cells", 0.12, "a metric of the board that the row lacks (about)"),
    # methods
    Fault("methods.spam", "methods", 0.768, "spam"),
    Fault("methods.paper_null", "methods", 0.08, "paper is null (about)"),
    Fault("methods.year_filler", "methods", 0.12, "introduced_year is the filler 2000 (about, of those that are no spam)"),
    Fault("methods.no_collection", "methods", 0.03, "collections is empty (about)"),
    Fault("methods.latex", "methods", 0.13, "LaTeX in the description (about)"),
    Fault("methods.crlf", "methods", 0.15, "CRLF in the description (about)"),
    # datasets
    Fault("datasets.spam", "datasets", 0.02, "spam (about)"),
    Fault("datasets.date_null", "datasets", 0.35, "introduced_date is null (about)"),
    Fault("datasets.external_paper", "datasets", 0.10, "paper.url is no page of the old site (about)"),
    Fault("datasets.no_variants", "datasets", 0.05, "variants is empty (about)"),
)  # fmt: skip

CELL_KINDS = {
    "percent": 0.109,
    "scaled": 0.025,  # K, M, B, G
    "placeholder": 0.005,
    "number_with_text": 0.004,
    "yes_no": 0.003,
    "text": 0.0025,
    "json_number": 0.002,  # an estimate; the real files and the other sources of the format have them
    "pair": 0.0014,
    "deviation": 0.0008,
    "footnote": 0.0004,
    "thousands_comma": 0.0002,
    "decimal_comma": 0.0001,
    "byte_order_mark": 0.0001,
    "bold": 0.0001,
}
"""Shares of metric cells by how the value is written; the rest, 85 %, are plain numbers in text."""

PLAIN = "plain"

_BY_KEY = {fault.key: fault for fault in FAULTS}


class Planter:
    """Chooses which rows have a fault and counts them.

    Each fault has a stream of its own, so one fault's rows do not depend on another's. With `at_least_one`, every fault
    is there even in the smallest archive.
    """

    def __init__(self, seed: int, *, era: str, at_least_one: bool) -> None:
        self._seed, self._era, self._least = seed, era, int(at_least_one)
        self.planted: Counter[str] = Counter()

    def choose(self, key: str, *, among: Flags, least: int = 1) -> Flags:
        """Which rows have the fault: its share of all rows, but at least `least`, taken from those that `among` allows."""
        candidates = np.flatnonzero(among)
        wanted = min(len(candidates), max(self._least * least, round(_BY_KEY[key].share * len(among))))
        chosen = np.zeros(len(among), dtype=np.bool_)
        chosen[stream(self._seed, self._era, key).choice(candidates, wanted, replace=False)] = True
        self.planted[key] += wanted
        return chosen

    def choose_any(self, key: str, count: int) -> Flags:
        """The same among all of `count` rows."""
        return self.choose(key, among=np.ones(count, dtype=np.bool_))
