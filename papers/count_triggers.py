"""The SQL that counts: for each table of counts one truth, asked by full recounts, by checks and by the triggers alike.

The truth of a table is a function without arguments that Postgres inlines like a view, so that `WHERE task_id = ANY (...)`
around it reaches the indexes. `<table>_recount(ids)` makes the rows of some things equal to it, `<table>_recount_all()`
all rows. Where a thing has a hundred thousand links and a change adds one (tasks and methods of papers), the trigger adds
instead of counting anew.

Every change that can move a count takes one lock, held until its transaction ends, before it touches a row: writers of the
catalogue go one after the other, so each recounts what the last one committed, and two can never wait for each other's
counts. A statement recounts once, whatever number of rows it changes. What the owner writes in bulk (see
papers/history_triggers.py) takes no lock and is counted by the full recount at its end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

LOCK = 0x5EC0_0417
"""The advisory lock of whoever changes counts."""

FUNCTIONS = f"""
CREATE FUNCTION papers_lock_counts() RETURNS void
LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock({LOCK}) $$;

CREATE FUNCTION papers_before_counted() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT papers_is_bulk(TG_RELID) THEN
        PERFORM papers_lock_counts();
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION papers_add_to_total(what text, more bigint) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO papers_total AS total (name, number) SELECT what, more WHERE more <> 0
    ON CONFLICT (name) DO UPDATE SET number = total.number + excluded.number
$$;

CREATE FUNCTION papers_set_total(what text, counted bigint) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO papers_total AS total (name, number) VALUES (what, counted)
    ON CONFLICT (name) DO UPDATE SET number = excluded.number WHERE total.number <> excluded.number
$$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION papers_set_total(text, bigint);
DROP FUNCTION papers_add_to_total(text, bigint);
DROP FUNCTION papers_before_counted();
DROP FUNCTION papers_lock_counts();
"""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A table of counts. The first of its `keys` is the thing that is counted for; `truth` selects keys, then figures.

    `keys` and `figures` are columns with their types; `totals` are sums over the table's rows, by the names of totals.
    """

    table: str
    keys: Mapping[str, str]
    figures: Mapping[str, str]
    truth: str
    totals: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The column of the thing that is counted for."""
        return next(iter(self.keys))

    @property
    def columns(self) -> Sequence[str]:
        """All columns, keys first."""
        return [*self.keys, *self.figures]


@dataclass(frozen=True, kw_only=True)
class Watch:
    """A table whose changes move counts.

    A row matters when it comes, goes, or changes in one of `columns`. `collect` gathers a column's distinct values of all
    rows that matter, old and new, into an array for the statements of `then`. `total` is the name of a total of the table's
    rows and the condition of those that count. `add` is for tables without `collect`: statements that add `{sign}` times what
    the changed rows, `{rows}`, count for; they run for what a change took away, and then for what it brought.
    """

    table: str
    columns: Sequence[str]
    collect: Mapping[str, str] = field(default_factory=dict)
    then: str = ""
    total: tuple[str, str] | None = None
    add: str = ""


def recounting(stored: Iterable[Stored]) -> str:
    """SQL that creates the truth and the two recounts of these tables."""
    return "\n".join(_truth(table) + _recount(table) + _recount_all(table) for table in stored)


def redefine(stored: Iterable[Stored]) -> str:
    """SQL that gives tables that are there their truths of today, and recounts them; their columns stay as they are."""
    return "\n".join(
        _truth(table).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION") + f"SELECT {table.table}_recount_all();"
        for table in stored
    )


def no_recounting(stored: Iterable[Stored]) -> str:
    """SQL that undoes `recounting`."""
    drop = "DROP FUNCTION {0}_recount_all(); DROP FUNCTION {0}_recount(bigint[]); DROP FUNCTION {0}_now();"
    return "\n".join(drop.format(table.table) for table in stored)


def recount_everything(stored: Iterable[Stored], totals: Mapping[str, str]) -> str:
    """SQL that makes all rows of these tables, and totals given with their truths, equal to what is there."""
    lines = [f"SELECT {table.table}_recount_all();" for table in stored]
    return "\n".join([*lines, *(f"SELECT papers_set_total('{name}', ({truth}));" for name, truth in totals.items())])


def watch(watched: Iterable[Watch], *, by: str) -> str:
    """SQL that keeps counts right on every later change; `by` is the app whose counts they are, a part of triggers' names."""
    return "\n".join((_adding if table.add else _collecting)(table, by=by) + _triggers(table, by=by) for table in watched)


def unwatch(watched: Iterable[Watch], *, by: str) -> str:
    """SQL that undoes `watch`."""
    lines = []
    for table in watched:
        for trigger in ("lock", "insert", "update", "delete"):
            lines.append(f"DROP TRIGGER {by}_count_{trigger} ON {table.table};")
        lines.append(f"DROP FUNCTION {by}_count_{table.table}();")
    return "\n".join(lines)


def _truth(stored: Stored) -> str:
    columns = ", ".join(f"{name} {kind}" for name, kind in {**stored.keys, **stored.figures}.items())
    return f"""
CREATE FUNCTION {stored.table}_now() RETURNS TABLE ({columns})
LANGUAGE sql STABLE AS $$ {stored.truth} $$;
"""


