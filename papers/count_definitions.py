"""What the catalogue's counts are, and which changes move them."""

from papers.count_triggers import Stored, Watch

SHOWN_PAPER = "paper.removed_at IS NULL AND paper.duplicate_of_id IS NULL"
"""The public sees it; `SHOWN` in papers/models.py says the same."""

# Tables stand behind those that their truth reads.
STORED = [
    Stored(
        table="papers_papercount",
        keys={"paper_id": "bigint"},
        figures={"code_links": "integer", "has_official": "boolean"},
        truth=f"""
            SELECT link.paper_id, count(*)::integer, bool_or(coalesce(link.is_official, false))
            FROM papers_paperrepository link
            JOIN papers_repository repository ON repository.id = link.repository_id AND repository.removed_at IS NULL
            JOIN papers_paper paper ON paper.id = link.paper_id AND {SHOWN_PAPER}
            WHERE link.removed_at IS NULL
            GROUP BY link.paper_id
        """,
        totals={"papers_with_code": "count(*)"},
    ),
    Stored(
        table="papers_taskcount",
        keys={"task_id": "bigint"},
        figures={"papers": "integer", "papers_with_code": "integer"},
        truth=f"""
            SELECT task.id, count(paper.id)::integer, count(code.paper_id)::integer
            FROM papers_task task
            LEFT JOIN papers_papertask link ON link.task_id = task.id
            LEFT JOIN papers_paper paper ON paper.id = link.paper_id AND {SHOWN_PAPER}
            LEFT JOIN papers_papercount code ON code.paper_id = paper.id
            WHERE task.removed_at IS NULL AND task.spam_reason = ''
            GROUP BY task.id
        """,
        totals={"tasks": "count(*)"},
    ),
    Stored(
        table="papers_methodcount",
        keys={"method_id": "bigint"},
        figures={"papers": "integer"},
        truth=f"""
            SELECT method.id, count(paper.id)::integer
            FROM papers_method method
            LEFT JOIN papers_papermethod link ON link.method_id = method.id
            LEFT JOIN papers_paper paper ON paper.id = link.paper_id AND {SHOWN_PAPER}
            WHERE method.removed_at IS NULL AND method.spam_reason = ''
            GROUP BY method.id
        """,
        totals={"methods": "count(*)"},
    ),
    Stored(
        table="papers_methodyear",
        keys={"method_id": "bigint", "year": "integer"},
        figures={"papers": "integer"},
        truth=f"""
            SELECT method.id, extract(year FROM paper.date)::integer, count(*)::integer
            FROM papers_method method
            JOIN papers_papermethod link ON link.method_id = method.id
            JOIN papers_paper paper ON paper.id = link.paper_id AND {SHOWN_PAPER}
            WHERE method.removed_at IS NULL AND method.spam_reason = '' AND paper.date IS NOT NULL
            GROUP BY method.id, extract(year FROM paper.date)::integer
        """,
    ),
    Stored(
        table="papers_authorcount",
        keys={"author_id": "bigint"},
        figures={"papers": "integer"},
        # Two people of one name on a paper are one author here.
        truth=f"""
            SELECT place.author_id, count(DISTINCT place.paper_id)::integer
            FROM papers_paperauthor place
            JOIN papers_author author ON author.id = place.author_id AND author.removed_at IS NULL
            JOIN papers_paper paper ON paper.id = place.paper_id AND {SHOWN_PAPER}
            GROUP BY place.author_id
        """,
    ),
    Stored(
        table="papers_repositorycount",
        keys={"repository_id": "bigint"},
        figures={"papers": "integer"},
        truth=f"""
            SELECT link.repository_id, count(*)::integer
            FROM papers_paperrepository link
            JOIN papers_repository repository ON repository.id = link.repository_id AND repository.removed_at IS NULL
            JOIN papers_paper paper ON paper.id = link.paper_id AND {SHOWN_PAPER}
            WHERE link.removed_at IS NULL
            GROUP BY link.repository_id
        """,
    ),
    Stored(
        table="papers_areacount",
        keys={"area_id": "bigint"},
        figures={"tasks": "integer"},
        truth="""
            SELECT area.id, count(task.id)::integer
            FROM papers_area area
            LEFT JOIN papers_task_areas link ON link.area_id = area.id
            LEFT JOIN papers_task task ON task.id = link.task_id AND task.removed_at IS NULL AND task.spam_reason = ''
            WHERE area.removed_at IS NULL
            GROUP BY area.id
        """,
    ),
]

