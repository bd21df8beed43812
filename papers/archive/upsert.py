"""Storing many catalogue rows at once: insert what is new, update what changed, leave alone what is the same.

Rows are found by their archive key. Fields that a person edited are kept. A row of the demo that the archive brings too
becomes the archive's; the demo never changes the archive's; rows that were made here keep what they say.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from papers.archive.slug_desk import SlugDesk
from papers.catalogue_row import CatalogueRow, Source

BATCH = 1000
GAVE_WAY = "Demo row; gave way to the imported archive."

RowT = TypeVar("RowT", bound=CatalogueRow)
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A row as a dump has it: its archive key, its columns by attribute name, and the address it gets if it is new."""

    key: str
    fields: Mapping[str, Any]  # columns of every type that the models have
    slug: str | None = None


@dataclass
class Stored(Generic[RowT]):
    """The rows of the database by archive key, and which of the keys are new or changed."""

    rows: dict[str, RowT] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)


Adopt = Callable[[Sequence[Incoming]], Mapping[str, RowT]]
"""Finds rows made here (they have no archive key) that are what the archive brings now, by the archive key they get."""


def batches(items: Iterable[ItemT], *, size: int = BATCH) -> Iterator[list[ItemT]]:
    """The items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def upsert(
    table: type[RowT],
    incoming: Sequence[Incoming],
    *,
    source: Source,
    slugs: SlugDesk | None = None,
    adopt: Adopt[RowT] | None = None,
) -> Stored[RowT]:
    """Store rows, each key once; all of them with the same columns. A few queries a batch, none for a batch that is the same."""
    stored: Stored[RowT] = Stored()
    for batch in batches(incoming):
        found = _found(table, batch, adopt)
        stale = []
        for item in batch:
            row = found.get(item.key)
            if row is None:
                row = table(
                    source=source,
                    archive_key=item.key,
                    **item.fields,
                    **({"slug": slugs.give(item.slug)} if slugs and item.slug else {}),
                )
                stored.new.add(item.key)
            elif _update(row, item, source):
                stored.changed.add(item.key)
                stale.append(row)
            stored.rows[item.key] = row
        table._default_manager.bulk_create([stored.rows[item.key] for item in batch if item.key in stored.new])
        _save(table, stale, batch)
    return stored


def is_open_to(row: CatalogueRow, *, source: Source) -> bool:
    """Whether an import may rewrite the row: one of its own source, and the archive also the demo's.

    In rows that were made here an import only fills what is empty.
    """
    return row.source == source or (source == Source.ARCHIVE and row.source == Source.DEMO)


def give_way(rows: QuerySet[RowT]) -> int:
    """Mark those of the rows that are the demo's as removed; they stay in the database."""
    demo = rows.filter(source=Source.DEMO, removed_at__isnull=True)
    return demo.update(removed_at=timezone.now(), removed_reason=GAVE_WAY, updated_at=timezone.now())


def _found(table: type[RowT], batch: Sequence[Incoming], adopt: Adopt[RowT] | None) -> dict[str, RowT]:
    found = {str(row.archive_key): row for row in table._default_manager.filter(archive_key__in=[item.key for item in batch])}
    missing = [item for item in batch if item.key not in found]
    return {**found, **adopt(missing)} if adopt and missing else found


def _update(row: CatalogueRow, item: Incoming, source: Source) -> bool:
    """Bring a row up to date in memory; whether anything changed."""
    if source == Source.DEMO and row.source == Source.ARCHIVE:
        return False
    wanted = {name: value for name, value in item.fields.items() if not {name, name.removesuffix("_id")} & set(row.edited_fields)}
    if not is_open_to(row, source=source):
        wanted = {name: value for name, value in wanted.items() if getattr(row, name) in (None, "", [], {})}
    wanted["archive_key"] = item.key
    if row.source == Source.DEMO and source == Source.ARCHIVE:
        wanted["source"] = source
    if row.removed_reason == GAVE_WAY and source == Source.ARCHIVE:
        wanted |= {"removed_at": None, "removed_reason": ""}
    differing = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def _save(table: type[RowT], rows: Sequence[RowT], batch: Sequence[Incoming]) -> None:
    if not rows:
        return
    now = timezone.now()
    for row in rows:
        row.updated_at = now
    own = {column.attname: column.name for column in table._meta.concrete_fields}
    names = {own[name] for name in batch[0].fields} | {"archive_key", "source", "removed_at", "removed_reason", "updated_at"}
    # Twenty columns of a few hundred rows are as much as one statement should carry.
    table._default_manager.bulk_update(rows, sorted(names), batch_size=200)
