"""What all shards of a run say together: one query, however many there are."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from workers.models import Run

# A character a shard, which is all that a picture of them needs: queued, running by the quarters that are done, done, failed.
_OVERVIEW = """
SELECT
    count(*),
    coalesce(string_agg(
        CASE state WHEN 'queued' THEN 'q' WHEN 'done' THEN 'd' WHEN 'failed' THEN 'f'
        ELSE least(3, 4 * batches_done / greatest(batch_count, 1))::text END, '' ORDER BY index
    ), ''),
    coalesce(sum(batches_done), 0), coalesce(sum(batch_count), 0),
    coalesce(sum(tokens), 0), coalesce(sum(device_tokens), 0), coalesce(sum(device_seconds), 0),
    sum(device_joules), count(device_joules), count(*) FILTER (WHERE batches_done > 0),
    coalesce(sum(device_tokens / device_seconds) FILTER (WHERE is_busy AND device_tokens > 0 AND device_seconds > 0), 0),
    count(*) FILTER (WHERE is_busy AND NOT (device_tokens > 0 AND device_seconds > 0)),
    count(*) FILTER (WHERE is_busy),
    count(*) FILTER (WHERE state = 'done'), min(claimed_at), max(done_at) FILTER (WHERE state = 'done'),
    coalesce(sum(greatest(0, extract(epoch FROM done_at - claimed_at) - device_seconds)) FILTER (WHERE state = 'done'), 0)
FROM (
    SELECT *, state = 'running' AND lease_expires_at > statement_timestamp() AS is_busy FROM workers_shard WHERE run_id = %s
) shard
"""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A run's shards together. `states` has a character for each: q queued, 0 to 3 running, d done, f failed.

    `joules` were told for `told_energy` of the `begun` shards; None where for none. `other_seconds` is how long workers had the
    shards that are done without scoring them: loading weights, and making batches ready.
    """

    shards: int
    states: str
    batches_done: int
    batches: int
    tokens: int
    device_tokens: int
    device_seconds: float
    joules: float | None
    told_energy: int
    begun: int
    busy: int
    rate_told: float
    busy_untold: int
    done: int
    first_claimed_at: datetime | None
    last_done_at: datetime | None
    other_seconds: float

    @property
    def average(self) -> float | None:
        """Tokens a second that one worker scored on average; None where nothing was timed."""
        return self.device_tokens / self.device_seconds if self.device_tokens and self.device_seconds else None

    @property
    def rate(self) -> float | None:
        """Tokens a second that those who are at it score together; who has not finished a batch yet counts as the average does.

        None where nobody is at it, or nothing was timed.
        """
        if not self.busy or self.average is None:
            return None
        return self.rate_told + self.busy_untold * self.average


def of(run: Run) -> Overview:
    """The overview of a run's shards, of none where it is not planned."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERVIEW, [run.pk])
        row = cursor.fetchone()
    assert row is not None  # an aggregate always has a row
    shards, states, batches_done, batches, tokens, timed, seconds, joules, told, begun, rate, untold, busy, *times = row
    return Overview(
        shards=shards,
        states=states,
        batches_done=batches_done,
        batches=batches,
        tokens=int(tokens),
        device_tokens=int(timed),
        device_seconds=seconds,
        joules=joules,
        told_energy=told,
        begun=begun,
        busy=busy,
        rate_told=float(rate),
        busy_untold=untold,
        done=times[0],
        first_claimed_at=times[1],
        last_done_at=times[2],
        other_seconds=float(times[3]),
    )
