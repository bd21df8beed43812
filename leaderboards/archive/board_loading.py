"""Storing boards."""

from collections.abc import Mapping

from leaderboards.archive.settling import BoardTable, Tables
from leaderboards.models import Leaderboard
from papers.archive.copy_text import json_text
from papers.archive.keys import joined
from papers.archive.session import Session
from papers.archive.slug_desk import SlugDesk
from papers.archive.upsert import Upsert, tombstone
from papers.models import SlugHistory
from papers.slugs import slugify_title

BoardKey = tuple[str, str]

_COLUMNS = (
    "task_id", "dataset_id", "dataset_name", "description", "position", "archive_raw", "archive_absent", "archive_extra",
)  # fmt: skip
_KEPT = """
SELECT leaderboard_id FROM leaderboards_claim WHERE removed_at IS NULL UNION SELECT leaderboard_id FROM leaderboards_measurement
"""


class BoardStore:
    """Finds or makes boards for the length of one import. A board that was made here for a task and a dataset is taken for it.

    Addresses that stand in the dump win over those that the rule makes.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._by_hand: dict[tuple[int, str], int] = {
            (task, name): row_id
            for row_id, task, name in session.rows(
                "SELECT id, task_id, dataset_name FROM leaderboards_leaderboard WHERE archive_key IS NULL"
            )
        }
        self._adopted: dict[str, int] = {}
        self._rows = Upsert(session, Leaderboard, _COLUMNS, made_once=("slug",), adopted=self._adopted)
        self._slugs: SlugDesk | None = None

    def store(
        self,
        keys: list[BoardKey],
        *,
        merged: Tables,
        task_ids: Mapping[str, int],
        dataset_ids: Mapping[str, int],
    ) -> dict[BoardKey, int]:
        """Store these boards; board ids by task and name."""
        boards = [merged.boards[key] for key in keys]
        ids = {}
        for board in sorted(boards, key=lambda board: board.slug is None):
            task, dataset = task_ids[board.task], dataset_ids[board.dataset]
            ids[board.task, board.name] = self._put(board, task, dataset, self._desk(merged))
        self._rows.flush()
        return ids

    def remove_unstated(self) -> int:
        """Tombstones for the boards that the dump no longer states; how many. One with results or measurements stays."""
        kept = {row[0] for row in self._session.rows(_KEPT)}
        return tombstone(self._session, Leaderboard, [row_id for row_id in self._rows.ledger.unseen() if row_id not in kept])

    def _desk(self, merged: Tables) -> SlugDesk:
        if self._slugs is None:
            stated = [board.slug for board in merged.boards.values() if board.slug]
            kind = SlugHistory.Kind.LEADERBOARD
            self._slugs = SlugDesk(Leaderboard, session=self._session, kind=kind, harvested=stated)
        return self._slugs

    def _put(self, board: BoardTable, task_id: int, dataset_id: int, slugs: SlugDesk) -> int:
        key = joined(board.task, board.name)
        said = (board.name, board.description, board.position)
        beside = (json_text(board.raw), board.absent, json_text(board.extra))
        slug = ""
        if key not in self._rows.ledger:
            by_hand = self._by_hand.get((task_id, board.name))
            if by_hand is not None:
                self._adopted[key] = by_hand
            else:
                wanted = board.slug or slugify_title(f"{board.task} on {board.name}")
                slug = slugs.give(wanted, is_stated=board.slug is not None)
        return self._rows.put(key, (task_id, dataset_id, *said, *beside), once=[slug]).id
