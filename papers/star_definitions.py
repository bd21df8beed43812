"""What the stored stars are, and which changes move them.

"stars_..." triggers fire behind "papers_..." ones, as those of papers/trend_definitions.py do; nothing of theirs is read.
"""

from papers.count_definitions import SHOWN_PAPER
from papers.count_triggers import Stored, Watch

# Tables stand behind those that their truth reads.
STORED = [
    Stored(
        table="papers_repositorystars",
        keys={"repository_id": "bigint"},
        figures={"stars": "integer", "observed_on": "date", "a_day": "double precision"},
        truth="""
            SELECT last.repository_id, last.stars, last.observed_on,
                (last.stars - earlier.stars)::double precision / (last.observed_on - earlier.observed_on)
            FROM (
                SELECT DISTINCT ON (seen.repository_id) seen.repository_id, seen.stars, seen.observed_on
                FROM papers_starobservation seen
                ORDER BY seen.repository_id, seen.observed_on DESC
            ) AS last
            JOIN papers_repository repository ON repository.id = last.repository_id AND repository.removed_at IS NULL
            LEFT JOIN LATERAL (
                SELECT seen.stars, seen.observed_on
                FROM papers_starobservation seen
                WHERE seen.repository_id = last.repository_id AND seen.observed_on < last.observed_on
                ORDER BY seen.observed_on DESC LIMIT 1
            ) AS earlier ON true
        """,
    ),
    Stored(
        table="papers_paperstars",
        keys={"paper_id": "bigint"},
        figures={"stars": "integer", "observed_on": "date", "a_day": "double precision"},
        truth=f"""
            SELECT DISTINCT ON (link.paper_id) link.paper_id, kept.stars, kept.observed_on, kept.a_day
            FROM papers_paperrepository link
            JOIN papers_repositorystars kept ON kept.repository_id = link.repository_id
            JOIN papers_paper paper ON paper.id = link.paper_id AND {SHOWN_PAPER}
            WHERE link.removed_at IS NULL
            ORDER BY link.paper_id, coalesce(link.is_official, false) DESC, kept.stars DESC, link.id
        """,
        totals={"papers_with_stars": "count(*)"},
    ),
]

RECOUNTS = """
-- Of these repositories, and of the papers that name them.
CREATE FUNCTION papers_recount_stars_of(ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM papers_repositorystars_recount(ids);
    PERFORM papers_paperstars_recount(ARRAY(
        SELECT DISTINCT paper_id FROM papers_paperrepository WHERE repository_id = ANY (ids)
    ));
END
$$;
"""

DROP_RECOUNTS = "DROP FUNCTION papers_recount_stars_of(bigint[]);"

WATCHED = [
    Watch(
        table="papers_starobservation",
        columns=["repository_id", "observed_on", "stars"],
        collect={"repositories": "repository_id"},
        then="PERFORM papers_recount_stars_of(repositories);",
    ),
    Watch(
        table="papers_paper",
        columns=["removed_at", "duplicate_of_id"],
        collect={"papers": "id"},
        then="PERFORM papers_paperstars_recount(papers);",
    ),
    Watch(
        table="papers_paperrepository",
        columns=["paper_id", "repository_id", "is_official", "removed_at"],
        collect={"papers": "paper_id"},
        then="PERFORM papers_paperstars_recount(papers);",
    ),
    Watch(
        table="papers_repository",
        columns=["removed_at"],
        collect={"repositories": "id"},
        then="PERFORM papers_recount_stars_of(repositories);",
    ),
]

TOTALS = {name: f"SELECT {total} FROM {table.table}" for table in STORED for name, total in table.totals.items()}
"""The truth of each total."""
