"""Storing the links between papers and code.

A link may name a paper that no papers dump brought yet: the paper is made from what the link says of it, its other keys
noted as absent, and the papers dump completes it when it comes.
"""

from collections.abc import Iterable, Sequence

from papers.archive import papers_with_abstracts
from papers.archive.fields import RowFault
from papers.archive.links import LinkRecord, merge, parse, raw_beside
from papers.archive.reader import ArchiveRow, RejectedRow
from papers.archive.report import FileReport
from papers.archive.slug_desk import SlugDesk
from papers.archive.upsert import Incoming, batches, upsert
from papers.catalogue_row import Source
from papers.models import Paper, PaperRepository, Repository, SlugHistory

KNOWN_FROM_LINKS = {"_known_from": "links-between-papers-and-code"}

_SAID_BY_LINKS = {"paper_url", "title", "arxiv_id", "url_abs", "url_pdf"}


def load(rows: Iterable[ArchiveRow | RejectedRow], *, source: Source, report: FileReport) -> None:
    """Store the links of one file and count them; the caller holds the transaction and the import's lock.

    The whole file's links are held in memory (under a kilobyte each), because rows of one link may stand far apart.
    """
    slugs = SlugDesk(Paper, kind=SlugHistory.Kind.PAPER)
    made = 0
    records = _records(rows, report)
    described = _described_repositories(records.values())
    for batch in batches(records.values()):
        papers, new_papers = _papers(batch, source=source, slugs=slugs)
        repositories = upsert(Repository, _once(described[record.repository_key] for record in batch), source=source).rows
        incoming = [_incoming(record, papers[record.paper_key], repositories[record.repository_key]) for record in batch]
        stored = upsert(PaperRepository, incoming, source=source)
        report.count(new=len(stored.new), changed=len(stored.changed), same=len(batch) - len(stored.new) - len(stored.changed))
        made += new_papers
    if made:
        report.notes.append(f"papers known from their links alone: {made:,}; import papers-with-abstracts to complete them")


def _records(rows: Iterable[ArchiveRow | RejectedRow], report: FileReport) -> dict[str, LinkRecord]:
    records: dict[str, LinkRecord] = {}
    for row in rows:
        if isinstance(row, RejectedRow):
            report.reject(row.number, row.reason)
            continue
        try:
            record = parse(row.values)
        except RowFault as fault:
            report.reject(row.number, str(fault))
            continue
        if record.key in records:
            merge(records[record.key], record, values=row.values)
            report.repeated += 1
        else:
            records[record.key] = record
    return records


def _papers(records: Sequence[LinkRecord], *, source: Source, slugs: SlugDesk) -> tuple[dict[str, Paper], int]:
    """The papers of these links by archive key, and how many of them had to be made."""
    by_key = {record.paper_key: record for record in reversed(records)}
    held = {str(paper.archive_key): paper for paper in Paper.objects.filter(archive_key__in=list(by_key))}
    missing = [_paper(record) for key, record in by_key.items() if key not in held]
    made = upsert(Paper, missing, source=source, slugs=slugs)
    return {**held, **made.rows}, len(made.new)


def _paper(record: LinkRecord) -> Incoming:
    absent = [key for key in papers_with_abstracts.SCHEMA if key not in _SAID_BY_LINKS]
    fields = {**record.paper, "archive_raw": record.paper_raw, "archive_absent": absent, "archive_extra": KNOWN_FROM_LINKS}
    return Incoming(record.paper_key, fields, record.paper_slug)


def _described_repositories(records: Iterable[LinkRecord]) -> dict[str, Incoming]:
    """The repositories of a file by key: the spelling that comes first, and the first framework that any row names."""
    urls: dict[str, str] = {}
    frameworks: dict[str, str | None] = {}
    for record in records:
        urls.setdefault(record.repository_key, record.url)
        if not frameworks.get(record.repository_key):
            frameworks[record.repository_key] = record.framework if record.framework != "none" else None
    return {key: Incoming(key, {"key": key, "url": url, "framework": frameworks[key]}) for key, url in urls.items()}


def _once(rows: Iterable[Incoming]) -> list[Incoming]:
    return list({row.key: row for row in rows}.values())


def _incoming(record: LinkRecord, paper: Paper, repository: Repository) -> Incoming:
    known = {"title": paper.title, "arxiv_id": paper.arxiv_id, "url_abs": paper.url_abs, "url_pdf": paper.url_pdf}
    raw = raw_beside(record, paper=known)
    if record.url != repository.url:
        raw["repo_url"] = record.url
    return Incoming(
        record.key,
        {
            "paper_id": paper.pk,
            "repository_id": repository.pk,
            "is_official": record.is_official,
            "mentioned_in_paper": record.mentioned_in_paper,
            "mentioned_in_github": record.mentioned_in_github,
            "framework": record.framework,
            "archive_raw": raw,
            "archive_absent": record.absent,
            "archive_extra": record.extra,
        },
    )