RECOUNT_METHODS = """
    PERFORM papers_methodcount_recount(methods);
    PERFORM papers_methodyear_recount(methods);
"""

ADD_TAGS = f"""
    UPDATE papers_taskcount AS kept
    SET papers = kept.papers + {{sign}} * more.papers, papers_with_code = kept.papers_with_code + {{sign}} * more.with_code
    FROM (
        SELECT link.task_id, count(*)::integer AS papers, count(code.paper_id)::integer AS with_code
        FROM {{rows}} AS link
        JOIN papers_paper paper ON paper.id = link.paper_id AND {SHOWN_PAPER}
        LEFT JOIN papers_papercount code ON code.paper_id = paper.id
        GROUP BY link.task_id
    ) AS more
    WHERE kept.task_id = more.task_id;
"""

# Methods that are not shown have no row to add to.
ADD_USES = f"""
    UPDATE papers_methodcount AS kept SET papers = kept.papers + {{sign}} * more.papers
    FROM (
        SELECT link.method_id, count(*)::integer AS papers
        FROM {{rows}} AS link
        JOIN papers_paper paper ON paper.id = link.paper_id AND {SHOWN_PAPER}
        GROUP BY link.method_id
    ) AS more
    WHERE kept.method_id = more.method_id;
    INSERT INTO papers_methodyear AS kept (method_id, year, papers)
    SELECT link.method_id, extract(year FROM paper.date)::integer, {{sign}} * count(*)::integer
    FROM {{rows}} AS link
    JOIN papers_methodcount shown ON shown.method_id = link.method_id
    JOIN papers_paper paper ON paper.id = link.paper_id AND {SHOWN_PAPER}
    WHERE paper.date IS NOT NULL
    GROUP BY link.method_id, extract(year FROM paper.date)::integer
    ON CONFLICT (method_id, year) DO UPDATE SET papers = kept.papers + excluded.papers;
    DELETE FROM papers_methodyear WHERE papers = 0 AND method_id IN (SELECT method_id FROM {{rows}} AS link);
"""

WATCHED = [
    Watch(
        table="papers_paper",
        columns=["removed_at", "duplicate_of_id", "date"],
        collect={"papers": "id"},
        then="PERFORM papers_recount_of_papers(papers);",
        total=("papers", "removed_at IS NULL AND duplicate_of_id IS NULL"),
    ),
    Watch(
        table="papers_paperrepository",
        columns=["paper_id", "repository_id", "is_official", "removed_at"],
        collect={"papers": "paper_id", "repositories": "repository_id"},
        then="PERFORM papers_recount_code(papers); PERFORM papers_repositorycount_recount(repositories);",
    ),
    Watch(
        table="papers_repository",
        columns=["removed_at"],
        collect={"repositories": "id"},
        then="""
            PERFORM papers_recount_code(ARRAY(
                SELECT DISTINCT paper_id FROM papers_paperrepository WHERE repository_id = ANY (repositories)
            ));
            PERFORM papers_repositorycount_recount(repositories);
        """,
    ),
    Watch(
        table="papers_papertask",
        columns=["paper_id", "task_id"],
        add=ADD_TAGS,
    ),
    Watch(
        table="papers_papermethod",
        columns=["paper_id", "method_id"],
        add=ADD_USES,
    ),
    Watch(
        table="papers_paperauthor",
        columns=["paper_id", "author_id"],
        collect={"authors": "author_id"},
        then="PERFORM papers_authorcount_recount(authors);",
    ),
    Watch(
        table="papers_task",
        columns=["removed_at", "spam_reason"],
        collect={"tasks": "id"},
        then="""
            PERFORM papers_taskcount_recount(tasks);
            PERFORM papers_areacount_recount(ARRAY(SELECT DISTINCT area_id FROM papers_task_areas WHERE task_id = ANY (tasks)));
        """,
    ),
    Watch(
        table="papers_method",
        columns=["removed_at", "spam_reason"],
        collect={"methods": "id"},
        then=RECOUNT_METHODS,
    ),
    Watch(
        table="papers_author",
        columns=["removed_at"],
        collect={"authors": "id"},
        then="PERFORM papers_authorcount_recount(authors);",
    ),
    Watch(
        table="papers_task_areas",
        columns=["task_id", "area_id"],
        collect={"areas": "area_id"},
        then="PERFORM papers_areacount_recount(areas);",
    ),
    Watch(
        table="papers_area",
        columns=["removed_at"],
        collect={"areas": "id"},
        then="PERFORM papers_areacount_recount(areas);",
    ),
]

