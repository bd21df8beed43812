"""The engine's error family: `str(error)` is the one sentence that a person is shown.

Each sentence says what is wrong, where, and what to do; `code` is the word that a program may store and compare.
"""

from __future__ import annotations


class EvaluationError(Exception):
    """Something outside the engine (a checkpoint, data, a task, a device) can't be used as it is."""

    code: str = "evaluation_error"


class CheckpointMissing(EvaluationError):
    """No checkpoint is at the place that was named."""

    code = "checkpoint_missing"


class CheckpointGated(EvaluationError):
    """A checkpoint is on the hub, and its owner hands it out to those alone who asked for it."""

    code = "checkpoint_gated"


class CheckpointBroken(EvaluationError):
    """A checkpoint is there, but it can't be loaded, or must not be."""

    code = "checkpoint_broken"


class DataMissing(EvaluationError):
    """Benchmark data is absent, incomplete or malformed."""

    code = "data_missing"


class UnknownTask(EvaluationError):
    """The evaluation harness has no such task, or one of a kind that this engine can't score."""

    code = "unknown_task"


class UnsafeTask(EvaluationError):
    """The task would run code that a model wrote, or code fetched from elsewhere."""

    code = "unsafe_task"


class UnknownMetric(EvaluationError):
    """The task is known, but reports no such number."""

    code = "unknown_metric"


class ProtocolMismatch(EvaluationError):
    """The protocol asks for something else than the harness would do here: another mean, another version."""

    code = "protocol_mismatch"


class Unscorable(EvaluationError):
    """A request that the model can't answer: nothing to score, more than it reads at once, no greedy writing."""

    code = "unscorable"


class OutOfMemory(EvaluationError):
    """The device's memory does not hold the model or one of its batches."""

    code = "out_of_memory"


class PlanChanged(EvaluationError):
    """The harness now builds other requests than the plan holds, so stored answers don't belong to them."""

    code = "plan_changed"


class DeviceMissing(EvaluationError):
    """The device that was asked for is not on this machine."""

    code = "device_missing"


class TrainingStopped(EvaluationError):
    """Training of the self-test's checkpoint was asked to stop before it had one."""

    code = "training_stopped"
