"""Storing the links between papers and code.

Rows are staged as they come; what they name is found in the database, set by set. A link may name a paper that no papers dump
brought yet: the paper is made from what the link says of it, its other keys noted as absent, and the papers dump completes
it when it comes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from papers.archive import papers_with_abstracts
from papers.archive.copy_text import json_text
from papers.archive.ledger import Ledger
from papers.archive.link_survey import Row, Survey, record_of
from papers.archive.links import LinkRecord, merge, raw_beside
from papers.archive.natural_keys import NaturalKeys
from papers.archive.prepared_papers import COLUMNS as PAPER_COLUMNS
from papers.archive.report import FileReport
from papers.archive.session import Session
from papers.archive.slug_desk import SlugDesk
from papers.archive.text import JsonObject
from papers.archive.upsert import Upsert, batches
from papers.hidden_keys import hidden
from papers.models import Paper, PaperRepository, Repository, SlugHistory

BATCH = 5000
KNOWN_FROM_LINKS = {"_known_from": "links-between-papers-and-code"}

_SAID_BY_LINKS = {"paper_url", "title", "arxiv_id", "url_abs", "url_pdf"}
_COLUMNS = (
    "paper_id", "repository_id", "is_official", "mentioned_in_paper", "mentioned_in_github", "framework", "archive_raw",
    "archive_absent", "archive_extra",
)  # fmt: skip
_FOUND = "SELECT archive_key, id, title, arxiv_id, url_abs, url_pdf FROM papers_paper WHERE archive_key = ANY(%s)"


class LinkLoader:
    """Stores the links of one dump; the caller holds the transaction and the import's lock.

    `harvested` gives the addresses of papers that the dumps state: no other paper gets one of them.
    """

    def __init__(self, session: Session, *, harvested: Callable[[], Iterable[str]] = tuple) -> None:
        self._session = session
        self._harvested = harvested
        self._links = Upsert(session, PaperRepository, _COLUMNS)
        self._repositories = Upsert(session, Repository, ("key", "url", "framework"))
        self._link_places = NaturalKeys(session, PaperRepository, ("paper_id", "repository_id"))
        self._repository_places = NaturalKeys(session, Repository, ("key",))
        self._lent: dict[str, int] = {}

    @cached_property
    def _papers(self) -> Upsert:
        """Needed for papers alone that no dump of papers brought; it reads the keys of all."""
        return Upsert(self._session, Paper, PAPER_COLUMNS, made_once=("slug",))

    @cached_property
    def _slugs(self) -> SlugDesk:
        kind = SlugHistory.Kind.PAPER
        return SlugDesk(Paper, session=self._session, kind=kind, harvested=self._harvested, also_taken=self._papers.ledger)

    def stated_before(self) -> tuple[int, int]:
        """How many links of the dump before this one it states still, and how many no file of it stated."""
        return self._links.ledger.stated_before()

    def load(self, rows: Iterable[Row], *, survey: Survey, number: int, report: FileReport) -> None:
        """Store the links of one file, and count them; `number` is that of the file in the survey.

        The survey has read all files before. It tells which links stand in several rows and how repositories are called, so
        that the others can be stored batch by batch: held whole, the final archive's links would take half a gigabyte. A link
        that an earlier file and one that cannot be stored have in common is not stored.
        """
        made = 0
        links = _Rows(rows, survey, number=number, report=report, ledger=self._links.ledger)
        for batch in batches(links, size=BATCH):
            made += self._store(batch, survey, report)
        links.keep()
        if made:
            report.notes.append(f"papers known from their links alone: {made:,}; import papers-with-abstracts to complete them")

    def finish(self, *, is_complete: bool) -> int:
        """After the last file: links that a complete dump no longer states become tombstones; how many."""
        return self._links.tombstone_unseen() if is_complete else 0

    def _store(self, records: Sequence[LinkRecord], survey: Survey, report: FileReport) -> int:
        """Store one batch; how many papers had to be made for it."""
        papers = self._known_papers(records)
        made = self._make_papers([record for record in records if record.paper_key not in papers], papers)
        repositories = self._repository_ids(records, survey)
        wanted = {record.key: (papers[record.paper_key].id, repositories[record.repository_key]) for record in records}
        refused = self._link_places.settle(self._links, wanted, stated=survey.links)
        for record in records:
            if record.key in refused:
                report.refuse(_called(record), "has the place that a person gave to another link of the dump")
            else:
                self._put(record, papers[record.paper_key], repositories[record.repository_key], survey, report)
        self._repositories.flush()
        changed = len(self._links.flush().changed)
        report.changed += changed
        report.same -= changed
        return made

    def _repository_ids(self, records: Sequence[LinkRecord], survey: Survey) -> dict[str, int]:
        """Ids of the repositories by key; one in whose place a person put another of the dump's lends its links to that one."""
        keys = {record.repository_key: None for record in records if record.repository_key not in self._lent}
        refused = self._repository_places.settle(self._repositories, {key: (key,) for key in keys}, stated=survey.repositories)
        self._lent |= {key: row_id for key, row_id in refused.items() if row_id is not None}
        stored = {key: self._repositories.put(key, (key, *survey.repositories[key])).id for key in keys if key not in self._lent}
        return {**self._lent, **stored}

    def _put(self, record: LinkRecord, paper: "_Paper", repository: int, survey: Survey, report: FileReport) -> None:
        raw = raw_beside(record, paper={name: getattr(paper, name) for name in ("title", "arxiv_id", "url_abs", "url_pdf")})
        if record.repository_key in self._lent or record.url != survey.repositories[record.repository_key][0]:
            raw["repo_url"] = record.url
        flags = (record.is_official, record.mentioned_in_paper, record.mentioned_in_github)
        put = self._links.put(
            record.key,
            (paper.id, repository, *flags, record.framework, json_text(raw), record.absent, json_text(record.extra)),
        )
        report.new += put.is_new
        report.same += not put.is_new

    def _known_papers(self, records: Sequence[LinkRecord]) -> dict[str, "_Paper"]:
        keys = {record.paper_key for record in records}
        redacted = {hidden(key): key for key in keys}
        rows = self._session.rows(_FOUND, [[*keys, *redacted]])
        return {redacted.get(key, key): _Paper(*columns) for key, *columns in rows}

    def _make_papers(self, records: Sequence[LinkRecord], papers: dict[str, "_Paper"]) -> int:
        """Make papers of what the first link to each says; they are added to `papers`."""
        before = len(papers)
        for record in records:
            if record.paper_key not in papers:
                papers[record.paper_key] = self._make_paper(record)
        if len(papers) > before:
            self._papers.flush()
        return len(papers) - before

    def _make_paper(self, record: LinkRecord) -> "_Paper":
        said = {**dict.fromkeys(PAPER_COLUMNS), **record.paper, "abstract_by": "authors"}
        said |= {
            "archive_raw": json_text(record.paper_raw),
            "archive_absent": [key for key in papers_with_abstracts.SCHEMA if key not in _SAID_BY_LINKS],
            "archive_extra": json_text(KNOWN_FROM_LINKS),
        }
        is_known = record.paper_key in self._papers.ledger
        slug = "" if is_known else self._slugs.give(record.paper_slug, is_stated=record.paper_slug == record.paper_key)
        row_id = self._papers.put(record.paper_key, [said[name] for name in PAPER_COLUMNS], once=(slug,)).id
        return _Paper(row_id, *(record.paper[name] for name in ("title", "arxiv_id", "url_abs", "url_pdf")))


