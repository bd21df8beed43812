"""Storing the methods that papers carry."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from papers.archive.copy_text import columns as copied
from papers.archive.copy_text import json_text
from papers.archive.export.methods import EMBEDDED, EMBEDDED_ABSENT, embedded_beside
from papers.archive.keys import bounded
from papers.archive.naming import made_by_people
from papers.archive.papers_with_abstracts import CollectionRecord, MethodRecord
from papers.archive.report import DumpKind
from papers.archive.screening import judge_method
from papers.archive.session import Session
from papers.archive.slug_desk import SlugDesk
from papers.archive.staging import Stage
from papers.archive.text import JsonObject
from papers.archive.upsert import Upsert
from papers.hidden_keys import hidden
from papers.models import Method, MethodCollection, SlugHistory
from papers.slugs import slugify_title

_TEXTS = ("full_name", "description", "introduced_year", "source_url", "source_title", "code_snippet_url")
_COLUMNS = ("name", *_TEXTS, "main_collection_id", "archive_raw", "archive_absent", "archive_extra", "spam_reason")

_MOST_REMEMBERED = 20_000


@dataclass(slots=True)
class _Stated:
    """A method that the methods dump states: its id and what its columns say already."""

    row_id: int
    digest: int
    main_collection: int | None
    raw: JsonObject
    columns: JsonObject


class MethodDesk:
    """Finds or makes methods and their families. Where papers of one import disagree about a method, the first counts.

    Of a method that the methods dump states, columns stay that dump's; what papers say otherwise is kept beside them.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._methods = Upsert(session, Method, _COLUMNS, made_once=("slug",), adopted=_adopted(Method, session))
        self._collections = Upsert(
            session,
            MethodCollection,
            ("name", "description", "parent_name", "area"),
            made_once=("slug",),
            adopted=_adopted(MethodCollection, session),
        )
        self._beside = Stage(session, Method, ("main_collection_id", "archive_raw"), label="_beside")
        self._slugs = SlugDesk(Method, session=session, kind=SlugHistory.Kind.METHOD)
        self._collection_slugs = SlugDesk(MethodCollection, session=session)
        self._stated = dict(_stated(session))
        self._known: dict[str, tuple[int, MethodRecord]] = {}
        self._collection_ids: dict[str, int] = {}
        # With the record, so that no other one can come to its place in memory.
        self._texts: dict[int, tuple[MethodRecord, str]] = {}

    def id_of(self, record: MethodRecord) -> tuple[int, bool]:
        """The method's id, and whether this record says of it what the first of this import said."""
        known = self._known.get(record.name)
        if known is None:
            row_id = self._meet(record)
            self._known[record.name] = row_id, record
            return row_id, True
        return known[0], known[1] is record or known[1] == record

    def text_of(self, record: MethodRecord) -> str:
        """The record as a paper carries it, as JSON; records repeat, so that each is written once."""
        known = self._texts.get(id(record))
        if known is None:
            if len(self._texts) >= _MOST_REMEMBERED:
                self._texts.clear()
            known = self._texts[id(record)] = record, json_text(record.values)
        return known[1]

    def take(self) -> Callable[[], None]:
        """What was taken since the last call, as the work that stores it."""
        collections, methods, beside = self._collections.take(), self._methods.take(), self._beside.take_lines()

        def store() -> None:
            self._collections.store(*collections)
            self._methods.store(*methods)
            self._beside.bring_over(*beside)

        return store

    def _meet(self, record: MethodRecord) -> int:
        main = self._collection_id(record.collection) if record.collection else None
        key = bounded(record.name)
        stated = self._stated.get(key) or self._stated.get(hidden(key))
        if stated is not None:
            self._note_beside(stated, record, main)
            return stated.row_id
        values: list[Any] = [record.name, *(getattr(record, name) for name in _TEXTS), main]
        values += [json_text(record.raw), record.absent, json_text(record.extra), _judgement(record)]
        is_new = key not in self._methods.ledger
        slug = self._slugs.give(slugify_title(record.name, fallback="method")) if is_new else ""
        return self._methods.put(key, values, once=[slug]).id

    def _note_beside(self, stated: _Stated, record: MethodRecord, main: int | None) -> None:
        collection = record.collection
        columns = {**stated.columns, "main_collection": _as_object(collection) if collection else None}
        own = {key: value for key, value in stated.raw.items() if key not in {EMBEDDED, EMBEDDED_ABSENT}}
        raw = {**own, **embedded_beside(record.values, columns)}  # type: ignore[arg-type]  # JSON values are values to write
        if raw == stated.raw and main == stated.main_collection:
            return
        text = copied((main, json_text(raw)))
        self._beside.add(stated.row_id, is_new=False, key=bounded(record.name), digest=stated.digest, text=text)

    def _collection_id(self, record: CollectionRecord) -> int:
        found = self._collection_ids.get(record.name)
        if found is None:
            key = bounded(record.name)
            is_new = key not in self._collections.ledger
            slug = self._collection_slugs.give(slugify_title(record.name, fallback="collection")) if is_new else ""
            values = (record.name, record.description, record.parent_name, record.area)
            found = self._collection_ids[record.name] = self._collections.put(key, values, once=[slug]).id
        return found


def _judgement(record: MethodRecord) -> str:
    return judge_method(
        record.name,
        full_name=record.full_name,
        description=record.description,
        introduced_year=record.introduced_year,
    )


def _as_object(record: CollectionRecord) -> JsonObject:
    return {"name": record.name, "description": record.description, "parent": record.parent_name, "area": record.area}


def _adopted(table: type[Method] | type[MethodCollection], session: Session) -> dict[str, int]:
    return {bounded(name): row_id for name, row_id in made_by_people(table, session).items()}


def _stated(session: Session) -> list[tuple[str, _Stated]]:
    """The methods that the methods dump states, by archive key."""
    rows = session.rows(
        f"SELECT archive_key, id, coalesce(archive_digest, 0), main_collection_id, archive_raw, name, {', '.join(_TEXTS)}"
        " FROM papers_method WHERE %s = ANY(archive_dumps)",
        [DumpKind.METHODS.value],
    )
    return [
        (key, _Stated(row_id, number, main, raw, dict(zip(("name", *_TEXTS), texts, strict=True))))
        for key, row_id, number, main, raw, *texts in rows
    ]
