"""The model that this worker process keeps loaded between shards."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workers import checkpoints
from workers.engine import Engine
from workers.models import Checkpoint

if TYPE_CHECKING:
    from workers.evaluation.checkpoints import CheckpointSource
    from workers.evaluation.loading import LoadedModel


@dataclass(frozen=True)
class _Warm:
    key: tuple[object, ...]
    model: "LoadedModel"


_warm: _Warm | None = None


def source_of(checkpoint: Checkpoint, *, engine: Engine) -> "CheckpointSource":
    """Where the checkpoint is loaded from. Raises CheckpointRefused."""
    location = checkpoints.location_of(checkpoint)
    return engine.source(location, is_folder=not checkpoint.hub_id, revision=checkpoint.revision or None, dtype=checkpoint.dtype)


def model_of(checkpoint: Checkpoint, *, engine: Engine) -> "LoadedModel":
    """The checkpoint's model, loaded now or kept from before; another model is let go first.

    The key holds sizes and names of the checkpoint's files, so that a folder whose weights were exchanged is loaded
    anew. Raises EvaluationError and CheckpointRefused.
    """
    global _warm
    source = source_of(checkpoint, engine=engine)
    key = (source, engine.inspect(source))
    if _warm is None or _warm.key != key:
        _warm = None
        _warm = _Warm(key=key, model=engine.load(source))
    return _warm.model
