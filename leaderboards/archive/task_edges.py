"""Storing which task stands below which."""

from collections.abc import Mapping, Sequence

from leaderboards.archive.settling import Tables, TaskTable, bare_edges
from papers.archive.copy_text import line
from papers.archive.session import Session
from papers.archive.staging import is_recorded, literal, log_change, log_values
from papers.catalogue_row import Source

_TABLE = "papers_taskedge"
# The sub-tasks of a task that a person edited stay as they are.
_FREE = "NOT 'children' = ANY(parent.edited_fields)"
# An edge has no source of its own, but its past says whether a person made it; a redacted past may be that of any.
_BY_PEOPLE = f"""
EXISTS (
    SELECT FROM papers_change c WHERE c.object_id = parent.public_id AND c."table" = '{_TABLE}' AND c.action = 'linked'
    AND c.via <> 'import' AND (c.new ->> 'child_id' = child.public_id::text OR c.redacted_at IS NOT NULL)
)
"""


class EdgeStore:
    """Adds and changes edges for the length of one import, and removes those that a complete dump no longer has."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stated: set[tuple[int, int]] = set()
        session.run("DROP TABLE IF EXISTS stage_edge")
        session.run(
            "CREATE TEMP TABLE stage_edge (number int, parent bigint, child bigint, place int, bare boolean) ON COMMIT DROP"
        )

    def store(self, tasks: Sequence[TaskTable], *, ids: Mapping[str, int], merged: Tables) -> None:
        """Bring the edges from these tasks to their sub-tasks over; `ids` are row ids by name."""
        bare = bare_edges(merged)
        edges = [
            (ids[task.name], ids[child], place, (task.name, child) in bare)
            for task in tasks
            for place, child in enumerate(task.children)
            if child in ids
        ]
        self._stated.update((parent, child) for parent, child, _, _ in edges)
        self._stage(edges)
        self._change()
        self._add()

    def remove_unstated(self) -> None:
        """Remove the edges that this import's dump does not have; those that people made stay."""
        self._stage([(parent, child, 0, False) for parent, child in self._stated])
        other = Source.DEMO if self._session.source == Source.ARCHIVE else Source.ARCHIVE
        self._session.run(
            f"""
            WITH gone AS (
                DELETE FROM {_TABLE} e USING papers_task parent, papers_task child
                WHERE parent.id = e.parent_id AND child.id = e.child_id AND parent.source <> {literal(other.value)} AND {_FREE}
                AND NOT EXISTS (SELECT FROM stage_edge s WHERE s.parent = e.parent_id AND s.child = e.child_id)
                AND NOT {_BY_PEOPLE}
                RETURNING parent.public_id AS owner, parent.created_at, {_told("e.position", "e.is_bare")} AS old
            )
            {log_change(self._session)}
            SELECT {log_values(self._session, _TABLE)}, 'unlinked', owner, old, '{{}}'
            FROM gone WHERE {is_recorded(self._session, "gone")}
            """
        )

    def _stage(self, edges: Sequence[tuple[int, int, int, bool]]) -> None:
        self._session.run("TRUNCATE stage_edge")
        lines = (line((number, *edge)) for number, edge in enumerate(edges))
        self._session.copy("stage_edge", ["number", "parent", "child", "place", "bare"], lines)

    def _change(self) -> None:
        self._session.run(
            f"""
            WITH changed AS (
                UPDATE {_TABLE} e SET position = s.place, is_bare = s.bare
                FROM stage_edge s JOIN papers_task parent ON parent.id = s.parent JOIN papers_task child ON child.id = s.child
                JOIN {_TABLE} was ON was.parent_id = s.parent AND was.child_id = s.child
                WHERE e.id = was.id AND (was.position, was.is_bare) <> (s.place, s.bare) AND {_FREE}
                RETURNING parent.public_id AS owner, parent.created_at,
                    {_told("was.position", "was.is_bare")} AS old, {_told("e.position", "e.is_bare")} AS new
            )
            {log_change(self._session)}
            SELECT {log_values(self._session, _TABLE)}, 'changed', owner, old, new
            FROM changed WHERE {is_recorded(self._session, "changed")}
            """
        )

    def _add(self) -> None:
        self._session.run(
            f"""
            WITH made AS (
                INSERT INTO {_TABLE} (parent_id, child_id, position, is_bare)
                SELECT s.parent, s.child, s.place, s.bare FROM stage_edge s JOIN papers_task parent ON parent.id = s.parent
                WHERE NOT EXISTS (SELECT FROM {_TABLE} e WHERE e.parent_id = s.parent AND e.child_id = s.child) AND {_FREE}
                ORDER BY number RETURNING parent_id, child_id, position, is_bare
            )
            {log_change(self._session)}
            SELECT {log_values(self._session, _TABLE)}, 'linked', parent.public_id, '{{}}', {_told("position", "is_bare")}
            FROM made JOIN papers_task parent ON parent.id = parent_id JOIN papers_task child ON child.id = child_id
            WHERE {is_recorded(self._session, "parent")}
            """
        )


def _told(position: str, is_bare: str) -> str:
    """SQL: what the history says of an edge, beside the parent under which it stands."""
    return f"jsonb_build_object('child_id', child.public_id, 'position', {position}, 'is_bare', {is_bare})"
