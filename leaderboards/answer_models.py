"""What people answer beside a measurement: authors who explain a number, submitters who doubt it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

LONGEST = 5_000
"""Characters of an answer."""


class Answer(models.Model):
    """What a person answers to a measurement, in Markdown.

    It is neither changed nor deleted (the database refuses it, save to the tables' owner, who redacts); it can be taken back
    with a reason, by its author or by a reviewer, and then the reason is shown in its place.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    measurement = models.ForeignKey("leaderboards.Measurement", models.PROTECT, related_name="answers")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="answers")
    text = models.TextField()
    posted_at = models.DateTimeField(db_default=Now())
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawal_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="answer_says_something"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
                | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawal_reason="")),
                name="answer_withdrawn_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["author", "posted_at"], name="answer_by_author")]
        ordering = ["posted_at", "pk"]

    def __str__(self) -> str:
        return f"{self.author} on {self.measurement}"