def _recount(stored: Stored) -> str:
    """Only rows that differ are written: most changes of the catalogue leave most counts as they were."""
    ours = f"{stored.subject} = ANY (ids)"
    sums = {name: f"(SELECT {total} FROM {stored.table} WHERE {ours})" for name, total in stored.totals.items()}
    before = "\n".join(f"    {name}_before bigint;" for name in sums)
    noted = "\n".join(f"    {name}_before := {total};" for name, total in sums.items())
    added = "\n".join(f"    PERFORM papers_add_to_total('{name}', {total} - {name}_before);" for name, total in sums.items())
    return f"""
CREATE FUNCTION {stored.table}_recount(ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
{before}
BEGIN
    IF coalesce(cardinality(ids), 0) = 0 THEN
        RETURN;
    END IF;
    PERFORM papers_lock_counts();
{noted}
    {_settle(stored, ours=ours)}
{added}
END
$$;
"""


def _recount_all(stored: Stored) -> str:
    totals = "\n".join(
        f"    PERFORM papers_set_total('{name}', (SELECT {total} FROM {stored.table}));" for name, total in stored.totals.items()
    )
    return f"""
CREATE FUNCTION {stored.table}_recount_all() RETURNS void
LANGUAGE plpgsql SET work_mem = '128MB' AS $$
BEGIN
    PERFORM papers_lock_counts();
    {_settle(stored, ours="true")}
{totals}
END
$$;
"""


def _settle(stored: Stored, *, ours: str) -> str:
    """One statement that makes the rows that are `ours` equal to the truth."""
    keys = ", ".join(stored.keys)
    columns = ", ".join(stored.columns)
    same_key = " AND ".join(f"counted.{key} = kept.{key}" for key in stored.keys)
    kept = ", ".join(f"kept.{name}" for name in stored.figures)
    counted = ", ".join(f"excluded.{name}" for name in stored.figures)
    put = ", ".join(f"{name} = excluded.{name}" for name in stored.figures)
    return f"""WITH counted AS MATERIALIZED (
        SELECT {columns} FROM {stored.table}_now() WHERE {ours}
    ), gone AS (
        DELETE FROM {stored.table} AS kept WHERE {ours} AND NOT EXISTS (SELECT FROM counted WHERE {same_key})
    )
    INSERT INTO {stored.table} AS kept ({columns}) SELECT {columns} FROM counted
    ON CONFLICT ({keys}) DO UPDATE SET {put} WHERE ({kept}) IS DISTINCT FROM ({counted});"""


def _adding(watched: Watch, *, by: str) -> str:
    columns = ", ".join(["id", *watched.columns])
    less, more = (
        f"(SELECT {columns} FROM {these} EXCEPT SELECT {columns} FROM {others})"
        for these, others in (("old_rows", "new_rows"), ("new_rows", "old_rows"))
    )
    return f"""
CREATE FUNCTION {by}_count_{watched.table}() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF papers_is_bulk(TG_RELID) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        {watched.add.format(rows="new_rows", sign="1")}
    ELSIF TG_OP = 'DELETE' THEN
        {watched.add.format(rows="old_rows", sign="-1")}
    ELSE
        {watched.add.format(rows=less, sign="-1")}
        {watched.add.format(rows=more, sign="1")}
    END IF;
    RETURN NULL;
END
$$;
"""


def _collecting(watched: Watch, *, by: str) -> str:
    """Its branches name transition tables that only the matching event has; plpgsql plans a branch when it first runs."""
    arrays = ", ".join(watched.collect)
    gather = ", ".join(f"array_agg(DISTINCT {column}) FILTER (WHERE {column} IS NOT NULL)" for column in watched.collect.values())
    columns = ", ".join(["id", *watched.columns])
    return f"""
CREATE FUNCTION {by}_count_{watched.table}() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    {" ".join(f"{name} bigint[];" for name in watched.collect)}
BEGIN
    IF papers_is_bulk(TG_RELID) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        SELECT {gather} INTO {arrays} FROM new_rows;
        {_total(watched, new=True, old=False)}
    ELSIF TG_OP = 'DELETE' THEN
        SELECT {gather} INTO {arrays} FROM old_rows;
        {_total(watched, new=False, old=True)}
    ELSE
        SELECT {gather} INTO {arrays} FROM (
            (SELECT {columns} FROM old_rows EXCEPT SELECT {columns} FROM new_rows)
            UNION ALL (SELECT {columns} FROM new_rows EXCEPT SELECT {columns} FROM old_rows)
        ) AS changed;
        {_total(watched, new=True, old=True)}
    END IF;
    IF {" AND ".join(f"{name} IS NULL" for name in watched.collect)} THEN
        RETURN NULL;
    END IF;
    {watched.then.strip()}
    RETURN NULL;
END
$$;
"""


def _total(watched: Watch, *, new: bool, old: bool) -> str:
    if watched.total is None:
        return ""
    name, condition = watched.total
    more = f"(SELECT count(*) FROM new_rows WHERE {condition})" if new else "0"
    less = f"(SELECT count(*) FROM old_rows WHERE {condition})" if old else "0"
    return f"PERFORM papers_add_to_total('{name}', {more} - {less});"


def _triggers(watched: Watch, *, by: str) -> str:
    """The lock comes before the statement's first row: taken after it, two statements could each hold what the other needs."""
    table, function = watched.table, f"{by}_count_{watched.table}()"
    columns = ", ".join(watched.columns)
    return f"""
CREATE TRIGGER {by}_count_lock BEFORE INSERT OR DELETE OR UPDATE OF {columns} ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION papers_before_counted();
CREATE TRIGGER {by}_count_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {function};
CREATE TRIGGER {by}_count_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {function};
CREATE TRIGGER {by}_count_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {function};
"""
