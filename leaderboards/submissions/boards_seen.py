"""A board as the checks see it: its columns with their cells, and which model by which paper stands in which row."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from leaderboards.columns import Cell, read_cell
from leaderboards.directions import Direction
from leaderboards.models import Claim, Leaderboard, MadeRow, Score, cell_text


@dataclass(kw_only=True)
class ColumnSeen:
    """A column: the numbers as they stand (on its scale), and each cell as it was written."""

    name: str
    direction: Direction
    key: int | None = None
    cells: list[Cell] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class RowSeen:
    """A row: the model's name, what the row says of its paper, and its cells' texts by metric."""

    model_name: str
    paper_key: str
    cells: Mapping[str, str]
    key: int | None = None
    external_id: str = ""


@dataclass(kw_only=True)
class BoardSeen:
    """A board that is there, or one that would be made (`is_new`)."""

    title: str
    columns: dict[str, ColumnSeen]
    rows: list[RowSeen]
    is_new: bool = False
    slug: str = ""

    def __post_init__(self) -> None:
        self._by_model: dict[str, list[RowSeen]] = defaultdict(list)
        rows, self.rows = self.rows, []
        for row in rows:
            self.add(row)

    def add(self, row: RowSeen) -> None:
        """One row more."""
        self.rows.append(row)
        self._by_model[_folded(row.model_name)].append(row)

    def rows_of_model(self, name: str) -> Sequence[RowSeen]:
        """The rows of the model of that name, however it is spelled."""
        return self._by_model.get(_folded(name), ())

    def column(self, name: str) -> ColumnSeen | None:
        """The column of that name, whatever its case."""
        wanted = name.casefold()
        return self.columns.get(name) or next((c for c in self.columns.values() if c.name.casefold() == wanted), None)

    @property
    def ranking(self) -> ColumnSeen | None:
        """The column that ranks the board."""
        return next((column for column in self.columns.values() if column.direction != "none"), None)


def see(board: Leaderboard) -> BoardSeen:
    """The board as it is now, in two queries."""
    columns = {
        metric.name: ColumnSeen(name=metric.name, direction=cast(Direction, str(metric.direction)), key=metric.pk)
        for metric in board.metrics.all()
    }
    rows: dict[int, tuple[str, str, dict[str, str]]] = {}
    for pk, name, paper_key in board.claims.published().values_list("pk", "model_name", "paper_key"):
        rows[pk] = (name, paper_key, {})
    cells = Score.objects.filter(claim__leaderboard=board, claim__removed_at=None)
    for claim, metric, raw, value in cells.values_list("claim_id", "metric__name", "raw", "value"):
        rows[claim][2][metric] = cell_text(raw)
        columns[metric].cells.append(read_cell(raw))
        if value is not None:
            columns[metric].values.append(value)
    return BoardSeen(
        title=str(board),
        slug=board.slug,
        columns=columns,
        rows=[RowSeen(model_name=name, paper_key=said, cells=texts, key=pk) for pk, (name, said, texts) in rows.items()],
    )


def _folded(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum() or letter == "+")


def named_before(external_id: str, *, board: Leaderboard, sender: int | None) -> Claim | None:
    """The claim on the board that the same sender called by this `external_id` before: whoever sends it again means it."""
    if not external_id or sender is None:
        return None
    named = MadeRow.objects.filter(external_id=external_id, submission__submitter=sender).values("object_id")
    return board.claims.published().filter(public_id__in=named).order_by("pk").first()
