"""Whether a reader may see what a run measured, before staff have published it and after."""

from django.core.exceptions import PermissionDenied

from leaderboards.models import Measurement
from portal.context import Viewer
from workers import passes
from workers.models import Run

HELD_BACK = "What this run measures is not published yet: its items and numbers can be read once it is."


def are_open(run: Run, viewer: Viewer) -> bool:
    """Staff see everything; others what the self-test and trials say, what tests no claim, and what is published."""
    if viewer.is_staff or run.protocol.is_selftest:
        return True
    if Measurement.objects.filter(run_id=run.public_id, published_at=None).exists():
        return False
    is_trial = run.items_per_task is not None
    return run.has_ended or is_trial or not passes.mappings_of(run).exists()


def check(run: Run, viewer: Viewer) -> None:
    """Raises PermissionDenied where a reader may not see the run's numbers."""
    if not are_open(run, viewer):
        raise PermissionDenied(HELD_BACK)
