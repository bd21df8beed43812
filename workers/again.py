"""Run exactly this again: the same checkpoint, protocol, seeds, token budget, threads and items; and did it come out the same?"""

from django.db import transaction

from accounts.models import User
from workers import doorbell
from workers.models import Run, RunEvent
from workers.states import RunState


class NotFinished(Exception):
    """Only what has finished can be repeated; the text is one sentence."""


@transaction.atomic
def request(run: Run, *, by: User) -> Run:
    """Ask for a run that repeats a finished one; joins the repetition that is open. Raises NotFinished."""
    held = Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if held.state != RunState.FINISHED:
        raise NotFinished("Only a finished run can be run exactly again: wait until it has ended.")
    same = Run.objects.open().filter(repeats=held).first()
    if same is not None:
        return same
    planned = held.provenance.get("plan", {})
    repetition = Run.objects.create(
        checkpoint_id=held.checkpoint_id,
        protocol_id=held.protocol_id,
        requested_by=by,
        items_per_task=held.items_per_task,
        # As the first plan had it: where memory ran out, the run's own budget is smaller by now.
        token_budget=planned.get("token_budget") or held.token_budget,
        threads=held.threads,
        seeds=held.seeds,
        repeats=held,
    )
    note = f"Asked for, to repeat run {str(held.public_id)[:8]} exactly."
    RunEvent.objects.create(run=repetition, state=RunState.REQUESTED, note=note, actor=by.get_username())
    doorbell.ring(repetition)
    return repetition
