"""What the rejected parts of the tables name: it did not disappear from the archive, though what is said of it cannot be used."""

from dataclasses import dataclass, field
from itertools import count

from leaderboards.archive.result_rows import paper_key
from papers.archive.keys import bounded, joined
from papers.archive.ledger import Ledger
from papers.archive.session import Session
from papers.archive.text import JsonObject, JsonValue

_BOARDS = """
SELECT board.id, board.archive_key FROM leaderboards_leaderboard board JOIN papers_task task ON task.id = board.task_id
WHERE board.archive_key IS NOT NULL AND (task.archive_key = ANY(%s) OR board.archive_key = ANY(%s) OR EXISTS (
    SELECT FROM unnest(%s::text[], %s::text[]) AS whole(task, name)
    WHERE task.archive_key = whole.task AND starts_with(board.dataset_name, whole.name || ' / ')
))
"""
_RESULTS = "SELECT archive_key FROM leaderboards_claim WHERE archive_key IS NOT NULL AND leaderboard_id = ANY(%s)"


@dataclass
class Unread:
    """Names of tasks, (task, name) of boards, and (task, board, model, paper key) of results that were rejected.

    With a task go its boards and the tasks below it, with a board its parts, and with each board its results.
    """

    tasks: set[str] = field(default_factory=set)
    boards: set[tuple[str, str]] = field(default_factory=set)
    results: set[tuple[str, str, str, str]] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.tasks or self.boards or self.results)

    def add_task(self, values: JsonObject) -> None:
        """Note a task with those below it; walks without recursion."""
        waiting: list[JsonValue] = [values]
        while waiting:
            task = waiting.pop()
            if not isinstance(task, dict):
                continue
            if isinstance(name := task.get("task"), str):
                self.tasks.add(name)
            below = task.get("subtasks")
            waiting.extend(below if isinstance(below, list) else [])

    def add_board(self, values: JsonObject, *, task: str, above: str) -> None:
        """Note a board, which is a part of the board `above` unless that is empty."""
        name = values.get("subdataset" if above else "dataset")
        if isinstance(name, str):
            self.boards.add((task, f"{above} / {name}" if above else name))

    def add_result(self, values: JsonValue, *, task: str, board: str) -> None:
        """Note a row of a board."""
        if isinstance(values, dict):
            model, url, title = (_text(values.get(key)) for key in ("model_name", "paper_url", "paper_title"))
            self.results.add((task, board, model or "", paper_key(url=url, title=title)))

    def add(self, other: "Unread") -> None:
        """Note what another file of the same dump has of such parts."""
        self.tasks |= other.tasks
        self.boards |= other.boards
        self.results |= other.results

    def keep(self, session: Session, *, tasks: Ledger, boards: Ledger, results: Ledger) -> None:
        """Have none of it told as no longer in the archive."""
        names = [bounded(name) for name in self.tasks]
        for name in names:
            tasks.name(name)
        wholes = [[bounded(task) for task, _ in self.boards], [name for _, name in self.boards]]
        found = session.rows(_BOARDS, [names, [joined(*board) for board in self.boards], *wholes])
        for _, key in found:
            boards.name(key)
        for (key,) in session.rows(_RESULTS, [[row_id for row_id, _ in found]]):
            results.name(key)
        for result in self.results:
            for occurrence in count():
                key = joined(*result, str(occurrence))
                if key not in results:
                    break
                results.name(key)


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
