"""Rows that stand already where the archive brings one under a key that is new: those that people added, renamed or moved.

Beside its archive key a row has columns that are unique together (a claim: board, model, paper and occurrence), so that the
archive's row cannot stand beside such a row of people: it becomes that row.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.db import connections
from django.db.models import Model

from papers.archive.session import OWNER, Session
from papers.archive.upsert import Upsert

NaturalKey = tuple[int | str, ...]


class _Holder(NamedTuple):
    """The row that has a natural key; its archive key is null where people made it."""

    id: int
    archive_key: str | None


class NaturalKeys:
    """The rows of one table by `columns`, which are unique together; for the length of one import.

    Where the archive has rows in the table already, only those of new keys are asked for. A first import brings new keys alone,
    perhaps while indexes are away, and finds few rows before it: those are read at once.
    """

    def __init__(self, session: Session, table: type[Model], columns: Sequence[str]) -> None:
        self._session = session
        self._name = table._meta.db_table
        self._columns = columns
        fields = {field.column: field for field in table._meta.concrete_fields}
        self._types = [fields[column].db_type(connections[OWNER]) for column in columns]
        self._settled: set[NaturalKey] = set()
        self._held = dict(self._read("")) if session.is_baseline else None

    def settle(self, rows: Upsert, wanted: Mapping[str, NaturalKey], *, stated: Container[str]) -> dict[str, int | None]:
        """Have rows that are there taken for those of archive keys; `wanted` are natural keys by archive key.

        Keys that have a row are left alone. A row that people made gets the key, and so does one whose own key is not among
        `stated`, the keys of the dump: the dump says now what a person said before. Returns the keys that cannot have their row
        since the dump states another that a person put there, with the id of that one (None where it is not stored yet).
        """
        new = {key: natural for key, natural in wanted.items() if key not in rows.ledger}
        found = self._found(new.values())
        refused: dict[str, int | None] = {}
        taken: set[NaturalKey] = set()
        for key, natural in new.items():
            holder = found.get(natural)
            if natural in taken or natural in self._settled:
                refused[key] = holder.id if holder else None
            elif holder is not None:
                self._settled.add(natural)
                if not _hand_over(rows, holder, key, stated):
                    refused[key] = holder.id
            taken.add(natural)
        return refused

    def _found(self, wanted: Iterable[NaturalKey]) -> Mapping[NaturalKey, _Holder]:
        if self._held is not None:
            return self._held
        values = list(zip(*wanted, strict=True))
        if not values:
            return {}
        arrays = ", ".join(f"%s::{kind}[]" for kind in self._types)
        names = ", ".join(self._columns)
        return dict(self._read(f"JOIN unnest({arrays}) AS wanted({names}) USING ({names})", list(map(list, values))))

    def _read(self, join: str, parameters: Sequence[Sequence[int | str]] = ()) -> Iterator[tuple[NaturalKey, _Holder]]:
        query = f"SELECT {', '.join(self._columns)}, {self._name}.id, archive_key FROM {self._name} {join}"
        for *natural, row_id, archive_key in self._session.rows(query, parameters):
            yield tuple(natural), _Holder(row_id, archive_key)


def _hand_over(rows: Upsert, holder: _Holder, key: str, stated: Container[str]) -> bool:
    """Have a row found by this archive key; whether it could be."""
    if holder.archive_key is None:
        rows.ledger.enter(key, holder.id)
    elif holder.archive_key in stated or rows.ledger.is_seen(holder.archive_key):
        return False
    else:
        rows.ledger.rename(holder.archive_key, key)
    return True
