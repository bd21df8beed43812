"""Where a run and a shard can be, and which moves are allowed. No query here; `lifecycle` makes the moves."""

from django.db import models


class RunState(models.TextChoices):
    """Where a run is. What it found is another matter: see measurements."""

    REQUESTED = "requested", "Waiting"
    PLANNING = "planning", "Planning"
    SCORING = "scoring", "Scoring"
    REDUCING = "reducing", "Reducing"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class ShardState(models.TextChoices):
    """Where a shard is."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.REQUESTED: frozenset({RunState.PLANNING, RunState.FAILED, RunState.CANCELLED}),
    RunState.PLANNING: frozenset({RunState.REQUESTED, RunState.SCORING, RunState.FAILED, RunState.CANCELLED}),
    RunState.SCORING: frozenset({RunState.REDUCING, RunState.FAILED, RunState.CANCELLED}),
    RunState.REDUCING: frozenset({RunState.SCORING, RunState.FINISHED, RunState.FAILED, RunState.CANCELLED}),
    RunState.FINISHED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELLED: frozenset(),
}

ENDED = frozenset(state for state, targets in MOVES.items() if not targets)


def sources_of(target: RunState) -> list[RunState]:
    """The states from which a run may become `target`."""
    return [state for state, targets in MOVES.items() if target in targets]
