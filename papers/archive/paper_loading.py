"""Storing the records of papers-with-abstracts.

One thread parses and finds out what is new, while another brings batches into the database.
"""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from papers.archive.copy_text import EMPTY_OBJECT, NULL, escaped, json_text
from papers.archive.fields import RowFault
from papers.archive.keys import bounded
from papers.archive.method_loading import MethodDesk
from papers.archive.naming import NameDesk, made_by_people
from papers.archive.ordered_lists import ListStage
from papers.archive.papers_with_abstracts import ProceedingRecord, key_of, parse
from papers.archive.pipeline import Pipeline
from papers.archive.plain_papers import PlainPapers
from papers.archive.prepared_papers import COLUMNS, Prepared, prepared
from papers.archive.report import FileReport
from papers.archive.row_decoding import decoded
from papers.archive.rows import ArchiveRow, RawRow, RejectedRow
from papers.archive.session import Session
from papers.archive.slug_desk import SlugDesk
from papers.archive.upsert import Upsert
from papers.models import Author, Conference, Paper, Proceeding, SlugHistory, Task
from papers.slugs import slugify_title

BATCH = 2500
MOST_DEFERRED = 20_000

Row = Prepared | RawRow | ArchiveRow | RejectedRow
"""A paper that was made ready elsewhere, a row as its text or decoded, or one that is none."""


