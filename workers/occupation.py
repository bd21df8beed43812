"""What each worker works on, told by the leases it holds."""

from collections.abc import Mapping

from django.db.models import Q

from workers.models import Run, Shard
from workers.states import RunState, ShardState


def occupations() -> Mapping[str, Run]:
    """The run that each busy worker plans, scores or reduces, by the worker's name: two queries."""
    scored = Shard.objects.filter(state=ShardState.RUNNING, run__state=RunState.SCORING)
    held = Run.objects.filter(~Q(lease_owner=""), state__in=[RunState.PLANNING, RunState.REDUCING])
    return {shard.lease_owner: shard.run for shard in scored.select_related("run__checkpoint", "run__protocol")} | {
        run.lease_owner: run for run in held.select_related("checkpoint", "protocol")
    }
