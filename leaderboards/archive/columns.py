"""Judging the columns of boards as they stand once all rows are in: direction, scale, and best values that may be slips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from leaderboards.columns import Cell, Standing, inferred_direction, read_cell, standings
from leaderboards.directions import Direction
from leaderboards.metric_names import canonical_metric
from leaderboards.models import Metric
from papers.archive.copy_text import line
from papers.archive.session import Session
from papers.archive.staging import literal, log_change, log_values
from papers.catalogue_row import Source

_METRICS = "SELECT id, name, direction, direction_source, canonical_name FROM leaderboards_metric ORDER BY id"
# The demo gives way to the archive once its tables are in.
_SCORES = """
SELECT s.metric_id, s.id, s.raw, s.value, s.scale, s.is_doubtful
FROM leaderboards_score s JOIN leaderboards_claim c ON c.id = s.claim_id
WHERE c.removed_at IS NULL AND (c.source <> {demo} OR {source} = {demo}) ORDER BY s.metric_id, s.id
"""


class _Column(NamedTuple):
    """A metric as it stands."""

    id: int
    name: str
    direction: Direction
    source: str
    canonical: str


@dataclass
class _Judgements:
    """What differs from what is stored, as lines for COPY."""

    metrics: list[str] = field(default_factory=list)
    scores: list[str] = field(default_factory=list)


def judge(session: Session) -> None:
    """Bring the directions and canonical names of all columns, and the scales and doubts of all their cells, up to date.

    A direction that a person gave stays. The columns are taken as they stand, with the results that people added, so that a
    dump that states only some rows of a board judges them as the whole dump would. What changes in a direction goes into
    the history; scales and doubts follow from the cells.
    """
    columns = {row[0]: _Column(*row) for row in session.rows(_METRICS)}
    found = _Judgements()
    for metric, cells, standing in _cells(session):
        _judge(columns.pop(metric), cells, standing, found)
    for column in columns.values():
        _judge(column, [], [], found)
    _store_metrics(session, found.metrics)
    _store_scores(session, found.scores)


def _cells(session: Session) -> Iterator[tuple[int, list[Cell], list[tuple[int, Standing]]]]:
    """Cells by metric, each with its row id and what is stored beside it."""
    query = _SCORES.format(demo=literal(Source.DEMO.value), source=literal(session.source.value))
    for metric, group in groupby(session.stream(query), key=itemgetter(0)):
        rows = list(group)
        yield metric, [read_cell(row[2]) for row in rows], [(row[1], Standing(*row[3:])) for row in rows]


def _judge(column: _Column, cells: Sequence[Cell], standing: Sequence[tuple[int, Standing]], found: _Judgements) -> None:
    direction = _direction(column, cells)
    canonical = canonical_metric(column.name)
    if (direction, canonical) != (column.direction, column.canonical):
        found.metrics.append(line((column.id, direction, canonical)))
    for (row_id, held), wanted in zip(standing, standings(cells, name=column.name, direction=direction), strict=True):
        if held != wanted:
            found.scores.append(line((row_id, *wanted)))


def _direction(column: _Column, cells: Sequence[Cell]) -> Direction:
    if column.source != Metric.DirectionSource.INFERRED:
        return column.direction
    return inferred_direction(column.name, cells)


def _store_metrics(session: Session, lines: list[str]) -> None:
    if not lines:
        return
    session.run("DROP TABLE IF EXISTS stage_column")
    session.run("CREATE TEMP TABLE stage_column (id bigint, direction text, canonical text) ON COMMIT DROP")
    session.copy("stage_column", ["id", "direction", "canonical"], lines)
    session.run(
        f"""
        WITH before AS (SELECT m.id, m.direction FROM leaderboards_metric m JOIN stage_column USING (id)), after AS (
            UPDATE leaderboards_metric m SET direction = s.direction, canonical_name = s.canonical
            FROM stage_column s WHERE m.id = s.id RETURNING m.id, m.public_id, m.direction
        )
        {log_change(session)}
        SELECT {log_values(session, "leaderboards_metric")}, 'changed', public_id,
            jsonb_build_object('direction', before.direction), jsonb_build_object('direction', after.direction)
        FROM before JOIN after USING (id)
        WHERE before.direction <> after.direction AND NOT {"true" if session.is_baseline else "false"}
        """
    )


def _store_scores(session: Session, lines: list[str]) -> None:
    if not lines:
        return
    session.run("DROP TABLE IF EXISTS stage_standing")
    session.run("CREATE TEMP TABLE stage_standing (id bigint, value float8, scale float8, doubtful boolean) ON COMMIT DROP")
    session.copy("stage_standing", ["id", "value", "scale", "doubtful"], lines)
    session.run(
        "UPDATE leaderboards_score s SET value = w.value, scale = w.scale, is_doubtful = w.doubtful"
        " FROM stage_standing w WHERE s.id = w.id"
    )
