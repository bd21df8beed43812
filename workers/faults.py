"""What kind of fault ended a piece of work, and whether trying it again could help."""

from django.db import models

MAX_ATTEMPTS = 3
"""Workers that may fail on the same piece of work before it counts as poison."""

LOST_WORKER = "lost_worker"
CODE_ERROR = "code_error"


class FaultClass(models.TextChoices):
    """The kinds of fault, by whom has to do something about it."""

    OUT_OF_MEMORY = "out_of_memory", "Out of memory"
    MISSING_DATA = "missing_data", "Missing data"
    MISSING_WEIGHTS = "missing_weights", "Missing weights"
    GATED_WEIGHTS = "gated_weights", "Gated weights"
    BAD_REQUEST = "bad_request", "Asked for what cannot be measured"
    CODE = "code", "The portal's code"
    LOST_WORKER = "lost_worker", "Lost worker"


_CLASSES = {
    "out_of_memory": FaultClass.OUT_OF_MEMORY,
    "data_missing": FaultClass.MISSING_DATA,
    "checkpoint_missing": FaultClass.MISSING_WEIGHTS,
    "checkpoint_broken": FaultClass.MISSING_WEIGHTS,
    "checkpoint_gated": FaultClass.GATED_WEIGHTS,
    "checkpoint_refused": FaultClass.BAD_REQUEST,
    "unknown_task": FaultClass.BAD_REQUEST,
    "unsafe_task": FaultClass.BAD_REQUEST,
    "unknown_metric": FaultClass.BAD_REQUEST,
    "protocol_mismatch": FaultClass.BAD_REQUEST,
    "plan_changed": FaultClass.BAD_REQUEST,
    "unscorable": FaultClass.BAD_REQUEST,
    LOST_WORKER: FaultClass.LOST_WORKER,
}
_WORTH_ANOTHER_TRY = frozenset({FaultClass.OUT_OF_MEMORY, FaultClass.CODE, FaultClass.LOST_WORKER})


def class_of(code: str) -> FaultClass:
    """The kind of fault that an error's code means; a code that nobody knows is a fault of ours."""
    return _CLASSES.get(code, FaultClass.CODE)


def may_pass(fault: FaultClass) -> bool:
    """Whether the same shard may go well another time or elsewhere: what is absent or wrong stays so, memory and code may not."""
    return fault in _WORTH_ANOTHER_TRY
