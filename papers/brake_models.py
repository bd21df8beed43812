"""What the brakes leave behind: that one held an account, and that the staff let one go on. Both only grow."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

__all__ = ["BrakeKind", "BrakeLift", "BrakeTrip"]


class BrakeKind(models.TextChoices):
    """What is counted, in things of the catalogue and not in rows: a paper whose ten tags go is one thing."""

    DELETIONS = "deletions", "removed or deleted"
    EDITS = "edits", "changed"
    REVERTS = "reverts", "reverted"


class BrakeTrip(models.Model):
    """A brake held somebody: they wanted to change more than `most` things within `hours`."""

    at = models.DateTimeField(db_default=Now())
    # No constraint: an account can be erased, and what it did stays.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, related_name="+")
    kind = models.TextField(choices=BrakeKind)
    most = models.PositiveIntegerField()
    hours = models.PositiveIntegerField()
    origin = models.TextField(blank=True, default="", help_text="From where: a page, an address of the API.")

    class Meta:
        indexes = [models.Index(fields=["actor", "kind", "at"], name="brake_trip_by_actor")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.actor_id}: more than {self.most} {self.kind}"


class BrakeLift(models.Model):
    """For a time no brake holds this account; of several the last counts, so that one which is over at once ends another."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, related_name="+")
    since = models.DateTimeField(db_default=Now())
    until = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="brake_lift_by_account")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="brake_lift_with_reason"),
            models.CheckConstraint(condition=~Q(account=F("by")), name="brake_lift_by_another"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.account_id} until {self.until}"
