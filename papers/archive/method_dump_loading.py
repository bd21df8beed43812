"""Storing the records of the methods dump."""

from collections.abc import Iterable

from papers.archive.aliases import add_aliases
from papers.archive.carried_methods import TEXTS, CarriedMethods
from papers.archive.copy_text import json_text
from papers.archive.keys import bounded
from papers.archive.methods import MethodDumpRecord, parse
from papers.archive.named_records import RecordReader
from papers.archive.naming import made_by_people
from papers.archive.ordered_lists import ListStage
from papers.archive.report import DumpKind, FileReport
from papers.archive.rows import ArchiveRow, RejectedRow
from papers.archive.screening import judge_method
from papers.archive.session import Session
from papers.archive.slug_desk import SlugDesk
from papers.archive.staging import literal
from papers.archive.upsert import BATCH, Upsert, batches
from papers.models import Method, MethodCollection, SlugHistory
from papers.slugs import slugify_title

_COLUMNS = ("name", *TEXTS, "archive_paper_count", "archive_raw", "archive_absent", "archive_extra", "spam_reason")


class MethodDumpLoader:
    """Stores the methods of one dump, which may come in several files; the caller holds the transaction and the import's lock.

    Columns say what this dump says, also of a method that papers brought first; what papers say otherwise is kept beside.
    `link_introductions` joins the methods to their papers when those are there.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._adopted = {bounded(name): row_id for name, row_id in made_by_people(Method, session).items()}
        self._rows = Upsert(session, Method, _COLUMNS, made_once=("slug",), adopted=self._adopted)
        self._slugs = SlugDesk(Method, session=session, kind=SlugHistory.Kind.METHOD)
        self._carried = CarriedMethods(session)
        self._collections = _Collections(session)
        self._lists = ListStage(
            session,
            "papers_method_collections",
            owner="method_id",
            item="methodcollection_id",
            owner_table="papers_method",
            item_table="papers_methodcollection",
            field_name="collections",
            position="",
        )
        self._reader = RecordReader(parse, noun="method", ledger=self._rows.ledger)
        self._aliases: list[tuple[str, int]] = []

    def stated_before(self) -> tuple[int, int]:
        """How many methods of the dump before this one it states still, and how many no file of it stated."""
        return self._rows.ledger.stated_before()

    def load(self, rows: Iterable[ArchiveRow | RejectedRow], *, report: FileReport) -> None:
        """Store the methods of one file and count them."""
        changed: set[str] = set()
        for batch in batches(self._reader.read(rows, report=report), size=BATCH):
            new = sum(self._put(key, record) for key, record in batch)
            report.count(new=new, changed=0, same=len(batch) - new)
            self._collections.rows.flush()
            changed |= self._rows.flush().changed | self._lists.flush()
        report.changed += len(changed)
        report.same -= len(changed)
        add_aliases(self._session, kind=SlugHistory.Kind.METHOD, table="papers_method", pairs=self._aliases)
        self._aliases.clear()

    def finish(self, *, is_complete: bool) -> int:
        """After the last file: methods that a complete dump no longer states become tombstones; how many.

        Those that papers carry stay.
        """
        if not is_complete:
            return 0
        papers = literal(DumpKind.PAPERS.value)
        self._session.run(
            f"UPDATE papers_method SET archive_dumps = archive_dumps || {papers}::text WHERE archive_key IS NOT NULL"
            f" AND NOT {papers} = ANY(archive_dumps) AND id IN (SELECT method_id FROM papers_papermethod)"
        )
        return self._rows.tombstone_unseen()

    def _put(self, key: str, record: MethodDumpRecord) -> bool:
        """Take a method; whether it is new."""
        beside = self._carried.beside(key, columns=record.columns)
        texts = [record.columns[name] for name in (*TEXTS, "archive_paper_count")]
        said = [json_text({**record.raw, **beside}), record.absent, json_text(record.extra), _judgement(record)]
        is_known = key in self._rows.ledger or key in self._adopted
        put = self._rows.put(key, [record.name, *texts, *said], once=["" if is_known else self._slug(record)])
        if record.slug:
            self._aliases.append((record.slug, put.id))
        if put.is_other:
            collections = self._collections.ids(record.areas)
            self._lists.add(put.id, collections, is_new=put.is_new)
        return put.is_new

    def _slug(self, record: MethodDumpRecord) -> str:
        wanted = record.slug or slugify_title(record.name, fallback="method")
        return self._slugs.give(wanted, is_stated=record.slug is not None)


def _judgement(record: MethodDumpRecord) -> str:
    full_name, description, year = (record.columns[name] for name in ("full_name", "description", "introduced_year"))
    assert full_name is None or isinstance(full_name, str)
    assert description is None or isinstance(description, str)
    assert year is None or isinstance(year, int)
    return judge_method(record.name, full_name=full_name, description=description, introduced_year=year)


class _Collections:
    """Families of methods by name. Papers say more of them, so that those that papers brought stay as papers say."""

    def __init__(self, session: Session) -> None:
        self._adopted = {bounded(name): row_id for name, row_id in made_by_people(MethodCollection, session).items()}
        self.rows = Upsert(session, MethodCollection, ("name", "area"), made_once=("slug",), adopted=self._adopted)
        self._slugs = SlugDesk(MethodCollection, session=session)
        own = "SELECT archive_key FROM papers_methodcollection WHERE archive_dumps = ARRAY[%s]"
        self._own = {row[0] for row in session.rows(own, [DumpKind.METHODS.value])}
        self._ids: dict[str, int] = {}

    def ids(self, areas: dict[str, str | None]) -> list[int]:
        """Row ids of families, by name with their area; where methods disagree about an area, the first counts."""
        return [self._id(name, area) for name, area in areas.items()]

    def _id(self, name: str, area: str | None) -> int:
        if name not in self._ids:
            key = bounded(name)
            held = self.rows.ledger.id_of(key)
            self._ids[name] = held if held is not None and key not in self._own else self._put(key, name, area)
        return self._ids[name]

    def _put(self, key: str, name: str, area: str | None) -> int:
        is_known = key in self.rows.ledger or key in self._adopted
        slug = "" if is_known else self._slugs.give(slugify_title(name, fallback="collection"))
        return self.rows.put(key, (name, area), once=[slug]).id
