"""Joining claims to the papers that they name, once those are known."""

from papers.archive.paper_finder import PaperFinder
from papers.archive.references import point
from papers.archive.session import Session

_WAITING = """
SELECT c.id, c.paper_key, c.paper_title, c.paper_id FROM leaderboards_claim c LEFT JOIN papers_paper p ON p.id = c.paper_id
WHERE c.removed_at IS NULL AND (p.id IS NULL OR p.removed_at IS NOT NULL OR p.duplicate_of_id IS NOT NULL)
AND (c.paper_key <> '' OR c.paper_title IS NOT NULL OR p.id IS NOT NULL)
"""


def link_waiting_claims(session: Session) -> int:
    """Link the claims whose paper was not known, was removed since, or is a second row, to the papers that stand; how many.

    To be called when papers are loaded and their second rows marked.
    """
    waiting = session.rows(_WAITING)
    if not waiting:
        return 0
    finder = PaperFinder(session, ((key, title) for _, key, title, _ in waiting))
    pairs = []
    for claim, key, title, held in waiting:
        found = finder.paper_id(key, title=title)
        if found is None and held is not None:
            found = finder.standing(held)
        if found is not None and found != held:
            pairs.append((claim, found))
    return point(session, table="leaderboards_claim", column="paper_id", pairs=pairs)