RECOUNTS = """
-- Of these papers' code, where nothing else about the papers changed; with their first code, or their last, tasks change too.
CREATE FUNCTION papers_recount_code(ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    before bigint[];
    after bigint[];
BEGIN
    PERFORM papers_lock_counts();
    before := ARRAY(SELECT paper_id FROM papers_papercount WHERE paper_id = ANY (ids));
    PERFORM papers_papercount_recount(ids);
    after := ARRAY(SELECT paper_id FROM papers_papercount WHERE paper_id = ANY (ids));
    UPDATE papers_taskcount AS kept SET papers_with_code = kept.papers_with_code + more.papers
    FROM (
        SELECT link.task_id, sum(turned.sign)::integer AS papers
        FROM (
            (SELECT paper_id, -1 AS sign FROM unnest(before) paper_id EXCEPT SELECT paper_id, -1 FROM unnest(after) paper_id)
            UNION ALL
            (SELECT paper_id, 1 AS sign FROM unnest(after) paper_id EXCEPT SELECT paper_id, 1 FROM unnest(before) paper_id)
        ) AS turned
        JOIN papers_papertask link ON link.paper_id = turned.paper_id
        GROUP BY link.task_id
    ) AS more
    WHERE kept.task_id = more.task_id AND more.papers <> 0;
END
$$;

-- Of everything that hangs on these papers.
CREATE FUNCTION papers_recount_of_papers(ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    methods bigint[] := ARRAY(SELECT DISTINCT method_id FROM papers_papermethod WHERE paper_id = ANY (ids));
BEGIN
    PERFORM papers_papercount_recount(ids);
    PERFORM papers_taskcount_recount(ARRAY(SELECT DISTINCT task_id FROM papers_papertask WHERE paper_id = ANY (ids)));
    PERFORM papers_methodcount_recount(methods);
    PERFORM papers_methodyear_recount(methods);
    PERFORM papers_authorcount_recount(ARRAY(SELECT DISTINCT author_id FROM papers_paperauthor WHERE paper_id = ANY (ids)));
    PERFORM papers_repositorycount_recount(ARRAY(
        SELECT DISTINCT repository_id FROM papers_paperrepository WHERE paper_id = ANY (ids)
    ));
END
$$;
"""

DROP_RECOUNTS = """
DROP FUNCTION papers_recount_of_papers(bigint[]);
DROP FUNCTION papers_recount_code(bigint[]);
"""

TOTALS = {
    "papers": f"SELECT count(*) FROM papers_paper paper WHERE {SHOWN_PAPER}",
    **{name: f"SELECT {total} FROM {table.table}" for table in STORED for name, total in table.totals.items()},
}
"""The truth of each total."""
