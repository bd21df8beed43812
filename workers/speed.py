"""How fast a checkpoint is scored on a kind of device: as shards measured it, else reckoned from what is known."""

from collections.abc import Collection, Mapping
from statistics import median

from django.db import connection

from workers.models import Checkpoint, Worker

Speeds = Mapping[tuple[int, str], float]
"""Tokens a second, by a checkpoint's key and a device's label."""

ARITHMETIC = {Worker.Device.CUDA: 1e14, Worker.Device.CPU: 2e10}
"""Operations a second of one GPU or core where nothing was measured: low, so that first shards are rather too short."""

# The last runs alone: what was measured with older packages says little, and a page must not read a million shards.
_MEASURED = """
SELECT run.checkpoint_id, shard.device, sum(shard.device_tokens) / sum(shard.device_seconds)
FROM workers_checkpoint checkpoint CROSS JOIN LATERAL (
    SELECT id, checkpoint_id FROM workers_run
    WHERE checkpoint_id = checkpoint.id AND plan_version > 0 ORDER BY id DESC LIMIT 5
) run CROSS JOIN LATERAL (
    SELECT device, device_tokens, device_seconds FROM workers_shard
    WHERE run_id = run.id AND device_tokens > 0 AND device_seconds > 0 ORDER BY index LIMIT 200
) shard
WHERE %(all)s OR checkpoint.id = ANY(%(checkpoints)s)
GROUP BY 1, 2
"""


def measured(checkpoints: Collection[int] | None = None) -> Speeds:
    """What was measured over the last runs of these checkpoints, or of all; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_MEASURED, {"all": checkpoints is None, "checkpoints": list(checkpoints or ())})
        return {(checkpoint, device): float(speed) for checkpoint, device, speed in cursor.fetchall()}


def expected(checkpoint: Checkpoint, *, worker: Worker) -> float:
    """Tokens a second that this worker may be expected to score.

    Measured if it was, else by the size of other models that were measured on such a device, else by arithmetic: two
    operations a parameter and token.
    """
    found = measured()
    if (own := found.get((checkpoint.pk, worker.device_label))) is not None:
        return own
    sizes = dict(Checkpoint.objects.values_list("pk", "parameter_count"))
    others = [speed * sizes[key] for (key, device), speed in found.items() if device == worker.device_label]
    operations = 2 * median(others) if others else ARITHMETIC[Worker.Device(worker.device)] * worker.device_count
    return operations / (2 * checkpoint.parameter_count)


def tokens_in(seconds: float, checkpoint: Checkpoint, *, worker: Worker) -> int:
    """Tokens that this worker may be expected to score in so many seconds."""
    return max(1, round(seconds * expected(checkpoint, worker=worker)))
