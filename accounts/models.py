"""People who read, submit, review and run."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person with an account; `is_staff` may ask for runs and keep the registry."""

    class Role(models.TextChoices):
        """What a person may do beside reading; accounts/roles.py tells what each means."""

        READER = "reader", "Reader"
        CONTRIBUTOR = "contributor", "Contributor"
        REVIEWER = "reviewer", "Reviewer"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    role = models.TextField(choices=Role, default=Role.READER, db_default=Role.READER.value)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=["reader", "contributor", "reviewer"]), name="user_role_known")
        ]

    def __str__(self) -> str:
        return self.get_username()
