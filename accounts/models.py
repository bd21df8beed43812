"""People who read, submit, review and run, and the tokens by which their programs do."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now


class User(AbstractUser):
    """A person with an account; `is_staff` may ask for runs and keep the registry."""

    class Role(models.TextChoices):
        """What a person may do beside reading; accounts/roles.py tells what each means."""

        READER = "reader", "Reader"
        CONTRIBUTOR = "contributor", "Contributor"
        REVIEWER = "reviewer", "Reviewer"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    role = models.TextField(choices=Role, default=Role.READER, db_default=Role.READER.value)
    erased_at = models.DateTimeField(null=True, editable=False, help_text="When all that is personal was taken out of it.")

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(role__in=["reader", "contributor", "reviewer"]), name="user_role_known"),
            models.UniqueConstraint(
                Lower("username"),
                name="user_name_once",
                violation_error_message="Somebody has this name already, in other letters.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_username()


class ApiToken(models.Model):
    """By which a program acts for a person. The token itself is told once and never stored: `digest` is its SHA-256."""

    class Scope(models.TextChoices):
        """What a program may do with it."""

        READ = "read", "Read"
        WRITE = "write", "Write: submit and edit, as you may"
        RUNS = "runs", "Runs: ask for runs, where you are staff"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.TextField(help_text="What it is for, in the words of its owner.")
    digest = models.TextField(unique=True, editable=False)
    beginning = models.TextField(help_text="Its first letters, by which the owner tells it from others.")
    scopes = ArrayField(models.TextField(choices=Scope))
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, help_text="To the minute.")
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["read", "write", "runs"]) & Q(scopes__len__gte=1), name="token_scopes_known"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="token_has_a_name"),
        ]
        indexes = [models.Index(fields=["user", "-created_at"], name="token_of_user")]
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"