class PaperLoader:
    """Stores the papers of one dump, which may come in several files, with the people, places and subjects that they name.

    `task_addresses` and `harvested` give addresses that the dumps state: of tasks by name, and of papers. The caller holds
    the transaction and the import's lock.
    """

    def __init__(
        self, session: Session, *, task_addresses: dict[str, str] | None = None, harvested: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self._session = session
        self._authors = NameDesk(Author, session=session)
        self._tasks = NameDesk(Task, session=session, addresses=task_addresses)
        self._conferences = NameDesk(Conference, session=session)
        self._methods = MethodDesk(session)
        self._proceedings = _Proceedings(session)
        self._papers = Upsert(session, Paper, COLUMNS, made_once=("slug",), kept_if_null=("archive_code_count",))
        self._slugs = SlugDesk(
            Paper, session=session, kind=SlugHistory.Kind.PAPER, harvested=harvested, also_taken=self._papers.ledger
        )
        self._lists = [_list(session, "author"), _list(session, "task"), _list(session, "method")]
        self._plain = PlainPapers()

    def stated_before(self) -> tuple[int, int]:
        """How many papers of the dump before this one it states still, and how many no file of it stated."""
        return self._papers.ledger.stated_before()

    def load(self, rows: Iterable[Row], *, report: FileReport) -> None:
        """Store the papers of one file and count them."""
        changed: set[str] = set()
        with Pipeline() as pipeline, _without_collector():
            for count, paper in enumerate(self._in_order(rows, report), start=1):
                self._put(paper, report)
                if count % BATCH == 0:
                    self._send(pipeline, changed, is_last=False)
            self._send(pipeline, changed, is_last=True)
        report.changed += len(changed)
        report.same -= len(changed)

    def finish(self, *, is_complete: bool) -> int:
        """After the last file: papers that a complete dump no longer states become tombstones; how many."""
        return self._papers.tombstone_unseen() if is_complete else 0

    def _in_order(self, rows: Iterable[Row], report: FileReport) -> Iterator[Prepared]:
        """The papers of a file; those whose address has to be made come last, when all that the file states are taken."""
        deferred: list[Prepared] = []
        for row in rows:
            paper = self._read(row, report)
            if paper is None:
                continue
            if paper.key == paper.slug or len(deferred) >= MOST_DEFERRED:
                yield paper
            else:
                deferred.append(paper)
        yield from deferred

    def _read(self, row: Row, report: FileReport) -> Prepared | None:
        if isinstance(row, Prepared):
            paper: Prepared | None = row
        else:
            paper = (self._plain.prepare(row.data) if isinstance(row, RawRow) else None) or self._carefully(row, report)
        if paper is not None and self._papers.ledger.is_seen(paper.key):
            report.reject(row.number, f"repeats the paper_url of an earlier row ({paper.key[:100]})")
            return None
        return paper

    def _carefully(self, row: RawRow | ArchiveRow | RejectedRow, report: FileReport) -> Prepared | None:
        """The paper of a row that is odd in some way; None for one that cannot be used, which is counted."""
        read = decoded(row) if isinstance(row, RawRow) else row
        if isinstance(read, RejectedRow):
            report.reject(read.number, read.reason)
            return None
        try:
            return prepared(parse(read.values))
        except RowFault as fault:
            report.reject(read.number, str(fault))
            if key := key_of(read.values):
                self._papers.ledger.name(key)
            return None

    def _put(self, paper: Prepared, report: FileReport) -> None:
        methods, own_methods = self._method_ids(paper)
        lists = (self._authors.ids(paper.authors), self._tasks.ids(paper.tasks), methods)
        raw = _raw_text(paper, own_methods)
        proceeding = self._proceedings.id_of(paper.proceeding, conference=self._conferences) if paper.proceeding else NULL
        text = b"%b\t%b" % (paper.text, f"{escaped(raw)}\t{proceeding}".encode())
        is_known = paper.key in self._papers.ledger
        slug = "" if is_known else self._slugs.give(paper.slug, is_stated=paper.key == paper.slug)
        put = self._papers.put_text(paper.key, text, beside=f"{lists}", once=slug.encode())
        report.new += put.is_new
        report.same += not put.is_new
        if put.is_other:
            for stage, items in zip(self._lists, lists, strict=True):
                stage.add(put.id, items, is_new=put.is_new)

    def _method_ids(self, record: Prepared) -> tuple[list[int], str]:
        """Ids of the methods, and the whole list as JSON where one is said to be another thing than an earlier paper said."""
        if not record.methods:
            return [], ""
        found = [self._methods.id_of(method) for method in record.methods]
        differs = not all(is_same for _, is_same in found) and "methods" not in record.raw
        own = f"[{', '.join(map(self._methods.text_of, record.methods))}]" if differs else ""
        return [row_id for row_id, _ in found], own

    def _send(self, pipeline: Pipeline, changed: set[str], *, is_last: bool) -> None:
        """Hand what was taken to the thread that stores it, what is named before what names it."""
        named = [(desk, desk.take()) for desk in (self._conferences, self._authors, self._tasks)]
        proceedings, methods, papers = self._proceedings.rows.take(), self._methods.take(), self._papers.take()
        lists = [(stage, stage.take(is_last=is_last)) for stage in self._lists]

        def store() -> None:
            for desk, taken in named:
                desk.store(*taken)
            self._proceedings.rows.store(*proceedings)
            methods()
            changed.update(self._papers.store(*papers).changed)
            for stage, lines in lists:
                changed.update(stage.bring_over(*lines))

        pipeline.submit(store)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Without the cycle collector, which would walk millions of entries again and again to find nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Proceedings:
    """Meetings of conferences, by the archive's free text."""

    def __init__(self, session: Session) -> None:
        adopted = {bounded(name): row_id for name, row_id in made_by_people(Proceeding, session).items()}
        columns = ("name", "conference_id", "year", "month")
        self.rows = Upsert(session, Proceeding, columns, made_once=("slug",), adopted=adopted)
        self._slugs = SlugDesk(Proceeding, session=session)
        self._ids: dict[str, int] = {}

    def id_of(self, record: ProceedingRecord, *, conference: NameDesk) -> int:
        found = self._ids.get(record.name)
        if found is None:
            key = bounded(record.name)
            is_known = key in self.rows.ledger
            slug = "" if is_known else self._slugs.give(slugify_title(record.name, fallback="proceeding"))
            held = conference.id_of(record.conference) if record.conference else None
            found = self._ids[record.name] = self.rows.put(key, (record.name, held, record.year, record.month), once=[slug]).id
        return found


def _raw_text(paper: Prepared, own_methods: str) -> str:
    """What columns cannot give back, as JSON; with the methods where the paper tells them in its own way."""
    if not own_methods:
        return json_text(paper.raw) if paper.raw else EMPTY_OBJECT
    others = json_text(paper.raw)[1:-1]
    return f'{{"methods": {own_methods}{f", {others}" if others else ""}}}'


def _list(session: Session, item: str) -> ListStage:
    return ListStage(
        session,
        f"papers_paper{item}",
        owner="paper_id",
        item=f"{item}_id",
        owner_table="papers_paper",
        item_table=f"papers_{item}",
        field_name=f"{item}s",
    )
