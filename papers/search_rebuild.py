"""Building the search index anew, beside the one that serves."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import OperationalError, connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2 import errors, sql

from papers.history import OWNER
from papers.search_sql import INDEXES, TABLES, index

SETTINGS = {
    "maintenance_work_mem": "512MB",
    "work_mem": "128MB",
    "max_parallel_workers_per_gather": "2",
    "max_parallel_maintenance_workers": "2",
    # Words are dear and the planner thinks them cheap: these have it share the work out, by a scan and a sort. To follow the
    # index of dates in parallel would be in vain: whoever reads ahead waits until his rows are due.
    "parallel_setup_cost": "0",
    "parallel_tuple_cost": "0",
    "enable_indexscan": "off",
    "jit": "off",
}
SWAP_TRIES = 600
LOCK_WAIT = "200ms"  # as long as searches may have to wait behind the swap, each time it tries
PAUSE_SECONDS = 0.3
_LOCK = 0x9A9E25_5EA2C4

Tell = Callable[[str], None]


class RebuildFailed(Exception):
    """The index could not be built anew, and the old one serves on; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What was built, and the seconds it took: words, their index, titles with theirs, and the swap."""

    papers: int
    words_seconds: float
    index_seconds: float
    titles_seconds: float
    swap_seconds: float


def rebuild(*, tell: Tell = lambda line: None) -> Rebuilt:
    """Build the index of all published papers and put it in the old one's place; `tell` gets a line a step.

    One transaction of the owner role: until its last moment searches read the old index, and whatever breaks it off leaves that
    as it was. Changes of papers that come meanwhile stay noted. Waits for another rebuild. Raises RebuildFailed when
    searches or a long transaction never let go of the old tables.
    """
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        for name, value in SETTINGS.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        cursor.execute("SELECT pg_current_snapshot()::text")
        (seen,) = cursor.fetchone()
        clock = [time.monotonic()]
        papers = 0
        for table, build in TABLES.items():
            tell(f"{table}: reading papers")
            cursor.execute(build(_next(table)))
            papers = cursor.rowcount
            clock.append(time.monotonic())
            tell(f"{table}: indexing {papers:,} papers")
            _finish(cursor, table)
            clock.append(time.monotonic())
        _forget_covered(cursor, seen)
        _swap(cursor)
        clock.append(time.monotonic())
    words, words_index, _, titles, swap = (end - begin for begin, end in zip(clock, clock[1:], strict=False))
    return Rebuilt(
        papers=papers,
        words_seconds=words,
        index_seconds=words_index,
        titles_seconds=clock[4] - clock[2],
        swap_seconds=swap,
    )


def _next(name: str) -> str:
    return f"{name}_next"


def _finish(cursor: CursorWrapper, table: str) -> None:
    """Index a new table, and give it the readers of the old one."""
    for name, (indexed, definition) in INDEXES.items():
        if indexed == table:
            cursor.execute(index(_next(name), table=_next(table), definition=definition))
    cursor.execute(f"ANALYZE {_next(table)}")
    cursor.execute(
        "SELECT DISTINCT grantee::regrole::text FROM pg_class, aclexplode(relacl)"
        " WHERE oid = %s::regclass AND privilege_type = 'SELECT' AND grantee NOT IN (0, relowner)",
        [table],
    )
    for (quoted_role,) in cursor.fetchall():
        cursor.execute(f"GRANT SELECT ON {_next(table)} TO {quoted_role}")


def _forget_covered(cursor: CursorWrapper, seen: str) -> None:
    """Drop the notes of what the new tables hold: whatever was committed before they were begun.

    A note that somebody is writing anew at this moment stays: nothing is lost by it, and nobody waits.
    """
    cursor.execute(
        "DELETE FROM papers_search_added WHERE paper_id IN (SELECT paper_id FROM papers_search_added"
        " WHERE pg_visible_in_snapshot(changed_in, %s::pg_snapshot) FOR UPDATE SKIP LOCKED)",
        [seen],
    )


def _swap(cursor: CursorWrapper) -> None:
    """Put the new tables in the old ones' places, which takes milliseconds once no search is at them."""
    _lock_out_searches(cursor)
    for table in TABLES:
        cursor.execute(f"DROP TABLE {table}")
        cursor.execute(f"ALTER TABLE {_next(table)} RENAME TO {table}")
    for name in INDEXES:
        cursor.execute(f"ALTER INDEX {_next(name)} RENAME TO {name}")


def _lock_out_searches(cursor: CursorWrapper) -> None:
    """Lock the old tables; while a search holds them, ask again and again, since every search behind a waiting lock waits too."""
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_WAIT])
    tables = sql.SQL(", ").join(map(sql.Identifier, TABLES))
    for _ in range(SWAP_TRIES):
        try:
            with transaction.atomic(using=OWNER):
                cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(tables))
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable):
                raise
            time.sleep(PAUSE_SECONDS)
    raise RebuildFailed(
        "The search index was not replaced: somebody reads it in a transaction that does not end; end that, then try again."
    )
