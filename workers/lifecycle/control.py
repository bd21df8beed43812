"""What people do: ask for a run, hold it up, let it go on, end it, put it before others; and trust a worker again."""

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from workers import doorbell
from workers.lifecycle.leases import LostRace
from workers.lifecycle.moves import NO_LEASE, move, take_back_shards, tell_of
from workers.models import Checkpoint, ClaimMapping, Run, Shard, Worker
from workers.states import Priority, RunState, ShardState

TOKEN_BUDGETS = {Checkpoint.Device.ANY: 2048, Checkpoint.Device.GPU: 8192}
"""Tokens a batch, by what a checkpoint needs: more gains a CPU nothing, and leaves a GPU's arithmetic waiting less."""


@transaction.atomic
def request(
    mapping: ClaimMapping,
    *,
    by: User | None,
    items_per_task: int | None = None,
    token_budget: int | None = None,
    shard_tokens: int = 0,
) -> Run:
    """Ask for the run that tests a mapping; joins the open run that would measure the same thing.

    `items_per_task` asks for a trial over the first items of each task: such a run measures no claim. `shard_tokens` is the most
    that a shard shall have; 0 leaves it to the speed that was measured.
    """
    checkpoint = Checkpoint.objects.select_for_update().get(pk=mapping.checkpoint_id)
    same = Run.objects.open().filter(checkpoint=checkpoint, protocol=mapping.protocol, items_per_task=items_per_task).first()
    if same is not None:
        return same
    run = Run.objects.create(
        checkpoint=checkpoint,
        protocol=mapping.protocol,
        requested_by=by,
        items_per_task=items_per_task,
        token_budget=token_budget or TOKEN_BUDGETS[Checkpoint.Device(checkpoint.device)],
        shard_tokens=shard_tokens,
        seeds={"python": 0, "numpy": 1234, "torch": 1234, "fewshot": 1234},
    )
    tell_of(run.pk, RunState.REQUESTED, note="Asked for.", actor=by.get_username() if by else "the portal")
    doorbell.ring(run)
    return run


@transaction.atomic
def cancel(run: Run, *, by: User) -> None:
    """End a run that has not ended; whoever works on it finds out at the next write.

    Raises LostRace when it has ended already.
    """
    values = {"finished_at": Now(), "activity": "", **NO_LEASE}
    move(run.pk, RunState.CANCELLED, note="Cancelled.", actor=by.get_username(), values=values)


@transaction.atomic
def pause(run: Run, *, by: User) -> None:
    """Hold a run up until it is resumed: nobody works on it, and whoever does finds out at the next write.

    What is stored is kept: of each shard in hand the batch that is being scored is lost, and a plan that is being made.
    Raises LostRace when it has ended or is paused.
    """
    take_back_shards(run.pk)  # before the run, as everybody locks them
    move(run.pk, RunState.PAUSED, note="Paused.", actor=by.get_username(), values={"activity": "", **NO_LEASE})


@transaction.atomic
def resume(run: Run, *, by: User) -> None:
    """Let a paused run go on where it stood. Raises LostRace when it is not paused."""
    take_back_shards(run.pk)  # claimed in the moment in which it was paused
    move(
        run.pk, _where_it_stood(run), of=[RunState.PAUSED], note="Resumed.", actor=by.get_username(), values={"attempts": 0}
    )  # fmt: skip
    doorbell.ring(run)


@transaction.atomic
def retry(run: Run, *, by: User, shard: int | None = None) -> Run:
    """Let a failed run go on where it stood: what is stored stays, and what failed is tried three times again.

    `shard` tries the one with this index alone; others that failed stay so. Gives the run that goes on: where an identical one
    was asked for since, that one. Raises LostRace when the run, or the shard, has not failed.
    """
    Checkpoint.objects.select_for_update().get(pk=run.checkpoint_id)  # as `request` does
    same = Run.objects.open().filter(checkpoint=run.checkpoint_id, protocol=run.protocol_id, items_per_task=run.items_per_task)
    if (joined := same.exclude(pk=run.pk).first()) is not None:
        return joined
    failed = Shard.objects.filter(run=run, state=ShardState.FAILED)
    again = failed if shard is None else failed.filter(index=shard)
    found = again.update(
        state=ShardState.QUEUED, fence=F("fence") + 1, attempts=0, not_before=None, error_code="", error_message="", **NO_LEASE
    )
    if shard is not None and not found:
        raise LostRace(f"shard {shard} of run {run.pk} has not failed")
    take_back_shards(run.pk)
    values: dict[str, object] = {"error_code": "", "error_message": "", "finished_at": None, "attempts": 0}
    what = "Tried again." if shard is None else f"Shard {shard + 1} is tried again."
    move(run.pk, _where_it_stood(run), of=[RunState.FAILED], note=what, actor=by.get_username(), values=values)
    doorbell.ring(run)
    return run


@transaction.atomic
def set_priority(run: Run, *, priority: Priority, by: User) -> None:
    """Put a run before others, or behind them. Raises LostRace when it has ended."""
    if not Run.objects.open().filter(pk=run.pk).update(priority=priority):
        raise LostRace(f"run {run.pk} has ended")
    state = RunState(Run.objects.values_list("state", flat=True).get(pk=run.pk))
    tell_of(run.pk, state, note=f"{priority.label} priority.", actor=by.get_username())


def set_aside(worker: Worker, *, reason: str) -> bool:
    """Give a worker no more work until somebody looked at it; False when it gets none already."""
    return bool(Worker.objects.filter(pk=worker.pk, set_aside_at=None).update(set_aside_at=Now(), set_aside_reason=reason))


def put_back(worker: Worker) -> bool:
    """Give a worker work again: what died on it before does not count any more. False when it was not set aside."""
    aside = Worker.objects.filter(pk=worker.pk, set_aside_at__isnull=False)
    return bool(aside.update(set_aside_at=None, set_aside_reason="", trusted_since=Now()))


def _where_it_stood(run: Run) -> RunState:
    """The state in which the next step of a run is waited for: its plan, or what follows it."""
    return RunState.SCORING if Shard.objects.filter(run=run).exists() else RunState.REQUESTED
