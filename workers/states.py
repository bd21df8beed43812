"""Where a run and a shard can be, and which moves are allowed. No query here; `lifecycle` makes the moves."""

from django.db import models


class RunState(models.TextChoices):
    """Where a run is. What it found is another matter: see measurements."""

    REQUESTED = "requested", "Waiting"
    PLANNING = "planning", "Planning"
    SCORING = "scoring", "Scoring"
    REDUCING = "reducing", "Reducing"
    PAUSED = "paused", "Paused"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class ShardState(models.TextChoices):
    """Where a shard is."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Priority(models.IntegerChoices):
    """Which runs come first; among equals the one that was asked for first."""

    LOW = -10, "Low"
    NORMAL = 0, "Normal"
    HIGH = 10, "High"


ENDED = frozenset({RunState.FINISHED, RunState.FAILED, RunState.CANCELLED})
"""Nothing more happens by itself; a failed run goes on where it stood when staff say so."""

MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.REQUESTED: frozenset({RunState.PLANNING, RunState.PAUSED, RunState.FAILED, RunState.CANCELLED}),
    RunState.PLANNING: frozenset({RunState.REQUESTED, RunState.SCORING, RunState.PAUSED, RunState.FAILED, RunState.CANCELLED}),
    RunState.SCORING: frozenset({RunState.REDUCING, RunState.PAUSED, RunState.FAILED, RunState.CANCELLED}),
    RunState.REDUCING: frozenset({RunState.SCORING, RunState.FINISHED, RunState.PAUSED, RunState.FAILED, RunState.CANCELLED}),
    RunState.PAUSED: frozenset({RunState.REQUESTED, RunState.SCORING, RunState.CANCELLED}),
    RunState.FINISHED: frozenset(),
    RunState.FAILED: frozenset({RunState.REQUESTED, RunState.SCORING}),
    RunState.CANCELLED: frozenset(),
}


def sources_of(target: RunState) -> list[RunState]:
    """The states from which a run may become `target`."""
    return [state for state, targets in MOVES.items() if target in targets]
