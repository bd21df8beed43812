"""Storing the links between papers and code.

Rows are staged as they come; what they name is found in the database, set by set. A link may name a paper that no papers dump
brought yet: the paper is made from what the link says of it, its other keys noted as absent, and the papers dump completes
it when it comes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from papers.archive import papers_with_abstracts
from papers.archive.copy_text import json_text
from papers.archive.link_survey import Row, Survey, record_of
from papers.archive.links import LinkRecord, merge, raw_beside
from papers.archive.prepared_papers import COLUMNS as PAPER_COLUMNS
from papers.archive.report import FileReport
from papers.archive.session import Session
from papers.archive.slug_desk import SlugDesk
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


Read = Callable[[], Iterable[Row]]


class LinkLoader:
    """Stores the links of one dump; the caller holds the transaction and the import's lock."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._links = Upsert(session, PaperRepository, _COLUMNS)
        self._repositories = Upsert(session, Repository, ("key", "url", "framework"))

    @cached_property
    def _papers(self) -> Upsert:
        """Needed for papers alone that no dump of papers brought; it reads the keys of all."""
        return Upsert(self._session, Paper, PAPER_COLUMNS, made_once=("slug",))

    @cached_property
    def _slugs(self) -> SlugDesk:
        kind = SlugHistory.Kind.PAPER
        return SlugDesk(Paper, session=self._session, kind=kind, also_taken=self._papers.ledger)

    @property
    def known(self) -> int:
        """How many links of the archive there were, or are by now."""
        return len(self._links.ledger)

    def load(self, read: Read, *, report: FileReport) -> None:
        """Store the links of one file, which `read` begins to read anew each time, and count them.

        The first reading finds which links stand in several rows and how repositories are called, so that the second can
        store the others batch by batch: held whole, the final archive's links would take half a gigabyte.
        """
        survey = Survey(read())
        made = 0
        for batch in batches(_records(read(), survey, report), size=BATCH):
            made += self._store(batch, survey, report)
        if made:
            report.notes.append(f"papers known from their links alone: {made:,}; import papers-with-abstracts to complete them")

    def finish(self, *, is_complete: bool) -> int:
        """After the last file: links that a complete dump no longer states become tombstones; how many."""
        return self._links.tombstone_unseen() if is_complete else 0

    def unseen(self) -> int:
        """How many links no file of this import stated."""
        return sum(1 for _ in self._links.ledger.unseen())

    def _store(self, records: Sequence[LinkRecord], survey: Survey, report: FileReport) -> int:
        """Store one batch; how many papers had to be made for it."""
        papers = self._known_papers(records)
        made = self._make_papers([record for record in records if record.paper_key not in papers], papers)
        for record in records:
            self._put(record, papers[record.paper_key], survey, report)
        self._repositories.flush()
        changed = len(self._links.flush().changed)
        report.changed += changed
        report.same -= changed
        return made

    def _put(self, record: LinkRecord, paper: "_Paper", survey: Survey, report: FileReport) -> None:
        url, framework = survey.repositories[record.repository_key]
        repository = self._repositories.put(record.repository_key, (record.repository_key, url, framework)).id
        raw = raw_beside(record, paper={name: getattr(paper, name) for name in ("title", "arxiv_id", "url_abs", "url_pdf")})
        if record.url != url:
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


class _Paper(NamedTuple):
    """What is known of a paper that links state too."""

    id: int
    title: str | None
    arxiv_id: str | None
    url_abs: str | None
    url_pdf: str | None


def _records(rows: Iterable[Row], survey: Survey, report: FileReport) -> Iterator[LinkRecord]:
    """The links of a file, each once; those of several rows come last."""
    repeated: dict[str, LinkRecord] = {}
    for row in rows:
        found = record_of(row, report)
        if found is None:
            continue
        record, decoded = found
        if record.key not in survey.repeated:
            yield record
        elif record.key in repeated:
            merge(repeated[record.key], record, values=decoded.values)
            report.repeated += 1
        else:
            repeated[record.key] = record
    yield from repeated.values()
