"""Storing the methods that papers carry."""

from collections.abc import Iterable, Mapping, Sequence

from papers.archive.naming import NameDesk, adoption_by_name, named
from papers.archive.papers_with_abstracts import CollectionRecord, MethodRecord
from papers.archive.upsert import Incoming, upsert
from papers.catalogue_row import Source
from papers.models import Method, MethodCollection


class MethodDesk:
    """Finds or makes methods and their families; where papers of one file disagree about a method, the first counts."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._methods = NameDesk(Method, source=source)
        self._collections = NameDesk(MethodCollection, source=source)
        self._method_ids: dict[str, int] = {}
        self._collection_ids: dict[str, int] = {}

    def ids(self, records: Iterable[MethodRecord]) -> Mapping[str, int]:
        """Row ids by name, for these methods at least."""
        new = {record.name: record for record in reversed(list(records)) if record.name not in self._method_ids}
        self._store_collections([record.collection for record in new.values() if record.collection])
        rows = [self._incoming(record) for record in new.values()]
        stored = upsert(Method, rows, source=self._source, slugs=self._methods.slugs, adopt=adoption_by_name(Method))
        self._method_ids.update((name, stored.rows[row.key].pk) for name, row in zip(new, rows, strict=True))
        return self._method_ids

    def _incoming(self, record: MethodRecord) -> Incoming:
        return named(
            record.name,
            table=Method,
            full_name=record.full_name,
            description=record.description,
            introduced_year=record.introduced_year,
            source_url=record.source_url,
            source_title=record.source_title,
            code_snippet_url=record.code_snippet_url,
            main_collection_id=self._collection_ids[record.collection.name] if record.collection else None,
            archive_raw=record.raw,
            archive_absent=record.absent,
            archive_extra=record.extra,
        )

    def _store_collections(self, records: Sequence[CollectionRecord]) -> None:
        new = {record.name: record for record in reversed(records) if record.name not in self._collection_ids}
        rows = [
            named(
                record.name,
                table=MethodCollection,
                description=record.description,
                parent_name=record.parent_name,
                area=record.area,
            )
            for record in new.values()
        ]
        stored = upsert(
            MethodCollection, rows, source=self._source, slugs=self._collections.slugs, adopt=adoption_by_name(MethodCollection)
        )
        self._collection_ids.update((name, stored.rows[row.key].pk) for name, row in zip(new, rows, strict=True))
