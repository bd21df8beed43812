"""Datasets that resemble one: they serve the same tasks, or hold the same kinds of data for one of them.

The rule: of those that share a task, by twice the shared tasks and once the shared modalities; of equal ones that with more
papers first, then by name. The tasks of a dataset are those that it is described by and those of its boards.
"""

from dataclasses import dataclass

from django.db import connection

from portal.pages.links import Link, address

MOST = 12

_SIMILAR = """
WITH serves AS (
    SELECT dataset_id, task_id FROM papers_dataset_tasks
    UNION
    SELECT dataset_id, task_id FROM leaderboards_leaderboard WHERE removed_at IS NULL
), shared AS MATERIALIZED (
    SELECT other.dataset_id, count(*) AS tasks, min(task.name) AS example
    FROM serves own
    JOIN papers_task task ON task.id = own.task_id AND task.removed_at IS NULL AND task.spam_reason = ''
    JOIN serves other ON other.task_id = own.task_id AND other.dataset_id <> own.dataset_id
    WHERE own.dataset_id = %(dataset)s
    GROUP BY other.dataset_id
)
SELECT dataset.name, dataset.slug, shared.tasks, shared.example, kinds.names
FROM shared
JOIN papers_dataset dataset ON dataset.id = shared.dataset_id AND dataset.removed_at IS NULL AND dataset.spam_reason = ''
JOIN papers_dataset own ON own.id = %(dataset)s
LEFT JOIN leaderboards_datasetcount counted ON counted.dataset_id = dataset.id
CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT unnest(dataset.modalities) INTERSECT SELECT unnest(own.modalities) ORDER BY 1) AS names
) AS kinds
ORDER BY 2 * shared.tasks + cardinality(kinds.names) DESC, coalesce(counted.papers, 0) DESC, dataset.slug
LIMIT %(limit)s
"""


@dataclass(frozen=True, kw_only=True)
class Similar:
    """A dataset with what it shares."""

    link: Link
    shared: str


def to(dataset: int) -> tuple[Similar, ...]:
    """The datasets that resemble the one with this id, the most alike first: one query."""
    with connection.cursor() as cursor:
        cursor.execute(_SIMILAR, {"dataset": dataset, "limit": MOST})
        rows = cursor.fetchall()
    return tuple(
        Similar(link=Link(text=name, href=address("datasets:detail", slug)), shared=_shared(tasks, example, kinds))
        for name, slug, tasks, example, kinds in rows
    )


def _shared(tasks: int, example: str, kinds: list[str]) -> str:
    words = example if tasks == 1 else f"{tasks} tasks"
    return ", ".join([words, *kinds])
