"""How many items of each task a run has picked right so far, from the answers that are stored: before the harness computes.

Only where the pick is the option with the greatest log-likelihood, the first of those that tie, as the harness's `acc` has it.
"""

import time
from dataclasses import dataclass

from django.db import connection

from leaderboards.models import Protocol
from workers.evaluation.contract import FURTHER
from workers.models import Run

METRIC = "acc"
SCORINGS = frozenset({Protocol.Scoring.LETTER, Protocol.Scoring.FULL_TEXT})

AT_ONCE = 5_000
"""Requests of a run that are read anew each time: a few milliseconds."""

REST = 20.0
"""A longer reading is good for so many times what it took: pages that are watched cost the database a twentieth at most."""

_KEPT_AT_MOST = 64

_SO_FAR = """
WITH item AS MATERIALIZED (
    SELECT id, index, task, choices, target FROM workers_sample WHERE run_id = %(run)s AND jsonb_array_length(choices) > 1
), picked AS (
    SELECT DISTINCT ON (request.sample_id) request.sample_id, request.choice::integer AS choice
    FROM workers_request request JOIN item ON item.id = request.sample_id
    WHERE request.run_id = %(run)s AND request.log_likelihood IS NOT NULL AND request.choice < %(further)s
    AND request.choice < jsonb_array_length(item.choices)
    ORDER BY request.sample_id, request.log_likelihood DESC, request.choice
)
SELECT item.task, count(*), count(picked.sample_id),
    count(*) FILTER (WHERE item.choices ->> picked.choice = ANY (string_to_array(item.target, ' | ')))
FROM item LEFT JOIN picked ON picked.sample_id = item.id
GROUP BY item.task ORDER BY min(item.index)
"""


@dataclass(frozen=True, kw_only=True)
class TaskSoFar:
    """A task's items: all of them, those that are scored, and those of these that are picked right."""

    task: str
    items: int
    scored: int
    right: int


_kept: dict[int, tuple[float, tuple[TaskSoFar, ...]]] = {}


def of(run: Run) -> tuple[TaskSoFar, ...]:
    """The run's tasks in its order, one query at most; none where the protocol counts no picks, or no item is scored yet."""
    if run.protocol.metric != METRIC or run.protocol.scoring not in SCORINGS or not run.plan_version:
        return ()
    if run.requests_total <= AT_ONCE:
        return _read(run)
    until, found = _kept.get(run.pk, (0.0, ()))
    if time.monotonic() >= until:
        began = time.monotonic()
        found = _read(run)
        ended = time.monotonic()
        _keep(run.pk, ended + REST * (ended - began), found)
    return found


def _read(run: Run) -> tuple[TaskSoFar, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_SO_FAR, {"run": run.pk, "further": FURTHER})
        rows = cursor.fetchall()
    tasks = tuple(TaskSoFar(task=task, items=items, scored=scored, right=right) for task, items, scored, right in rows)
    return tasks if any(task.scored for task in tasks) else ()


def _keep(key: int, until: float, found: tuple[TaskSoFar, ...]) -> None:
    if len(_kept) >= _KEPT_AT_MOST:
        _kept.clear()
    _kept[key] = until, found
