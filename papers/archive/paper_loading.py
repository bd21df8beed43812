"""Storing the records of papers-with-abstracts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils import timezone

from papers.archive.fields import RowFault
from papers.archive.keys import bounded
from papers.archive.method_loading import MethodDesk
from papers.archive.naming import NameDesk, adoption_by_name
from papers.archive.papers_with_abstracts import PaperRecord, ProceedingRecord, parse
from papers.archive.places import sync_places
from papers.archive.reader import ArchiveRow, RejectedRow
from papers.archive.report import FileReport
from papers.archive.slug_desk import SlugDesk
from papers.archive.upsert import Incoming, Stored, batches, is_open_to, upsert
from papers.catalogue_row import Source
from papers.models import Author, Conference, Paper, PaperAuthor, PaperMethod, PaperTask, Proceeding, SlugHistory, Task
from papers.slugs import slugify_title


def load(rows: Iterable[ArchiveRow | RejectedRow], *, source: Source, report: FileReport) -> None:
    """Store the papers of one file and count them; the caller holds the transaction and the import's lock."""
    desk = _PaperDesk(source)
    for batch in batches(_records(rows, report)):
        stored = desk.store(batch)
        report.count(new=len(stored.new), changed=len(stored.changed), same=len(batch) - len(stored.new) - len(stored.changed))


def _records(rows: Iterable[ArchiveRow | RejectedRow], report: FileReport) -> Iterator[PaperRecord]:
    """The rows that can be stored, each paper once: the first row of a paper counts."""
    seen: set[str] = set()
    for row in rows:
        if isinstance(row, RejectedRow):
            report.reject(row.number, row.reason)
            continue
        try:
            record = parse(row.values)
        except RowFault as fault:
            report.reject(row.number, str(fault))
            continue
        if record.key in seen:
            report.reject(row.number, f"repeats the paper_url of an earlier row ({record.key[:100]})")
            continue
        seen.add(record.key)
        yield record


class _PaperDesk:
    """Stores batches of papers with the people, places and subjects that they name."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._authors = NameDesk(Author, source=source)
        self._tasks = NameDesk(Task, source=source, is_mention=True)
        self._conferences = NameDesk(Conference, source=source)
        self._proceedings: dict[str, int] = {}
        self._methods = MethodDesk(source)
        self._paper_slugs = SlugDesk(Paper, kind=SlugHistory.Kind.PAPER)
        self._proceeding_slugs = SlugDesk(Proceeding)

    def store(self, records: Sequence[PaperRecord]) -> Stored[Paper]:
        """Store one batch; `changed` counts a paper whose lists changed too."""
        self._store_proceedings([record.proceeding for record in records if record.proceeding])
        incoming = [self._incoming(record) for record in records]
        stored = upsert(Paper, incoming, source=self._source, slugs=self._paper_slugs)
        self._keep_code_counts(records, stored)
        own = [record for record in records if is_open_to(stored.rows[record.key], source=self._source)]
        moved = self._sync_lists(own, stored)
        late = [key for key in moved if key not in stored.new and key not in stored.changed]
        Paper.objects.filter(pk__in=[stored.rows[key].pk for key in late]).update(updated_at=timezone.now())
        stored.changed.update(late)
        return stored

    def _incoming(self, record: PaperRecord) -> Incoming:
        fields: dict[str, Any] = {
            **record.columns,
            "abstract_by": record.abstract_by,
            "proceeding_id": self._proceedings[record.proceeding.name] if record.proceeding else None,
            "archive_raw": record.raw,
            "archive_absent": record.absent,
            "archive_extra": record.extra,
        }
        return Incoming(record.key, fields, record.slug)

    def _keep_code_counts(self, records: Sequence[PaperRecord], stored: Stored[Paper]) -> None:
        """Set the counts that the dump states; where it states none, what is known stays."""
        stated = {record.key: record.code_count for record in records if record.code_count is not None}
        differing = [
            paper
            for key, count in stated.items()
            if is_open_to(paper := stored.rows[key], source=self._source)
            and paper.archive_code_count != count
            and "archive_code_count" not in paper.edited_fields
        ]
        for paper in differing:
            paper.archive_code_count, paper.updated_at = stated[str(paper.archive_key)], timezone.now()
        Paper.objects.bulk_update(differing, ["archive_code_count", "updated_at"])
        stored.changed.update({str(paper.archive_key) for paper in differing} - stored.new)

    def _sync_lists(self, records: Sequence[PaperRecord], stored: Stored[Paper]) -> list[str]:
        """Bring authors, tasks and methods of the papers up to date; the keys of those where something moved."""
        authors = self._authors.ids(name for record in records for name in record.authors)
        tasks = self._tasks.ids(name for record in records for name in record.tasks)
        methods = self._methods.ids(method for record in records for method in record.methods)
        moved: set[int] = set()
        for through, field, wanted in (
            (PaperAuthor, "author", {record.key: [authors[name] for name in record.authors] for record in records}),
            (PaperTask, "task", {record.key: [tasks[name] for name in record.tasks] for record in records}),
            (PaperMethod, "method", {record.key: [methods[method.name] for method in record.methods] for record in records}),
        ):
            papers = {
                stored.rows[key].pk: ids for key, ids in wanted.items() if f"{field}s" not in stored.rows[key].edited_fields
            }
            moved |= sync_places(through, owner="paper", item=field, wanted=papers)
        return [record.key for record in records if stored.rows[record.key].pk in moved]

    def _store_proceedings(self, records: Sequence[ProceedingRecord]) -> None:
        new = {record.name: record for record in records if record.name not in self._proceedings}
        conferences = self._conferences.ids(record.conference for record in new.values() if record.conference)
        rows = [
            Incoming(
                bounded(record.name),
                {
                    "name": record.name,
                    "conference_id": conferences[record.conference] if record.conference else None,
                    "year": record.year,
                    "month": record.month,
                },
                slugify_title(record.name, fallback="proceeding"),
            )
            for record in new.values()
        ]
        stored = upsert(Proceeding, rows, source=self._source, slugs=self._proceeding_slugs, adopt=adoption_by_name(Proceeding))
        self._proceedings.update((name, stored.rows[bounded(name)].pk) for name in new)
