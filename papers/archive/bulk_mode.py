"""Indexes, foreign keys and triggers out of the way of a load that is larger than what is there.

A foreign key checked row by row costs several times the row, and an index grown row by row several times one built at the end.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from papers.archive.session import Session

_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint c
WHERE conrelid = ANY(%s::regclass[])
AND (contype IN ('f', 'u') OR contype = 'p' AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.confrelid = c.conrelid))
ORDER BY contype DESC, conname
"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid) ORDER BY indexrelid
"""


@contextmanager
def without_indexes(session: Session, tables: Sequence[str]) -> Iterator[None]:
    """Take all but the primary keys that others refer to off these tables, and build them anew after the block.

    Within the session's transaction: one that is broken off leaves the tables as they were. The tables are locked until it
    ends, for readers too, which is why this is for the first import alone.
    """
    names = list(tables)
    constraints = session.rows(_CONSTRAINTS, [names])
    indexes = session.rows(_INDEXES, [names])
    for table, name, _ in constraints:
        session.run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for index, _ in indexes:
        session.run(f"DROP INDEX {index}")
    for table in names:
        session.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    session.bare_tables.update(names)
    yield
    session.bare_tables.difference_update(names)
    session.undo_defaults()
    session.run("SELECT set_config('maintenance_work_mem', '512MB', true)")
    with session.timed("indexes"):
        for _, definition in indexes:
            session.run(definition)
        for table, name, definition in constraints:
            session.run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    for table in names:
        session.run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        session.run(f"ANALYZE {table}")
