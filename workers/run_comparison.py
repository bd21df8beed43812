"""Two runs over the same items beside each other, counted by the database; `paired` says how surely they differ.

An item is the same on both sides when task, place and document are: the benchmark's data may have changed in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from workers import records
from workers.models import Run
from workers.paired import Flips

_PAIRS = """
FROM workers_sample one JOIN workers_sample other
  ON other.run_id = %(second)s AND other.task = one.task AND other.document_id = one.document_id AND other.document = one.document
WHERE one.run_id = %(first)s AND one.is_correct IS NOT NULL AND other.is_correct IS NOT NULL
"""
_BY_TASK = f"""
SELECT one.task,
  count(*) FILTER (WHERE one.is_correct = other.is_correct),
  count(*) FILTER (WHERE one.is_correct AND NOT other.is_correct),
  count(*) FILTER (WHERE other.is_correct AND NOT one.is_correct),
  count(*) FILTER (WHERE one.is_correct),
  count(*) FILTER (WHERE one.tokens_cut > 0 OR other.tokens_cut > 0),
  count(*) FILTER (WHERE (one.tokens_cut > 0 OR other.tokens_cut > 0) AND one.is_correct <> other.is_correct)
{_PAIRS} GROUP BY one.task ORDER BY min(one.index)
"""
_PROMPTS = f"""
WITH pair AS (
  SELECT one.id AS one, other.id AS other, one.is_correct <> other.is_correct AS flips {_PAIRS} AND one.task = ANY(%(tasks)s)
),
differing AS (
  SELECT pair.one, bool_or(pair.flips) AS flips FROM pair
  JOIN workers_request asked ON asked.sample_id = pair.one
  LEFT JOIN workers_request again ON again.sample_id = pair.other AND again.choice = asked.choice
  WHERE (asked.prompt_id, asked.continuation) IS DISTINCT FROM (again.prompt_id, again.continuation)
  GROUP BY pair.one
)
SELECT count(*), count(*) FILTER (WHERE flips) FROM differing
"""
_BITS = """
SELECT count(*),
  count(*) FILTER (
    WHERE one.prompt_id IS DISTINCT FROM other.prompt_id OR one.continuation IS DISTINCT FROM other.continuation
      OR one.settings IS DISTINCT FROM other.settings
  ),
  count(*) FILTER (
    WHERE one.log_likelihood IS DISTINCT FROM other.log_likelihood OR one.is_greedy IS DISTINCT FROM other.is_greedy
      OR one.response_text IS DISTINCT FROM other.response_text
  )
FROM (SELECT * FROM workers_request WHERE run_id = %(first)s) one
FULL JOIN (SELECT * FROM workers_request WHERE run_id = %(second)s) other ON other.ordinal = one.ordinal
"""


@dataclass(frozen=True)
class TaskPair:
    """The items of a task on both sides: how many flip, how many the first side had right, and those whose prompt was cut off."""

    task: str
    flips: Flips
    first_right: int
    cut: int
    cut_flips: int

    @property
    def second_right(self) -> int:
        """How many the second side had right."""
        return self.first_right - self.flips.lost + self.flips.gained


@dataclass(frozen=True)
class PromptPair:
    """Items whose prompts or continuations differ between the sides, and how many of these flip."""

    items: int
    flips: int


@dataclass(frozen=True)
class Bits:
    """The requests of two runs held against each other by their ordinals."""

    requests: int
    asked_otherwise: int
    answered_otherwise: int

    @property
    def is_identical(self) -> bool:
        """Whether every request and every answer is the same to the last bit."""
        return bool(self.requests) and not self.asked_otherwise and not self.answered_otherwise


def by_task(first: Run, second: Run) -> tuple[TaskPair, ...]:
    """The items that both runs have judged, by their tasks in the first run's order: one query."""
    rows = _rows(_BY_TASK, first=first.pk, second=second.pk)
    return tuple(
        TaskPair(str(task), Flips(alike, lost, gained), right, cut, cut_flips)
        for task, alike, lost, gained, right, cut, cut_flips in rows
    )


def prompts(first: Run, second: Run) -> PromptPair:
    """How many items were asked otherwise: no query where the records' digests are the same."""
    digests = ({str(task.get("name")): task.get("prompt_sha256") for task in records.tasks_of(run)} for run in (first, second))
    one, other = digests
    tasks = [name for name in one if name in other and (one[name] is None or one[name] != other[name])]
    if not tasks:
        return PromptPair(0, 0)
    ((items, flips),) = _rows(_PROMPTS, first=first.pk, second=second.pk, tasks=tasks)
    return PromptPair(items, flips)


def bits(first: Run, second: Run) -> Bits:
    """Whether two runs asked and were answered the same, to the last bit: one query."""
    ((requests, asked, answered),) = _rows(_BITS, first=first.pk, second=second.pk)
    return Bits(requests, asked, answered)


def _rows(query: str, **values: int | list[str]) -> Iterator[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        yield from cursor.fetchall()
