"""What the counts over time and by venue are, and which changes move them.

They stand behind the catalogue's own counts, which they read: "trends_..." triggers fire after "papers_..." ones, since
PostgreSQL goes by the names.
"""

from papers.count_definitions import SHOWN_PAPER
from papers.count_triggers import Stored, Watch


def month_of(date: str) -> str:
    """SQL of the month of a date, as a number (see `MonthCount`)."""
    return f"(12 * extract(year FROM {date}) + extract(month FROM {date}) - 1)::integer"


MONTH = month_of("paper.date")
LONGEST_FRAMEWORK = 60

STORED = [
    Stored(
        table="papers_monthcount",
        keys={"month": "integer"},
        figures={"papers": "integer", "papers_with_code": "integer"},
        truth=f"""
            SELECT {MONTH}, count(*)::integer, count(code.paper_id)::integer
            FROM papers_paper paper
            LEFT JOIN papers_papercount code ON code.paper_id = paper.id
            WHERE {SHOWN_PAPER} AND paper.date IS NOT NULL
            GROUP BY {MONTH}
        """,
    ),
    Stored(
        table="papers_frameworkmonth",
        keys={"month": "integer", "framework": "text"},
        figures={"papers": "integer"},
        truth=f"""
            SELECT month, framework, count(DISTINCT paper_id)::integer
            FROM (
                SELECT {MONTH} AS month, paper.id AS paper_id,
                    coalesce(nullif(left(lower(btrim(link.framework)), {LONGEST_FRAMEWORK}), ''), 'none') AS framework
                FROM papers_paper paper
                JOIN papers_paperrepository link ON link.paper_id = paper.id AND link.removed_at IS NULL
                JOIN papers_repository repository ON repository.id = link.repository_id AND repository.removed_at IS NULL
                WHERE {SHOWN_PAPER} AND paper.date IS NOT NULL
            ) AS code
            GROUP BY month, framework
        """,
    ),
    Stored(
        table="papers_proceedingcount",
        keys={"proceeding_id": "bigint"},
        figures={"papers": "integer"},
        truth=f"""
            SELECT paper.proceeding_id, count(*)::integer
            FROM papers_paper paper
            JOIN papers_proceeding proceeding ON proceeding.id = paper.proceeding_id AND proceeding.removed_at IS NULL
            WHERE {SHOWN_PAPER}
            GROUP BY paper.proceeding_id
        """,
    ),
]

RECOUNTS = f"""
-- Of the months of these papers.
CREATE FUNCTION papers_recount_months_of(ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    months bigint[] := ARRAY(SELECT DISTINCT {MONTH} FROM papers_paper paper WHERE id = ANY (ids) AND date IS NOT NULL);
BEGIN
    PERFORM papers_monthcount_recount(months);
    PERFORM papers_frameworkmonth_recount(months);
END
$$;
"""

DROP_RECOUNTS = "DROP FUNCTION papers_recount_months_of(bigint[]);"

WATCHED = [
    Watch(
        table="papers_paper",
        columns=["removed_at", "duplicate_of_id", "date", "proceeding_id"],
        collect={"months": month_of("date"), "proceedings": "proceeding_id"},
        then="""
            PERFORM papers_monthcount_recount(months);
            PERFORM papers_frameworkmonth_recount(months);
            PERFORM papers_proceedingcount_recount(proceedings);
        """,
    ),
    Watch(
        table="papers_paperrepository",
        columns=["paper_id", "repository_id", "framework", "removed_at"],
        collect={"papers": "paper_id"},
        then="PERFORM papers_recount_months_of(papers);",
    ),
    Watch(
        table="papers_repository",
        columns=["removed_at"],
        collect={"repositories": "id"},
        then="""
            PERFORM papers_recount_months_of(ARRAY(
                SELECT DISTINCT paper_id FROM papers_paperrepository WHERE repository_id = ANY (repositories)
            ));
        """,
    ),
    Watch(
        table="papers_proceeding",
        columns=["removed_at"],
        collect={"proceedings": "id"},
        then="PERFORM papers_proceedingcount_recount(proceedings);",
    ),
]
