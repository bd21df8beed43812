"""How a worker gets work: what is best for it, by one statement that locks what it takes and passes over what others take."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now

from workers.lifecycle.leases import LEASE, Lease, RunLease, ShardLease
from workers.lifecycle.moves import tell_of
from workers.lifecycle.prepared import Prepared
from workers.models import Run, Shard, Worker
from workers.states import RunState, ShardState

COLD_AT_MOST = timedelta(minutes=10)
"""How long a run that nobody scores waits for workers that hold another model warm, before it counts as much as theirs."""

_RACES = 3
"""Times that a claim is tried anew after another worker was faster."""

# One statement, so that a claim costs one way to the database and holds its locks for no longer than that. Each part but the
# last is computed once (MATERIALIZED). Whether a run has shards of a state is asked in the order of the index that holds what
# is left, so that no plan reads a whole run for it. The runs come in the order in which this worker takes them; from the first
# that has a shard which nobody else is just taking, it takes that shard.
_NEXT = Prepared(
    "claim_next",
    types=("bigint", "text", "bigint"),  # the worker's key and name, and the checkpoint that it holds warm
    statement=f"""
WITH me AS MATERIALIZED (
    SELECT memory_bytes, device FROM workers_worker WHERE id = $1 AND set_aside_at IS NULL
), reducible AS MATERIALIZED (
    SELECT run.id FROM workers_run run
    WHERE run.state = 'scoring' AND EXISTS (SELECT FROM me)
    AND (SELECT id FROM workers_shard WHERE run_id = run.id AND state <> 'done' ORDER BY state, index LIMIT 1) IS NULL
    ORDER BY run.priority DESC, run.requested_at, run.id LIMIT 1
), fitting AS MATERIALIZED (
    SELECT run.id, run.state, run.priority, run.requested_at, run.planned_at, run.checkpoint_id
    FROM workers_run run JOIN workers_checkpoint checkpoint ON checkpoint.id = run.checkpoint_id CROSS JOIN me
    WHERE run.state IN ('requested', 'scoring') AND checkpoint.memory_bytes <= me.memory_bytes
    AND (checkpoint.device <> 'gpu' OR me.device = 'cuda')
), plannable AS MATERIALIZED (
    SELECT id, priority FROM fitting WHERE state = 'requested' ORDER BY priority DESC, requested_at, id LIMIT 1
), ordered AS MATERIALIZED (
    SELECT run.id, row_number() OVER (ORDER BY run.priority DESC, coalesce(
        run.checkpoint_id = $3 OR (
            coalesce(run.planned_at, run.requested_at) < statement_timestamp() - interval '{COLD_AT_MOST.total_seconds()} seconds'
            AND (SELECT id FROM workers_shard WHERE run_id = run.id AND state = 'running' ORDER BY index LIMIT 1) IS NULL
        ), false) DESC, run.requested_at, run.id) AS place
    FROM fitting run
    WHERE run.state = 'scoring' AND NOT EXISTS (SELECT FROM reducible)
    AND run.priority >= coalesce((SELECT priority FROM plannable), run.priority)
), free AS MATERIALIZED (
    SELECT shard.id FROM (SELECT id FROM ordered ORDER BY place) run CROSS JOIN LATERAL (
        SELECT id FROM workers_shard
        WHERE run_id = run.id AND state = 'queued' AND (not_before IS NULL OR not_before <= statement_timestamp())
        ORDER BY index LIMIT 1 FOR UPDATE SKIP LOCKED
    ) shard LIMIT 1
), claimed AS (
    UPDATE workers_shard SET state = 'running', fence = fence + 1, attempts = attempts + 1, lease_owner = $2,
        lease_expires_at = statement_timestamp() + interval '{LEASE.total_seconds()} seconds', claimed_at = statement_timestamp(),
        not_before = NULL
    FROM free WHERE workers_shard.id = free.id
    RETURNING workers_shard.id, run_id, index, fence, attempts
), told AS (
    INSERT INTO workers_runevent (run_id, at, state, note, actor)
    SELECT run_id, statement_timestamp(), 'scoring', format('Shard %s claimed (attempt %s).', index + 1, attempts), $2
    FROM claimed
)
SELECT (SELECT id FROM reducible), (SELECT id FROM plannable), claimed.id, claimed.run_id, claimed.fence
FROM (VALUES (1)) AS always LEFT JOIN claimed ON true
""",
)


@dataclass(frozen=True)
class Warmth:
    """The checkpoint that a worker holds in memory; None for one that holds none."""

    checkpoint_id: int | None = None


def claim_next(worker: Worker, *, warm: Warmth = Warmth()) -> tuple[RunState, Lease] | None:
    """Claim what is best for this worker to do next, with the state that says what it is; None when nothing is.

    A run all of whose shards are done is reduced before anything else. Then the highest priority comes first, within it shards of
    the model that the worker holds warm (a run that nobody scores counts as much after ten minutes), then what was
    asked for first; a run is planned when no shard of its priority or a higher one is left.
    """
    for _ in range(_RACES):
        reducible, plannable, shard, run, fence = _ask(worker, warm)
        if shard is not None:
            return RunState.SCORING, ShardLease(shard_id=shard, run_id=run, fence=fence, owner=worker.name)
        if reducible is not None:
            lease, what = claim_reducing(reducible, by=worker.name), RunState.REDUCING
        elif plannable is not None:
            lease, what = claim_planning(plannable, by=worker.name), RunState.PLANNING
        else:
            return None
        if lease is not None:
            return what, lease
    return None


def claim_planning(run_id: int, *, by: str) -> RunLease | None:
    """Claim a waiting run for planning; None when there is nothing to claim."""
    return _claim_run(run_id, RunState.PLANNING, by=by, queryset=Run.objects.filter(state=RunState.REQUESTED))


def claim_reducing(run_id: int, *, by: str) -> RunLease | None:
    """Claim a run all of whose shards are done for reducing; None when it is not that far or somebody has it."""
    undone = Shard.objects.filter(run=OuterRef("pk")).exclude(state=ShardState.DONE)
    return _claim_run(run_id, RunState.REDUCING, by=by, queryset=Run.objects.filter(~Exists(undone), state=RunState.SCORING))


def _ask(worker: Worker, warm: Warmth) -> tuple[int | None, int | None, int | None, int, int]:
    found = _NEXT.row(worker.pk, worker.name, warm.checkpoint_id)
    assert found is not None  # the statement always has a row
    reducible, plannable, shard, run, fence = found
    return reducible, plannable, shard, run, fence


@transaction.atomic
def _claim_run(run_id: int, target: RunState, *, by: str, queryset: QuerySet[Run]) -> RunLease | None:
    claimed = queryset.filter(pk=run_id).update(
        state=target,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_owner=by,
        lease_expires_at=Now() + LEASE,
        activity="",
    )
    if not claimed:
        return None
    Run.objects.filter(pk=run_id, started_at__isnull=True).update(started_at=Now())
    tell_of(run_id, target, note=f"{target.label}.", actor=by)
    return RunLease(run_id=run_id, fence=Run.objects.values_list("fence", flat=True).get(pk=run_id), owner=by)