def _called(record: LinkRecord) -> str:
    return f"the link from {record.paper_key[:100]} to {record.url[:100]}"


class _Paper(NamedTuple):
    """What is known of a paper that links state too."""

    id: int
    title: str | None
    arxiv_id: str | None
    url_abs: str | None
    url_pdf: str | None


class _Rows:
    """The links of one file, each once; those of several rows come last, and in the last of the files that have them.

    What earlier files said of those is read from the survey; `keep` puts there what later ones need, once the file is stored.
    """

    def __init__(self, rows: Iterable[Row], survey: Survey, *, number: int, report: FileReport, ledger: Ledger) -> None:
        self._rows = rows
        self._ledger = ledger
        self._survey = survey
        self._number = number
        self._report = report
        self._repeated: dict[str, LinkRecord] = {}

    def __iter__(self) -> Iterator[LinkRecord]:
        for row in self._rows:
            found = record_of(row, self._report, ledger=self._ledger)
            if found is None:
                continue
            record, decoded = found
            if record.key in self._survey.repeated:
                self._take(record, decoded.values)
            else:
                yield record
        yield from (record for key, record in self._repeated.items() if self._is_last(key))

    def keep(self) -> None:
        """Have the links of this file that stand in later ones too wait for those."""
        self._survey.waiting |= {key: record for key, record in self._repeated.items() if not self._is_last(key)}

    def _is_last(self, key: str) -> bool:
        return self._survey.repeated[key] == self._number

    def _take(self, record: LinkRecord, values: JsonObject) -> None:
        """Add a row to what the others say; one row of a link is counted when it is stored, the others here."""
        held, earlier = self._repeated.get(record.key), self._survey.waiting.get(record.key)
        self._report.repeated += held is not None or not self._is_last(record.key)
        if held is None and earlier is not None:
            # A copy: should this file fail, the earlier ones' links are to stay what they were.
            held = replace(earlier, raw=dict(earlier.raw), repeats=list(earlier.repeats))
        if held is not None:
            merge(held, record, values=values)
        self._repeated[record.key] = held or record
