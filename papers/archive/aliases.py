"""Further addresses of things: those that the archive states and that another address was given before, redirect."""

from collections.abc import Iterable

from papers.archive.copy_text import line
from papers.archive.session import Session
from papers.archive.staging import is_recorded, literal, log_change, log_values
from papers.hidden_keys import hidden_sql
from papers.models import SlugHistory


def add_aliases(session: Session, *, kind: SlugHistory.Kind, table: str, pairs: Iterable[tuple[str, int]]) -> int:
    """Have addresses (slug, row id) redirect to rows of a table, where nothing has or had them yet; how many were added.

    Of several rows with one address the first in `pairs` gets it.
    """
    session.run("DROP TABLE IF EXISTS stage_alias")
    session.run("CREATE TEMP TABLE stage_alias (place int, slug text, id bigint) ON COMMIT DROP")
    lines = (line((place, slug, row_id)) for place, (slug, row_id) in enumerate(pairs))
    session.copy("stage_alias", ["place", "slug", "id"], lines)
    wanted = f"SELECT s.place, s.slug, t.public_id AS target FROM stage_alias s JOIN {table} t USING (id)"
    return add_aliases_of(session, kind=kind, table=table, wanted=wanted)


def add_aliases_of(session: Session, *, kind: SlugHistory.Kind, table: str, wanted: str) -> int:
    """As `add_aliases`, for a query that yields (place, slug, target); the lowest place counts."""
    insert = f"""
        INSERT INTO papers_slughistory (kind, slug, target, since)
        SELECT DISTINCT ON (slug) {literal(kind.value)}, slug, target, now() FROM ({wanted}) AS wanted
        WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.slug = wanted.slug) AND NOT EXISTS (
            SELECT FROM papers_slughistory h WHERE h.kind = {literal(kind.value)}
            AND h.slug IN (wanted.slug, {hidden_sql("wanted.slug")})
        )
        ORDER BY slug, place
    """
    found = session.rows(
        f"""
        WITH made AS ({insert} RETURNING kind, slug, target), noted AS (
            {log_change(session)}
            SELECT {log_values(session, "papers_slughistory")}, 'created', target, '{{}}', to_jsonb(made)
            FROM made JOIN {table} t ON t.public_id = target WHERE {is_recorded(session, "t")}
        )
        SELECT count(*) FROM made
        """
    )
    return int(found[0][0])
