"""When waiting runs should start and end, by the speeds that were measured; where nothing was, nothing is said."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, FloatField, Sum
from django.db.models.functions import Cast

from workers import speed
from workers.models import Run, Shard, Worker
from workers.speed import Speeds
from workers.states import RunState, ShardState

ONGOING = frozenset({RunState.PLANNING, RunState.REDUCING})


@dataclass(frozen=True)
class Forecast:
    """Seconds from now until a run should start and end; None is unknown."""

    starts_in: float | None
    ends_in: float | None


UNKNOWN = Forecast(None, None)


@dataclass(frozen=True)
class Job:
    """A run in a queue: the tokens that are left, and what each worker that fits it scores a second; None is unknown."""

    key: int
    tokens: float | None
    speeds: Mapping[str, float | None]
    is_begun: bool


def of(runs: Sequence[Run]) -> Mapping[int, Forecast]:
    """The forecast of each open run, by its key, where these are the whole queue in its order; four queries."""
    takers = [run for run in runs if run.state != RunState.PAUSED]
    if not takers:
        return {run.pk: UNKNOWN for run in runs}
    able = list(Worker.objects.able())
    speeds = speed.measured({run.checkpoint_id for run in takers})
    left, busy = _left(takers), _busy(takers)
    jobs = [
        Job(
            key=run.pk,
            tokens=left.get(run.pk),
            speeds=_speeds(run, able, speeds),
            is_begun=run.pk in busy or run.state in ONGOING,
        )
        for run in takers
    ]
    return {run.pk: UNKNOWN for run in runs} | reckon(jobs)


def reckon(jobs: Iterable[Job]) -> dict[int, Forecast]:
    """When each job starts and ends if workers take them in this order, all that fit sharing one; a pure function.

    A worker whose next end is unknown is never free again as far as is known. One whose speed is unknown is left out, so that
    an end is rather too late.
    """
    free: dict[str, float | None] = {}
    found: dict[int, Forecast] = {}
    for job in jobs:
        starts = [at for worker in job.speeds if (at := free.get(worker, 0.0)) is not None]
        start = 0.0 if job.is_begun else min(starts, default=None)
        helpers = [(at, rate) for worker, rate in job.speeds.items() if rate and (at := free.get(worker, 0.0)) is not None]
        end = _end(helpers, job.tokens) if job.tokens is not None else None
        found[job.key] = Forecast(start, end)
        free.update(dict.fromkeys(job.speeds, end))
    return found


def _end(helpers: Collection[tuple[float, float]], tokens: float) -> float | None:
    """When workers that become free at these times have computed so many tokens together, at these speeds."""
    rate, done, now = 0.0, 0.0, 0.0
    for at, own in sorted(helpers):
        if rate and done + rate * (at - now) >= tokens:
            break
        done += rate * (at - now)
        rate, now = rate + own, at
    return now + (tokens - done) / rate if rate else None


def _speeds(run: Run, able: Iterable[Worker], speeds: Speeds) -> dict[str, float | None]:
    return {worker.name: speeds.get((run.checkpoint_id, worker.device_label)) for worker in able if worker.fits(run.checkpoint)}


def _left(runs: Collection[Run]) -> dict[int, float]:
    """Tokens that are left to score of each run, where they are known: of one without a plan what its last like had."""
    left = _sums([run.pk for run in runs if run.plan_version], is_whole=False)
    unplanned = [run for run in runs if not run.plan_version]
    alike = Run.objects.filter(
        plan_version__gt=0,
        checkpoint__in={run.checkpoint_id for run in unplanned},
        protocol__in={run.protocol_id for run in unplanned},
    )
    last = (
        {_kind(run): run.pk for run in alike.order_by("pk").only("checkpoint", "protocol", "items_per_task")} if unplanned else {}
    )
    whole = _sums(list(last.values()), is_whole=True) if last else {}
    for run in unplanned:
        if (tokens := whole.get(last.get(_kind(run), 0))) is not None:
            left[run.pk] = tokens
    return left


def _kind(run: Run) -> tuple[int, int, int | None]:
    return run.checkpoint_id, run.protocol_id, run.items_per_task


def _sums(runs: Collection[int], *, is_whole: bool) -> dict[int, float]:
    """Tokens of the shards of each run, all or what is left of them; nothing for runs of before tokens were counted."""
    shards = Shard.objects.filter(run__in=runs).order_by()
    rest = F("tokens") * (1.0 - Cast(F("batches_done"), FloatField()) / F("batch_count"))
    sums = shards.values("run").annotate(whole=Sum("tokens"), left=Sum(rest, output_field=FloatField()))
    return {run: float(whole if is_whole else left) for run, whole, left in sums.values_list("run", "whole", "left") if whole}


def _busy(runs: Collection[Run]) -> set[int]:
    running = Shard.objects.filter(run__in=[run.pk for run in runs], state=ShardState.RUNNING)
    return set(running.values_list("run", flat=True))
