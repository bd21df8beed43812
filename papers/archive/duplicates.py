"""Second rows of one paper: a preprint beside its venue's page, or an address with a number behind it.

Rows are one paper where they have the same arXiv id, where one names the other as its venue's version, or where title and
authors are the same. One of them stands for all; the others stay, and point at it.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from papers.archive.aliases import add_aliases_of
from papers.archive.references import point
from papers.archive.session import Session
from papers.models import SlugHistory

# A row of which a person said what it is a duplicate of, or that it is none, is left out. An empty id names no paper.
_PAIRS = r"""
WITH rows AS (
    SELECT id, slug, archive_key, nullif(arxiv_id, '') AS arxiv_id, nullif(conference_slug, '') AS conference_slug,
        hashtextextended(lower(btrim(regexp_replace(title, '\s+', ' ', 'g'))), 0) AS title
    FROM papers_paper
    WHERE removed_at IS NULL AND archive_key IS NOT NULL AND source = %(source)s
    AND NOT edited_fields && ARRAY['duplicate_of', 'duplicate_of_id']
), by_id AS (
    SELECT unnest(array_agg(id)) AS id, min(id) AS other FROM rows
    WHERE arxiv_id IS NOT NULL GROUP BY arxiv_id HAVING count(*) > 1
), by_venue AS (
    SELECT preprint.id, page.id AS other FROM rows preprint JOIN rows page ON page.archive_key = preprint.conference_slug
    UNION
    SELECT preprint.id, page.id FROM rows preprint JOIN rows page ON page.slug = preprint.conference_slug
), titled AS (
    SELECT unnest(array_agg(id)) AS id, title FROM rows WHERE title <> hashtextextended('', 0) GROUP BY title HAVING count(*) > 1
), authored AS (
    SELECT t.id, t.title, array_agg(a.author_id ORDER BY a.position) AS authors
    FROM titled t JOIN papers_paperauthor a ON a.paper_id = t.id GROUP BY t.id, t.title
), by_title AS (
    SELECT unnest(array_agg(id)) AS id, min(id) AS other FROM authored GROUP BY title, authors HAVING count(*) > 1
), pairs AS (
    SELECT id, other FROM by_id UNION SELECT id, other FROM by_title
    UNION SELECT id, other FROM by_venue WHERE id <> other UNION SELECT other, other FROM by_venue WHERE id <> other
)
SELECT id, other, nullif(p.arxiv_id, '') IS NULL, p.date FROM pairs JOIN papers_paper p USING (id)
"""
_HELD = "SELECT id FROM papers_paper WHERE duplicate_of_id IS NOT NULL AND archive_key IS NOT NULL AND source = %s"
_VENUE_SLUGS = """
SELECT id AS place, conference_slug AS slug, public_id AS target FROM papers_paper named
WHERE removed_at IS NULL AND length(conference_slug) <= 300 AND conference_slug ~ '^[A-Za-z0-9_.~-]+$'
AND conference_slug ~ '[^.]'
AND NOT EXISTS (SELECT FROM papers_paper page WHERE page.archive_key = named.conference_slug)
"""

Rank = tuple[bool, date, int]


def mark_duplicates(session: Session) -> int:
    """Point second rows of a paper at the row that stands for all; how many rows changed.

    That row is one with an arXiv id before one without, then the older, then the one that came first. A row that is no
    duplicate any more is freed. What a person said stays.
    """
    wanted: dict[int, int | None] = {row[0]: None for row in session.rows(_HELD, [session.source.value])}
    for group in _groups(session):
        _, _, first = min(group)
        wanted.update({row_id: first if row_id != first else None for _, _, row_id in group})
    return point(session, table="papers_paper", column="duplicate_of_id", pairs=wanted.items())


def alias_conference_slugs(session: Session) -> int:
    """Have the addresses of venues' versions that no row has redirect to the papers that name them; how many were added."""
    return add_aliases_of(session, kind=SlugHistory.Kind.PAPER, table="papers_paper", wanted=_VENUE_SLUGS)


def _groups(session: Session) -> Iterator[list[Rank]]:
    """The rows of each paper that has several, each row with its rank: the lowest stands for all."""
    ranks: dict[int, Rank] = {}
    parents: dict[int, int] = {}
    for row_id, other, lacks_id, day in session.rows(_PAIRS, {"source": session.source.value}):
        ranks[row_id] = (lacks_id, day or date.max, row_id)
        parents[_root(parents, row_id)] = _root(parents, other)
    groups: dict[int, list[Rank]] = defaultdict(list)
    for row_id, rank in ranks.items():
        groups[_root(parents, row_id)].append(rank)
    return iter(groups.values())


def _root(parents: dict[int, int], row_id: int) -> int:
    """The row that a row's group goes by; paths are halved on the way."""
    while (above := parents.setdefault(row_id, row_id)) != row_id:
        parents[row_id] = parents[above]
        row_id = above
    return row_id
