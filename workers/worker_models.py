"""The workers that score, as the database knows them; `workers.models` has them too."""

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models.functions import Now

if TYPE_CHECKING:
    from workers.models import Checkpoint

WORKER_SILENCE = timedelta(seconds=90)
"""A worker that was not heard from for this long counts as gone."""


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Workers."""

    def online(self) -> Self:
        """Those heard from within the last 90 seconds, by the database's clock."""
        return self.filter(last_seen_at__gt=Now() - WORKER_SILENCE)

    def able(self) -> Self:
        """Those online that get work."""
        return self.online().filter(set_aside_at=None)


class Worker(models.Model):
    """A process that scores: what it has and when it was last heard from."""

    class Device(models.TextChoices):
        """Where it computes."""

        CPU = "cpu", "CPU"
        CUDA = "cuda", "GPU"

    name = models.TextField(unique=True, help_text="Celery's node name, e.g. scorer@host.")
    device = models.CharField(max_length=4, choices=Device)
    device_name = models.TextField()
    device_count = models.PositiveSmallIntegerField(default=1)
    memory_bytes = models.BigIntegerField(help_text="Memory for weights: of all its GPUs, else of the machine.")
    software = models.JSONField(default=dict)
    warm_checkpoint = models.ForeignKey(
        "workers.Checkpoint", models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="The model that it holds in memory.",
    )  # fmt: skip
    registered_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    set_aside_at = models.DateTimeField(null=True, blank=True, help_text="Since when it gets no work.")
    set_aside_reason = models.TextField(blank=True, default="")
    trusted_since = models.DateTimeField(
        null=True, blank=True, help_text="When staff put it back: what was before does not count."
    )

    log_tail = models.TextField(blank=True, default="", help_text="The last lines that it logged about the work in hand.")
    log_run = models.ForeignKey(
        "workers.Run", models.SET_NULL, null=True, blank=True, related_name="logging_workers",
        help_text="The run that these lines are about.",
    )  # fmt: skip

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def device_label(self) -> str:
        """What it computes on, as shards and speeds name it, e.g. "2 × NVIDIA H200"."""
        return f"{self.device_count} × {self.device_name}"

    def fits(self, checkpoint: "Checkpoint") -> bool:
        """Whether it has the device and the memory that the checkpoint needs."""
        return self.memory_bytes >= checkpoint.memory_bytes and (self.device == self.Device.CUDA or not checkpoint.needs_gpu)
