"""Pointing rows at other rows in bulk: claims at their papers, papers at the row that stands for both."""

from collections.abc import Iterable

from papers.archive.copy_text import line
from papers.archive.session import Session
from papers.archive.staging import is_recorded, log_change, log_values


def point(session: Session, *, table: str, column: str, pairs: Iterable[tuple[int, int | None]]) -> int:
    """Set a column that refers to other rows, by row id; how many rows said something else before.

    A column that a person edited stays. Changes go into the history, save those of rows that a baseline brought itself.
    """
    session.run("DROP TABLE IF EXISTS stage_reference")
    session.run("CREATE TEMP TABLE stage_reference (id bigint, target bigint) ON COMMIT DROP")
    session.copy("stage_reference", ["id", "target"], map(line, pairs))
    found = session.rows(
        f"""
        WITH stale AS (
            SELECT t.id, t.{column} AS held, s.target FROM {table} t JOIN stage_reference s USING (id)
            WHERE t.{column} IS DISTINCT FROM s.target
            AND NOT t.edited_fields && ARRAY['{column}', '{column.removesuffix("_id")}']
        ), pointed AS (
            UPDATE {table} t SET {column} = stale.target, updated_at = now() FROM stale WHERE t.id = stale.id
            RETURNING t.public_id, t.created_at, stale.held, stale.target
        ), noted AS (
            {log_change(session)}
            SELECT {log_values(session, table)}, 'changed', public_id,
                jsonb_build_object('{column}', held), jsonb_build_object('{column}', target)
            FROM pointed WHERE {is_recorded(session, "pointed")}
        )
        SELECT count(*) FROM pointed
        """
    )
    return int(found[0][0])
