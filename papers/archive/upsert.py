"""Storing the catalogue rows of a dump: insert what is new, update what changed, leave alone what is the same.

Rows are found by their archive key, and told apart by a digest of what the archive says of them. Fields that a person edited are
kept. A row of the demo that the archive brings too becomes the archive's; the demo never changes the archive's; rows that were
made here keep what they say.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Model

from papers.archive import copy_text
from papers.archive.ledger import Ledger, digest
from papers.archive.session import DISAPPEARED, GAVE_WAY, Session
from papers.archive.staging import Stage, Staged, comes_back, literal, log_change, log_values
from papers.catalogue_row import Source

BATCH = 2000
RULES = 1
"""Raised when a rule reads rows otherwise than before, so that a repeated import looks at each again."""

ItemT = TypeVar("ItemT")


def batches(items: Iterable[ItemT], *, size: int = BATCH) -> Iterator[list[ItemT]]:
    """The items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a row: its id, and whether it is new, or has to be looked at since the archive says something else."""

    id: int
    is_new: bool
    is_other: bool


class Upsert:
    """Stores rows of one table, in batches: `put` takes them, `flush` brings them over.

    `columns` are the database names of what the dump states; those in `made_once` (an address) are given to new rows alone.
    `adopted` are rows made here, by the archive key that they get when the archive brings them; it may grow meanwhile.
    """

    def __init__(
        self,
        session: Session,
        table: type[Model],
        columns: Sequence[str],
        *,
        made_once: Sequence[str] = (),
        kept_if_null: Sequence[str] = (),
        adopted: Mapping[str, int] | None = None,
    ) -> None:
        self._session = session
        self._table = table
        self._salt = f"{RULES}{session.source.value}\t".encode()
        self._once = len(made_once)
        self._adopted = adopted if adopted is not None else {}
        self.ledger = Ledger(held(session, table))
        self.stage = Stage(
            session,
            table,
            (*columns, *made_once),
            made_once=frozenset(made_once),
            kept_if_null=frozenset(kept_if_null),
        )

    def put(self, key: str, values: Sequence[Any], *, beside: str = "", once: Sequence[Any] = ()) -> Put:
        """Take a row; `values` in the order of the columns, `once` what a new row gets alone.

        `beside` is what else the archive says of the row, in lists of its own, as far as a change in it has to be noticed.
        """
        return self.put_text(key, copy_text.columns(values), beside=beside, once=copy_text.columns(once) if once else b"")

    def put_text(self, key: str, text: bytes, *, beside: str = "", once: bytes = b"") -> Put:
        """As `put`, with the columns in COPY's form, and so what a new row gets alone."""
        number = digest(b"%b%b\n%b" % (self._salt, text, beside.encode()))
        known = self.ledger.see(key, digest=number)
        if known is not None:
            row_id, is_other = known
            if is_other:
                self._stage(row_id, key, number, text, once, is_new=False)
            return Put(row_id, False, is_other)
        adopted = self._adopted.get(key)
        row_id = adopted if adopted is not None else self._session.fresh_id(self._table)
        self.ledger.add(key, row_id, digest=number)
        self._stage(row_id, key, number, text, once, is_new=adopted is None)
        return Put(row_id, adopted is None, True)

    def take(self) -> tuple[list[bytes], list[bytes]]:
        """What was taken since the last call, for `store`."""
        return self.stage.take_lines()

    def store(self, new: Sequence[bytes], held: Sequence[bytes]) -> Staged:
        """Bring over what was taken."""
        return self.stage.bring_over(new, held)

    def flush(self) -> Staged:
        """Bring over what was taken so far."""
        return self.store(*self.take())

    def tombstone_unseen(self) -> int:
        """Mark the rows that this import's dump no longer states; they stay, unless another dump states them too.

        Rows that people made or added to stay as they are: only rows of the import's own source go.
        """
        return tombstone(self._session, self._table, list(self.ledger.unseen()))

    def _stage(self, row_id: int, key: str, number: int, text: bytes, once: bytes, *, is_new: bool) -> None:
        whole = b"%b\t%b" % (text, once) if self._once else text
        self.stage.add(row_id, is_new=is_new, key=key, digest=number, text=whole)


def held(session: Session, table: type[Model]) -> Iterator[tuple[str, int, int | None, bool]]:
    """The rows of a table as a `Ledger` takes them; one that has to be looked at whatever the dump says has no digest.

    That is a row whose removal the archive takes back, or that this dump did not state before. What the archive has already is
    shut to the demo.
    """
    is_stated = f"{literal(session.dump)} = ANY(archive_dumps)"
    return session.stream(
        f"SELECT archive_key, id, CASE WHEN {comes_back('t')} OR NOT {is_stated} THEN NULL ELSE archive_digest END,"
        f" {is_stated} FROM {table._meta.db_table} t WHERE archive_key IS NOT NULL ORDER BY id"
    )


def tombstone(session: Session, table: type[Model], row_ids: Sequence[int]) -> int:
    """Take the session's dump from these rows' dumps; those that no dump states any more are removed, with the reason."""
    dump = literal(session.dump)
    left = session.rows(
        f"UPDATE {table._meta.db_table} SET archive_dumps = array_remove(archive_dumps, {dump})"
        f" WHERE id = ANY(%s) AND {dump} = ANY(archive_dumps) RETURNING id",
        [row_ids],
    )
    return remove_unstated(session, table, [row[0] for row in left])


def remove_unstated(session: Session, table: type[Model], left: Sequence[int]) -> int:
    """Remove those of the rows that left a dump in this import that no dump states any more; how many.

    Rows of the import's own source alone, and none whose removal a person took back: that holds, as their other edits do.
    """
    name = table._meta.db_table
    return session.run(
        f"""
        WITH gone AS (
            UPDATE {name} SET removed_at = now(), removed_reason = {literal(DISAPPEARED)}, updated_at = now()
            WHERE id = ANY(%s) AND archive_dumps = '{{}}' AND archive_key IS NOT NULL AND removed_at IS NULL
            AND source = {literal(session.source.value)} AND archive_digest IS NOT NULL
            AND NOT edited_fields && ARRAY['removed_at', 'removed_reason']
            RETURNING public_id, removed_at
        )
        {log_change(session)}
        SELECT {log_values(session, name)}, 'removed', public_id, jsonb_build_object('removed_at', NULL),
            jsonb_build_object('removed_at', removed_at, 'removed_reason', {literal(DISAPPEARED)}) FROM gone
        """,
        [left],
    )


def give_way(session: Session, table: type[Model], *, where: str = "true") -> int:
    """Mark those of the rows that are the demo's as removed; they stay in the database."""
    name = table._meta.db_table
    return session.run(
        f"""
        WITH gone AS (
            UPDATE {name} SET removed_at = now(), removed_reason = {literal(GAVE_WAY)}, updated_at = now()
            WHERE source = {literal(Source.DEMO.value)} AND removed_at IS NULL AND {where} RETURNING public_id, removed_at
        )
        {log_change(session)}
        SELECT {log_values(session, name)}, 'removed', public_id, jsonb_build_object('removed_at', NULL),
            jsonb_build_object('removed_at', removed_at, 'removed_reason', {literal(GAVE_WAY)}) FROM gone
        """
    )
