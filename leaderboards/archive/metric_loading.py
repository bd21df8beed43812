"""Storing the columns of boards; `columns.judge` gives them their directions."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import uuid4

from leaderboards.archive.settling import DROPPED
from leaderboards.directions import infer_direction
from leaderboards.metric_names import canonical_metric
from leaderboards.models import Metric
from papers.archive.copy_text import line
from papers.archive.session import Session
from papers.archive.staging import is_recorded, log_change, log_values

_TABLE = "leaderboards_metric"
_COLUMNS = ("id", "public_id", "leaderboard_id", "name", "position", "direction", "direction_source", "canonical_name")
_HELD = f"SELECT id, leaderboard_id, name, position FROM {_TABLE} ORDER BY position, id"
_TOUCHED_BY_PEOPLE = f"""
SELECT m.id FROM {_TABLE} m WHERE m.id = ANY(%s)
AND EXISTS (SELECT FROM papers_change c WHERE c.object_id = m.public_id AND c.via <> 'import')
"""

Move = tuple[int, int]
"""A column's id and its new position."""


class MetricStore:
    """Finds or makes the columns of boards for the length of one import.

    The first column ranks its board, so that a part, which may name others alone, moves none: new ones follow those that are
    there. A complete dump says how they stand (`settle`).
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._named: dict[int, list[str]] = {}
        self._held: dict[int, dict[str, tuple[int, int]]] = {}
        for row_id, board, name, place in session.rows(_HELD):
            self._held.setdefault(board, {})[name] = row_id, place

    def store(self, boards: Mapping[int, list[str]]) -> dict[tuple[int, str], int]:
        """Find or make the columns of these boards (names in order, by board id); ids by board and name."""
        self._named.update(boards)
        new: list[tuple[int, str]] = []
        moved: list[Move] = []
        for board, names in boards.items():
            held = self._held.setdefault(board, {})
            place = 1 + max((place for _, place in held.values() if place < DROPPED), default=-1)
            for name in names:
                if name not in held:
                    new.append(self._made(board, name, place))
                elif held[name][1] >= DROPPED:
                    moved.append(self._put(board, name, place))
                else:
                    continue
                place += 1
        self._add(new)
        self._move(moved)
        return {(board, name): row_id for board in boards for name, (row_id, _) in self._held[board].items()}

    def settle(self) -> None:
        """After a complete dump: have its columns stand in its order, and those that it no longer names behind them.

        These stay, since measurements may stand in them; those that people made or edited do not count as dropped.
        """
        others = [self._held[board][name][0] for board in self._named for name in self._unnamed(board)]
        kept = {row[0] for row in self._session.rows(_TOUCHED_BY_PEOPLE, [others])}
        self._move([move for board in self._named for move in self._wanted(board, kept)])

    def _unnamed(self, board: int) -> list[str]:
        """The columns of a board that the dump does not name, in their order."""
        held, named = self._held[board], set(self._named[board])
        return sorted((name for name in held if name not in named), key=lambda name: held[name][::-1])

    def _wanted(self, board: int, kept: set[int]) -> Iterator[Move]:
        """What has to move on one board."""
        held, unnamed = self._held[board], self._unnamed(board)
        stays = [name for name in unnamed if held[name][0] in kept]
        goes = [name for name in unnamed if held[name][0] not in kept]
        for place, name in [*enumerate([*self._named[board], *stays]), *enumerate(goes, start=DROPPED)]:
            if place != held[name][1]:
                yield self._put(board, name, place)

    def _put(self, board: int, name: str, place: int) -> Move:
        row_id, _ = self._held[board][name]
        self._held[board][name] = row_id, place
        return row_id, place

    def _made(self, board: int, name: str, place: int) -> tuple[int, str]:
        """The id and the line of a new column."""
        row_id = self._session.fresh_id(Metric)
        self._held[board][name] = row_id, place
        source = Metric.DirectionSource.INFERRED.value
        values = (row_id, str(uuid4()), board, name, place, infer_direction(name), source, canonical_metric(name))
        return row_id, line(values)

    def _add(self, new: Sequence[tuple[int, str]]) -> None:
        self._session.copy(_TABLE, _COLUMNS, [text for _, text in new])
        if new:
            self._session.run(
                f"""
                {log_change(self._session)}
                SELECT {log_values(self._session, _TABLE)}, 'created', m.public_id, '{{}}', papers_content(to_jsonb(m))
                FROM {_TABLE} m JOIN leaderboards_leaderboard b ON b.id = leaderboard_id
                WHERE m.id = ANY(%s) AND {is_recorded(self._session, "b")}
                """,
                [[row_id for row_id, _ in new]],
            )

    def _move(self, moved: Sequence[Move]) -> None:
        if not moved:
            return
        self._session.run(
            f"""
            WITH moved AS (
                UPDATE {_TABLE} m SET position = s.place FROM unnest(%s::bigint[], %s::int[]) AS s(id, place)
                JOIN {_TABLE} was USING (id) JOIN leaderboards_leaderboard b ON b.id = was.leaderboard_id WHERE m.id = s.id
                RETURNING m.public_id, was.position AS old, m.position AS new, b.created_at
            )
            {log_change(self._session)}
            SELECT {log_values(self._session, _TABLE)}, 'changed', public_id,
                jsonb_build_object('position', old), jsonb_build_object('position', new)
            FROM moved WHERE {is_recorded(self._session, "moved")}
            """,
            [[row_id for row_id, _ in moved], [place for _, place in moved]],
        )
