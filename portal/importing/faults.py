"""What is odd in the archive, counted in the catalogue as it stands after an import: one line of the report each.

The rules themselves stand where rows are read: screening (spam and vandalism), dates, scores, scales, directions, metric
names, keys, duplicates, tables (the task graph), links.
"""

import json
import re
from collections import Counter

from leaderboards.scores import is_placeholder
from papers.archive.keys import bounded, folded_url
from papers.archive.session import Session

_FAULTS = {
    "methods taken for spam": "SELECT count(*) FROM papers_method WHERE spam_reason <> ''",
    "datasets taken for spam": "SELECT count(*) FROM papers_dataset WHERE spam_reason <> ''",
    "nameless and vandalised tasks": "SELECT count(*) FROM papers_task WHERE spam_reason <> ''",
    "cells brought to the scale of their column": "SELECT count(*) FROM leaderboards_score WHERE scale <> 1",
    "best values that may be a slip": "SELECT count(*) FROM leaderboards_score WHERE is_doubtful",
    "columns whose direction is inferred": "SELECT count(*) FROM leaderboards_metric WHERE direction_source = 'inferred'",
    "columns that are not ranked": "SELECT count(*) FROM leaderboards_metric WHERE direction = 'none'",
    "columns under a variant of a metric's name": """
        SELECT count(*) FROM leaderboards_metric WHERE canonical_name <> '' AND canonical_name <> name
    """,
    "tasks below several tasks": "SELECT count(*) FROM (SELECT FROM papers_taskedge GROUP BY child_id HAVING count(*) > 1) twice",
    "tasks that stand below themselves": """
        WITH RECURSIVE above(task, ancestor) AS (
            SELECT child_id, parent_id FROM papers_taskedge
            UNION SELECT a.task, e.parent_id FROM above a JOIN papers_taskedge e ON e.child_id = a.ancestor
        ) SELECT count(*) FROM above WHERE task = ancestor
    """,
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

_JOINED = """
SELECT c.paper_key, array_agg(s.arxiv_id), array_agg(s.url_abs) || array_agg(s.conference_url_abs)
FROM leaderboards_claim c JOIN papers_paper s ON s.id = c.paper_id OR s.duplicate_of_id = c.paper_id
WHERE c.source = 'archive' GROUP BY c.id
"""
"""Each linked result with what its paper and that one's second rows say of where they are."""

_DRESSED = "cells whose number stands in other text (%, K, M, ±, marks, commas)"
_TEXT = "cells that are text"
_EMPTY = "cells without a value"
_PLAIN_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)


def count_faults(session: Session) -> dict[str, int]:
    """How much of each oddity the catalogue holds, by the line of the report that says so."""
    counts = {name: int(session.rows(query)[0][0]) for name, query in _FAULTS.items()}
    return counts | _cells(session) | _joins(session)


def _cells(session: Session) -> dict[str, int]:
    """Cells by what had to be made of their text."""
    counts = Counter({_DRESSED: 0, _TEXT: 0, _EMPTY: 0})
    for raw, is_number, cells in session.stream("SELECT raw, value IS NOT NULL, count(*) FROM leaderboards_score GROUP BY 1, 2"):
        value = json.loads(raw)
        if is_number:
            counts[_DRESSED] += cells if isinstance(value, str) and not _PLAIN_NUMBER.fullmatch(value) else 0
        else:
            counts[_EMPTY if is_placeholder(value) else _TEXT] += cells
    return dict(counts)


def _joins(session: Session) -> dict[str, int]:
    """Results that are linked to a paper, by what told it."""
    counts = dict.fromkeys(("arXiv id", "the old site's address", "another address", "title"), 0)
    for key, arxiv_ids, urls in session.stream(_JOINED):
        if key.removeprefix("arxiv:") in arxiv_ids:
            counts["arXiv id"] += 1
        elif key.startswith("paper:"):
            counts["the old site's address"] += 1
        elif key in {bounded(f"url:{folded_url(url)}") for url in urls if url}:
            counts["another address"] += 1
        else:
            counts["title"] += 1
    return {f"results joined to their paper by {way}": count for way, count in counts.items()}
