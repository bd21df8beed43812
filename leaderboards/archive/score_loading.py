"""Storing the cells of claims: new ones by COPY, others compared cell by cell."""

from collections.abc import Iterable, Mapping

from leaderboards.archive.result_rows import Cell
from papers.archive.copy_text import line
from papers.archive.session import Session
from papers.archive.staging import is_open, log_change, log_values

_TABLE = "leaderboards_score"
_COLUMNS = ("claim_id", "metric_id", "raw", "value", "scale", "is_doubtful")


class ScoreStage:
    """Takes the cells of claims, and brings them over in bulk. `columns.judge` brings values to the scale of their column.

    The cells of a claim that the import may not rewrite, or whose scores a person edited, stay.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._new: list[str] = []
        self._held: list[str] = []
        self._claims: list[str] = []
        session.run("DROP TABLE IF EXISTS stage_score, stage_score_claim, stage_score_stale")
        session.run("CREATE TEMP TABLE stage_score (claim bigint, metric bigint, raw text, value float8) ON COMMIT DROP")
        session.run("CREATE TEMP TABLE stage_score_claim (claim bigint) ON COMMIT DROP")
        session.run(
            "CREATE TEMP TABLE stage_score_stale (claim bigint, metric bigint, old text, new text, value float8) ON COMMIT DROP"
        )

    def add(self, claim: int, cells: Iterable[Cell], *, metrics: Mapping[str, int], is_new: bool) -> None:
        """Take the cells of one claim; `metrics` are the ids of its board's columns by name."""
        if is_new:
            self._new.extend(line((claim, metrics[cell.metric], cell.raw, cell.value, 1.0, False)) for cell in cells)
            return
        self._claims.append(f"{claim}\n")
        self._held.extend(line((claim, metrics[cell.metric], cell.raw, cell.value)) for cell in cells)

    def flush(self) -> frozenset[str]:
        """Bring the cells taken so far over; public ids of the claims that were there and in which a cell changed."""
        session = self._session
        session.copy(_TABLE, _COLUMNS, self._new)
        changed: frozenset[str] = frozenset()
        if self._claims:
            session.copy("stage_score_claim", ["claim"], self._claims)
            session.copy("stage_score", ["claim", "metric", "raw", "value"], self._held)
            changed = self._replace() if session.run(self._stale()) else changed
            session.run("TRUNCATE stage_score, stage_score_claim, stage_score_stale")
        self._new, self._held, self._claims = [], [], []
        return changed

    def _stale(self) -> str:
        """Notes the cells that differ; a cell that is not there has null for its text."""
        return f"""
            INSERT INTO stage_score_stale (claim, metric, old, new, value)
            WITH writable AS (
                SELECT c.id AS claim FROM stage_score_claim s JOIN leaderboards_claim c ON c.id = s.claim
                WHERE {is_open(self._session, "c")} AND NOT 'scores' = ANY(c.edited_fields)
            ), held AS (
                SELECT claim, s.metric_id AS metric, s.raw FROM writable JOIN {_TABLE} s ON s.claim_id = claim
            ), wanted AS (
                SELECT claim, metric, raw, value FROM writable JOIN stage_score USING (claim)
            )
            SELECT claim, metric, held.raw, wanted.raw, value FROM held FULL JOIN wanted USING (claim, metric)
            WHERE held.raw IS DISTINCT FROM wanted.raw
        """

    def _replace(self) -> frozenset[str]:
        changed = self._session.rows(
            f"""
            {log_change(self._session)}
            SELECT {log_values(self._session, "leaderboards_claim")}, 'changed', c.public_id,
                jsonb_build_object('scores', coalesce(jsonb_object_agg(m.name, old) FILTER (WHERE old IS NOT NULL), '{{}}')),
                jsonb_build_object('scores', coalesce(jsonb_object_agg(m.name, new) FILTER (WHERE new IS NOT NULL), '{{}}'))
            FROM stage_score_stale JOIN leaderboards_claim c ON c.id = claim JOIN leaderboards_metric m ON m.id = metric
            GROUP BY c.id RETURNING object_id
            """
        )
        self._session.run(
            f"DELETE FROM {_TABLE} s USING stage_score_stale WHERE claim_id = claim AND metric_id = metric AND new IS NULL"
        )
        self._session.run(
            f"UPDATE {_TABLE} s SET raw = new, value = stale.value, scale = 1, is_doubtful = false"
            " FROM stage_score_stale stale WHERE claim_id = claim AND metric_id = metric AND new IS NOT NULL"
        )
        self._session.run(
            f"INSERT INTO {_TABLE} ({', '.join(_COLUMNS)})"
            " SELECT claim, metric, new, value, 1, false FROM stage_score_stale WHERE old IS NULL"
        )
        self._session.run("UPDATE leaderboards_claim SET updated_at = now() WHERE id IN (SELECT claim FROM stage_score_stale)")
        return frozenset(row[0] for row in changed)
