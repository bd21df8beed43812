"""What can be said of a result before a person looks at it: its values beside the board, its doubles, its day. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date

from leaderboards import ranking
from leaderboards.columns import Cell, Standing, standings
from leaderboards.directions import Direction, infer_direction
from leaderboards.scales import is_share
from leaderboards.scores import is_placeholder, parse_score
from leaderboards.submissions.boards_seen import BoardSeen, ColumnSeen, RowSeen
from leaderboards.submissions.findings import Finding, error, note, warning
from leaderboards.submissions.payloads import Result, ScoreSaid
from papers.archive.text import as_json

FEWEST_TO_COMPARE = 3
FAR = 20.0
"""How many times beyond the largest or under the smallest of a column a value is odd."""
NEVER_NEGATIVE = ("error", "perplexity", "time", "wer", "cer")
EARLIEST = date(1950, 1, 1)


def check(result: Result, board: BoardSeen, *, paper_key: str, today: date, known: int | None = None) -> list[Finding]:
    """All findings about a result beside its board; `known` is the claim that it brings up to date."""
    found = [*_metrics(result.scores, board)]
    for said in result.scores:
        found += _value(said, board.column(said.metric))
    found += _doubles(result, board, paper_key=paper_key, known=known)
    found += _day(result.evaluated_on, today=today)
    found += _evidence(result)
    return found


def rank_of(result: Result, board: BoardSeen) -> tuple[int, int, str] | None:
    """Where the result would stand: its rank, among how many, and by which metric; None where the board ranks nothing of it."""
    column = board.ranking or next((_column_of(said) for said in result.scores if _direction(said) != "none"), None)
    if column is None:
        return None
    said = next((each for each in result.scores if each.metric.casefold() == column.name.casefold()), None)
    value = parse_score(said.value) if said else None
    if said is None or value is None or column.direction == "none":
        return None
    standing = _standing(column, Cell(as_json(said.value), value))
    values = [*column.values, value * standing.scale]
    return ranking.rank(values, direction=column.direction)[-1] or 0, len(values), column.name


def _metrics(scores: Sequence[ScoreSaid], board: BoardSeen) -> Iterator[Finding]:
    names = [said.metric.casefold() for said in scores]
    for said in scores:
        if not said.metric:
            yield error("metric_missing", "scores", f"Name the metric whose value is {said.value}.")
        elif names.count(said.metric.casefold()) > 1:
            yield error("metric_twice", "scores", f"{said.metric} stands twice: give each metric one value.")
        column = board.column(said.metric) if said.metric else None
        if column is None and said.metric and not board.is_new:
            known = ", ".join(list(board.columns)[:6]) or "none yet"
            yield warning("metric_new", "scores", f"{said.metric} would be a new column; the board has {known}.")
        yield from _direction_sense(said, column)


def _direction_sense(said: ScoreSaid, column: ColumnSeen | None) -> Iterator[Finding]:
    if not (said.direction and said.metric):
        return
    if column is None and said.direction != infer_direction(said.metric):
        yield warning("direction_odd", "scores", f"By its name {said.metric} is {_better(infer_direction(said.metric))}.")
    if column is not None and said.direction != column.direction:
        yield note(
            "direction_other",
            "scores",
            f"On this board {said.metric} is {_better(column.direction)}; a result does not change that, an edit does.",
        )


def _value(said: ScoreSaid, column: ColumnSeen | None) -> Iterator[Finding]:
    name = column.name if column else said.metric
    direction = column.direction if column else _direction(said)
    value = parse_score(said.value)
    if not said.value or is_placeholder(said.value):
        yield error("value_missing", "scores", f"Give the value of {name}, or leave the metric out.")
        return
    if value is None:
        if direction != "none":
            yield error("value_unreadable", "scores", f"“{said.value}” is no number: write {name} like 28.4 or 28.4%.")
        return
    if odd := list(_range(said, name, value, direction=direction)):
        yield from odd
    elif column:
        yield from _beside(said, column, value)


def _range(said: ScoreSaid, name: str, value: float, *, direction: Direction) -> Iterator[Finding]:
    if is_share(name) and direction != "none" and not 0 <= value <= 100:
        yield error("value_out_of_range", "scores", f"{name} lies between 0 and 100, and {said.value} does not.")
    elif value < 0 and direction == "lower" and any(word in name.lower() for word in NEVER_NEGATIVE):
        yield error("value_out_of_range", "scores", f"{name} is never negative, and {said.value} is.")


def _beside(said: ScoreSaid, column: ColumnSeen, value: float) -> Iterator[Finding]:
    """A value on another scale than its column's, far from it, or far ahead of all."""
    if len(column.values) < FEWEST_TO_COMPARE or column.direction == "none":
        return
    low, high = min(column.values), max(column.values)
    if low <= value <= high:
        return  # neither on another scale nor ahead; to judge the whole column takes a hundred times as long
    standing = _standing(column, Cell(as_json(said.value), value))
    if standing.scale != 1:
        yield warning(
            "scale_other", "scores",
            f"{said.value} stands among values of {low:g} to {high:g}: it would be read as {value * standing.scale:g}.",
        )  # fmt: skip
        return
    if _is_far(value, low, high):
        yield warning(
            "value_far", "scores", f"{said.value} is far from the board's values, {low:g} to {high:g}: is the unit the same?"
        )
    elif standing.is_doubtful:
        best = high if column.direction == "higher" else low
        yield warning("best_by_far", "scores", f"{said.value} would lead by a wide margin: the best until now is {best:g}.")


