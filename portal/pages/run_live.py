"""How a run goes: every shard's state, how fast it is, when it should end, who is at it, and what came out so far.

All of it is told by what the database holds and by no clock, so that the page's changing part stays the same, to the byte, for as
long as nothing happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.pages import figures, heat_map, run_list, run_times
from portal.pages.heat_map import HeatMap
from workers import forecast, overview, so_far
from workers.models import Run, Shard, Worker
from workers.overview import Overview
from workers.so_far import TaskSoFar
from workers.states import RunState, ShardState

AT_WORK_SHOWN = 20
QUEUE_READ = 100
"""Runs before this one that its end is reckoned from."""

JOULES_AN_HOUR = 3600.0
"""Of one watt."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is; nothing is known before it is planned."""

    batches_done: int
    batches: int
    requests: int
    items: int

    @property
    def percent(self) -> int:
        """Batches that are done, of a hundred."""
        return 100 * self.batches_done // self.batches if self.batches else 0


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """A shard that a worker has, and on what. The worker's name stays inside: it tells a host."""

    shard: str
    device: str
    memory: str
    batches: str
    speed: str
    attempt: int
    claimed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SoFar:
    """A task's accuracy over the items that are scored so far."""

    task: str
    accuracy: str
    scored: str


@dataclass(frozen=True, kw_only=True)
class Live:
    """What changes while a run is worked on."""

    progress: Progress | None
    heat: HeatMap | None
    facts: tuple[tuple[str, str], ...]
    phases: tuple[tuple[str, str], ...]
    at_work: tuple[AtWork, ...]
    at_work_more: int
    so_far: tuple[SoFar, ...]


def read(run: Run, *, with_numbers: bool) -> Live:
    """One query for a run that has ended with its results, else at most eleven, however many shards it has.

    `with_numbers` says whether the reader may see how many items were right so far.
    """
    seen = overview.of(run)
    at_work = _at_work(run) if seen.busy else ()
    return Live(
        progress=_progress(run, seen),
        heat=heat_map.draw(seen.states),
        facts=_facts(run, seen),
        phases=run_times.phases(run, seen),
        at_work=at_work,
        at_work_more=max(0, seen.busy - len(at_work)),
        so_far=_so_far(run) if with_numbers and not run.results else (),
    )


def _progress(run: Run, seen: Overview) -> Progress | None:
    if not seen.batches:
        return None
    return Progress(batches_done=seen.batches_done, batches=seen.batches, requests=run.requests_total, items=run.samples_total)


def _facts(run: Run, seen: Overview) -> tuple[tuple[str, str], ...]:
    starts, ends = _foreseen(run)
    pairs = (("Rate", _rate(run, seen)), ("Should start", starts), ("Should end", ends), ("Energy", _energy(seen)))
    return tuple((label, words) for label, words in pairs if words)


def _rate(run: Run, seen: Overview) -> str:
    """What those who are at it score a second; of a run that nobody is at, what a worker did on average."""
    if seen.rate is not None:
        return f"{_a_second(run, seen, seen.rate)}, by {figures.counted(seen.busy, 'worker')}"
    return f"{_a_second(run, seen, seen.average)} on average, for each worker" if seen.average is not None else ""


def _a_second(run: Run, seen: Overview, tokens: float) -> str:
    """Tokens a second, and how many items these are as the run's are long on average."""
    items = f", about {_amount(tokens * run.samples_total / seen.tokens)} items/s" if seen.tokens and run.samples_total else ""
    return f"{_amount(tokens)} tokens/s{items}"


def _amount(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def _foreseen(run: Run) -> tuple[str, str]:
    """When it should start, where it has not, and end: as the queue's page says it, by the same reckoning."""
    if run.has_ended:
        return "", ""
    if run.state == RunState.PAUSED:
        return "", "when resumed"
    queue = Run.objects.open().order_by("-priority", "requested_at").select_related("checkpoint", "protocol")
    found = forecast.of(list(queue.defer("provenance", "results")[:QUEUE_READ]))
    foreseen = found.get(run.pk, forecast.UNKNOWN)
    return "" if run.started_at else run_list.from_now(foreseen.starts_in), run_list.from_now(foreseen.ends_in)


def _energy(seen: Overview) -> str:
    if seen.joules is None:
        return ""
    hours = seen.joules / JOULES_AN_HOUR
    amount = f"{hours / 1000:,.2f} kWh" if hours >= 1000 else f"{hours:.1f} Wh"
    partly = f", told for {seen.told_energy:,} of {figures.counted(seen.begun, 'shard')}" if seen.told_energy < seen.begun else ""
    return f"{amount} by the devices’ own meters{partly}"


def _at_work(run: Run) -> tuple[AtWork, ...]:
    """The first shards that are being scored, with who has them: two queries."""
    running = Shard.objects.filter(run=run, state=ShardState.RUNNING).defer("batches", "scored_by")
    found = list(running.order_by("index")[:AT_WORK_SHOWN])
    workers = {worker.name: worker for worker in Worker.objects.filter(name__in={shard.lease_owner for shard in found})}
    return tuple(_shard(shard, workers) for shard in found)


def _shard(shard: Shard, workers: Mapping[str, Worker]) -> AtWork:
    worker = workers.get(shard.lease_owner)
    speed = shard.device_tokens / shard.device_seconds if shard.device_tokens and shard.device_seconds else None
    return AtWork(
        shard=f"Shard {shard.index + 1:,}",
        device=_device(worker) if worker else shard.device.removeprefix("1 × "),
        memory=figures.size(worker.memory_bytes) if worker else "",
        batches=f"{shard.batches_done:,} of {shard.batch_count:,}",
        speed=f"{_amount(speed)} tokens/s" if speed else "",
        attempt=shard.attempts,
        claimed_at=shard.claimed_at,
    )


def _device(worker: Worker) -> str:
    return figures.device(worker.device_name, worker.device_count, has_cores=worker.device == Worker.Device.CPU)


def _so_far(run: Run) -> tuple[SoFar, ...]:
    """Each task, and all of their items together where there are several."""
    tasks = so_far.of(run)
    rows = tuple(_row(task) for task in tasks)
    if len(tasks) < 2:
        return rows
    whole = TaskSoFar(
        task="All items",
        items=sum(task.items for task in tasks),
        scored=sum(task.scored for task in tasks),
        right=sum(task.right for task in tasks),
    )
    return (_row(whole), *rows)


def _row(task: TaskSoFar) -> SoFar:
    return SoFar(
        task=task.task,
        accuracy=f"{task.right / task.scored:.4f}" if task.scored else "",
        scored=f"so far, {task.scored:,} of {task.items:,}",
    )
