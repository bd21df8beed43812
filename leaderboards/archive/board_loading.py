"""Storing boards."""

from collections.abc import Mapping

from leaderboards.archive.settling import BoardTable, Tables
from leaderboards.models import Leaderboard
from papers.archive.copy_text import json_text
from papers.archive.keys import joined
from papers.archive.ledger import Ledger
from papers.archive.natural_keys import NaturalKeys
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
    """Finds or makes boards for the length of one import. A board that people made, renamed or moved is taken for the dump's.

    Addresses that stand in the dump win over those that the rule makes.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._naturals = NaturalKeys(session, Leaderboard, ("task_id", "dataset_name"))
        self._rows = Upsert(session, Leaderboard, _COLUMNS, made_once=("slug",))
        self._slugs: SlugDesk | None = None

    @property
    def ledger(self) -> Ledger:
        """Which boards there are, and which this import met."""
        return self._rows.ledger

    def store(
        self,
        keys: list[BoardKey],
        *,
        merged: Tables,
        task_ids: Mapping[str, int],
        dataset_ids: Mapping[str, int],
    ) -> dict[BoardKey, int]:
        """Store these boards; board ids by task and name.

        Left out is a board in whose place a person put another that the dump states too.
        """
        refused = self._settle(keys, merged=merged, task_ids=task_ids)
        boards = [merged.boards[key] for key in keys if key not in refused]
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

    def _settle(self, keys: list[BoardKey], *, merged: Tables, task_ids: Mapping[str, int]) -> set[BoardKey]:
        """The boards that cannot have their place."""
        wanted = {joined(*key): (task_ids[key[0]], key[1]) for key in keys}
        refused = self._naturals.settle(self._rows, wanted, stated={joined(*key) for key in merged.boards})
        return {key for key in keys if joined(*key) in refused}

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
            wanted = board.slug or slugify_title(f"{board.task} on {board.name}")
            slug = slugs.give(wanted, is_stated=board.slug is not None)
        return self._rows.put(key, (task_id, dataset_id, *said, *beside), once=[slug]).id
