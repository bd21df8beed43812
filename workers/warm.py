"""The model that this worker process keeps loaded between shards, and the digests that say which weights it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workers import checkpoints
from workers.engine import Engine
from workers.evaluation.errors import CheckpointBroken
from workers.lifecycle import Warmth
from workers.models import Checkpoint, Worker

if TYPE_CHECKING:
    from workers.evaluation.checkpoints import CheckpointSource
    from workers.evaluation.loading import LoadedModel

Files = list[dict[str, Any]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Warm:
    key: tuple[object, ...]
    model: "LoadedModel"
    checkpoint_id: int


@dataclass(frozen=True)
class _Digested:
    key: tuple[object, ...]
    files: Files


_warm: _Warm | None = None
_digested: _Digested | None = None


def checkpoint() -> Warmth:
    """The checkpoint whose model this process holds."""
    return Warmth(_warm.checkpoint_id if _warm else None)


def tell(worker: Worker) -> None:
    """Say on the worker's row which model it holds."""
    if worker.warm_checkpoint_id != checkpoint().checkpoint_id:
        worker.warm_checkpoint_id = checkpoint().checkpoint_id
        worker.save(update_fields=["warm_checkpoint"])


def source_of(checkpoint: Checkpoint, *, engine: Engine) -> "CheckpointSource":
    """Where the checkpoint is loaded from. Raises CheckpointRefused."""
    location = checkpoints.location_of(checkpoint)
    return engine.source(location, is_folder=not checkpoint.hub_id, revision=checkpoint.revision or None, dtype=checkpoint.dtype)


def files_of(source: "CheckpointSource", *, engine: Engine, progress: Progress) -> Files:
    """The checkpoint's files with their SHA-256: read once, and again when a file's stamp on disk has changed."""
    return _digest(source, engine=engine, progress=progress).files


def model_of(checkpoint: Checkpoint, *, planned: Files, engine: Engine, progress: Progress, loading: Progress) -> "LoadedModel":
    """The checkpoint's model, loaded now or kept from before; another model is let go first.

    `planned` are the files as the run's plan recorded them: weights that were exchanged since then are refused, so that
    a run never scores with other weights than it says. `progress` hears of files read for their digests, `loading` of weights
    in memory. Raises EvaluationError and CheckpointRefused.
    """
    global _warm
    source = source_of(checkpoint, engine=engine)
    digested = _digest(source, engine=engine, progress=progress)
    if _by_name(digested.files) != _by_name(planned):
        raise CheckpointBroken(f"The files of {checkpoint.location} changed after the run was planned: ask for the run again.")
    if _warm is None or _warm.key != digested.key:
        _warm = None
        _warm = _Warm(key=digested.key, model=engine.load(source, progress=loading), checkpoint_id=checkpoint.pk)
    return _warm.model


def _digest(source: "CheckpointSource", *, engine: Engine, progress: Progress) -> _Digested:
    global _digested
    key = (source, engine.stamps(source))
    if _digested is None or _digested.key != key:
        _digested = _Digested(key=key, files=engine.digests(source, progress=progress))
    return _digested


def _by_name(files: Files) -> dict[str, str]:
    return {file["name"]: file["sha256"] for file in files}