def _is_far(value: float, low: float, high: float) -> bool:
    if low <= 0:
        return False
    return (high > 0 and value > FAR * high) or value < low / FAR


def _doubles(result: Result, board: BoardSeen, *, paper_key: str, known: int | None) -> Iterator[Finding]:
    for row in board.rows_of_model(result.model_name):
        if (known is not None and row.key == known) or (result.external_id and row.external_id == result.external_id):
            continue
        if row.paper_key != paper_key:
            yield note("model_known", "model_name", f"The board has {row.model_name} by another paper: {_cells(row)}.")
        elif _says_the_same(result, row, board):
            yield error("duplicate", "model_name", f"The board has this very result: {row.model_name}, {_cells(row)}.")
        else:
            yield warning("duplicate_other", "model_name", f"The board has {row.model_name} by this paper with {_cells(row)}.")


def _says_the_same(result: Result, row: RowSeen, board: BoardSeen) -> bool:
    """Whether each value that is given stands there already, however it is spelled."""
    for said in result.scores:
        column = board.column(said.metric)
        held = row.cells.get(column.name) if column else None
        if held is None or (held != said.value and (parse_score(held) is None or parse_score(held) != parse_score(said.value))):
            return False
    return True


def _day(day: date | None, *, today: date) -> Iterator[Finding]:
    if day is not None and not EARLIEST <= day <= today:
        yield error("date_odd", "evaluated_on", f"{day} lies in the future or before 1950.")


def _evidence(result: Result) -> Iterator[Finding]:
    if not (result.paper or result.source_url):
        yield warning("no_source", "paper", "Nothing says where the number comes from: name the paper or an address.")
    elif not (result.table or result.page or result.quote or result.source_url):
        yield note("no_place", "table", "Say where in the paper the number stands: a reviewer then decides in seconds.")


def _standing(column: ColumnSeen, cell: Cell) -> Standing:
    """How the cell would stand in the column, judged as an import judges it."""
    return standings([*column.cells, cell], name=column.name, direction=column.direction)[-1]


def _column_of(said: ScoreSaid) -> ColumnSeen:
    return ColumnSeen(name=said.metric, direction=_direction(said))


def _direction(said: ScoreSaid) -> Direction:
    """Which way is better in a new column."""
    wanted: dict[str, Direction] = {"higher": "higher", "lower": "lower", "none": "none"}
    return wanted.get(said.direction) or infer_direction(said.metric)


def _better(direction: str) -> str:
    return "only a description" if direction == "none" else f"better when {direction}"


def _cells(row: RowSeen) -> str:
    said = ", ".join(f"{metric} {text}" for metric, text in list(row.cells.items())[:4])
    return said or "no value"
