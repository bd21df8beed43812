"""Who watches which board, and what they are told of."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

__all__ = ["Alert", "Watch"]


class Watch(models.Model):
    """A person watches a board. `best` is what they were last told leads it: {metric, model, value, text}, empty for nothing."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watches")
    # No constraint: a board that is deleted and brought back is watched as before.
    board = models.ForeignKey("leaderboards.Leaderboard", models.DO_NOTHING, db_constraint=False, related_name="watches")
    since = models.DateTimeField(db_default=Now())
    best = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "board"], name="watch_once")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.person_id} watches {self.board_id}"


class Alert(models.Model):
    """Something that a person is told, once: `about` is what tells it from others."""

    class Kind(models.TextChoices):
        """What happened."""

        BEST = "best", "The best result changed"
        DIFFERS = "differs", "A claim failed to reproduce"
        BRAKE = "brake", "A brake held an account"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="alerts")
    kind = models.TextField(choices=Kind)
    board = models.ForeignKey("leaderboards.Leaderboard", models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    about = models.TextField(help_text="The same for the same thing, e.g. the measurement's public id.")
    words = models.TextField(help_text="One sentence.")
    at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind", "about"], name="alert_once")]
        indexes = [
            models.Index(fields=["person", "-id"], name="alert_newest_first"),
            models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="alert_unread"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.words
