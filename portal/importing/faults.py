"""What is odd in the archive, counted in the catalogue as it stands after an import: one line of the report each.

The rules themselves stand where rows are read: screening (spam and vandalism), dates, scores, scales, directions, metric
names, keys, duplicates, tables (the task graph), links.
"""

FAULTS = {
    "methods taken for spam": "SELECT count(*) FROM papers_method WHERE spam_reason <> ''",
    "datasets taken for spam": "SELECT count(*) FROM papers_dataset WHERE spam_reason <> ''",
    "nameless and vandalised tasks": "SELECT count(*) FROM papers_task WHERE spam_reason <> ''",
    "cells that are text": """
        SELECT count(*) FROM leaderboards_score s WHERE value IS NULL AND raw NOT IN ('null', '""', '"-"', '"--"', '"N/A"')
    """,
    "cells without a value": """SELECT count(*) FROM leaderboards_score WHERE raw IN ('null', '""', '"-"', '"--"', '"N/A"')""",
    "cells brought to the scale of their column": "SELECT count(*) FROM leaderboards_score WHERE scale <> 1",
    "best values that may be a slip": "SELECT count(*) FROM leaderboards_score WHERE is_doubtful",
    "columns whose direction is inferred": "SELECT count(*) FROM leaderboards_metric WHERE direction_source = 'inferred'",
    "columns that are not ranked": "SELECT count(*) FROM leaderboards_metric WHERE direction = 'none'",
    "columns under a variant of a metric's name": """
        SELECT count(*) FROM leaderboards_metric WHERE canonical_name <> '' AND canonical_name <> name
    """,
    "tasks below several tasks": "SELECT count(*) FROM (SELECT FROM papers_taskedge GROUP BY child_id HAVING count(*) > 1) twice",
    "boards of tasks that stand below others only": """
        SELECT count(*) FROM leaderboards_leaderboard b JOIN papers_task t ON t.id = b.task_id
        WHERE t.archive_raw ->> '_is_top' = 'false'
    """,
    "further results of one model and paper on a board": "SELECT count(*) FROM leaderboards_claim WHERE occurrence > 0",
    "results that name a paper which is not known": """
        SELECT count(*) FROM leaderboards_claim WHERE paper_id IS NULL AND paper_key <> ''
    """,
    "results that name no paper": "SELECT count(*) FROM leaderboards_claim WHERE paper_key = ''",
    "second rows of a paper": "SELECT count(*) FROM papers_paper WHERE duplicate_of_id IS NOT NULL",
    "papers without a date or with one that cannot be": "SELECT count(*) FROM papers_paper WHERE date IS NULL",
    "papers without a title or an abstract": "SELECT count(*) FROM papers_paper WHERE title IS NULL OR abstract IS NULL",
    "papers known from their links alone": """
        SELECT count(*) FROM papers_paper WHERE archive_extra ? '_known_from'
    """,
    "links that repeat a pair of paper and repository": """
        SELECT coalesce(sum(jsonb_array_length(archive_raw -> '_repeats')), 0)::bigint FROM papers_paperrepository
        WHERE archive_raw ? '_repeats'
    """,
    "links that spell their repository otherwise": "SELECT count(*) FROM papers_paperrepository WHERE archive_raw ? 'repo_url'",
    "boards whose dataset was found by a variant of its name": """
        SELECT count(*) FROM leaderboards_leaderboard b JOIN papers_dataset d ON d.id = b.dataset_id
        WHERE b.dataset_name <> d.name
    """,
}
