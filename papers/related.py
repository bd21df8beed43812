"""Related papers as the site shows them: those that were computed (papers/relating), or else the newest of the same task."""

from typing import TYPE_CHECKING, TypedDict, cast

from papers.models import Paper

if TYPE_CHECKING:  # it cannot be subscripted at run time
    from django_stubs_ext import WithAnnotations


SHOWN = 8
"""How many related papers a page shows."""


class Relation(TypedDict):
    """What a related paper carries beside its own columns: why it is related, in words, and how many tasks it shares."""

    reason: str
    shared_tasks: int


# What was removed or taken for spam since the computation is no reason any more, and a paper without a reason is not related.
_STORED = """
SELECT near.place, other.id, other.slug, other.title, other.date,
       (SELECT count(*) FROM papers_papertask mine JOIN papers_papertask theirs USING (task_id)
        WHERE mine.paper_id = self.id AND theirs.paper_id = other.id) AS shared_tasks,
       concat_ws('; ', 'same task: ' || task.name, 'same method: ' || method.name, 'same dataset: ' || dataset.name,
           CASE WHEN near.similarity IS NULL THEN NULL
                WHEN coalesce(self.abstract, '') = '' OR coalesce(other.abstract, '') = '' THEN 'similar title'
                ELSE 'similar abstract' END) AS reason
FROM papers_relatedpapers stored
JOIN papers_paper self ON self.id = stored.paper_id
CROSS JOIN LATERAL unnest(stored.related_ids, stored.similarities, stored.task_ids, stored.method_ids, stored.dataset_ids)
    WITH ORDINALITY AS near (related_id, similarity, task_id, method_id, dataset_id, place)
JOIN papers_paper other ON other.id = near.related_id AND other.removed_at IS NULL AND other.duplicate_of_id IS NULL
LEFT JOIN papers_task task ON task.id = near.task_id AND task.removed_at IS NULL AND task.spam_reason = ''
LEFT JOIN papers_method method ON method.id = near.method_id AND method.removed_at IS NULL AND method.spam_reason = ''
LEFT JOIN papers_dataset dataset ON dataset.id = near.dataset_id AND dataset.removed_at IS NULL AND dataset.spam_reason = ''
WHERE stored.paper_id = %(paper)s
  AND (near.similarity IS NOT NULL OR task.id IS NOT NULL OR method.id IS NOT NULL OR dataset.id IS NOT NULL)
ORDER BY near.place
LIMIT %(limit)s
"""

# How the old site chose them.
_NEWEST = """
SELECT row_number() OVER (ORDER BY other.date DESC NULLS LAST, other.id) AS place,
       other.id, other.slug, other.title, other.date, count(*) AS shared_tasks, '' AS reason
FROM papers_papertask mine
JOIN papers_task task ON task.id = mine.task_id AND task.removed_at IS NULL AND task.spam_reason = ''
JOIN papers_papertask theirs ON theirs.task_id = mine.task_id AND theirs.paper_id <> mine.paper_id
JOIN papers_paper other ON other.id = theirs.paper_id AND other.removed_at IS NULL AND other.duplicate_of_id IS NULL
WHERE mine.paper_id = %(paper)s AND NOT EXISTS (SELECT FROM stored_ones)
GROUP BY other.id
ORDER BY place
LIMIT %(limit)s
"""

QUERY = f"""
WITH stored_ones AS MATERIALIZED ({_STORED}), newest AS ({_NEWEST})
SELECT * FROM stored_ones UNION ALL SELECT * FROM newest ORDER BY place
"""


def related_to(paper: Paper, *, limit: int = SHOWN) -> "list[WithAnnotations[Paper, Relation]]":
    """The published papers nearest to this one, nearest first, each with a `reason` such as "same task: X; similar abstract".

    Where nothing was computed yet, or nothing of it is left: the newest papers of the same task, whose `reason` is empty;
    papers of one day stay in the order in which the archive has them. One query. It loads id, slug, title and date alone.
    """
    found = Paper.objects.raw(QUERY, {"paper": paper.pk, "limit": limit})
    return cast("list[WithAnnotations[Paper, Relation]]", list(found))
