"""What every catalogue row carries: identity, source, and what the archive said word for word.

The typed columns hold what the site needs. What they cannot give back is kept beside them, so that an export returns
what an import brought: a key that the record lacked (`archive_absent`), a value that parsed to something else
(`archive_raw`, e.g. a date of ""), and keys of later archives or of our own (`archive_extra`). Null and "" stay apart
because text columns of archive fields are nullable.

`archive_digest` tells whether the archive says something new of a row; `archive_dumps` names the dumps that state it, so
that a row which no dump states any more can be told from one that was made here.
"""

import uuid
from typing import Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

ModelT = TypeVar("ModelT", bound=models.Model)


class Source(models.TextChoices):
    """Where a row came from."""

    ARCHIVE = "archive", "PWC Archive"
    DEMO = "demo", "Demo catalogue"
    API = "api", "API"
    FORM = "form", "Form"
    RUN = "run", "Run"


class CatalogueQuerySet(models.QuerySet[ModelT]):
    """Rows of the catalogue."""

    def published(self) -> Self:
        """Rows that the public sees: not removed."""
        return self.filter(removed_at__isnull=True)


class ScreenedQuerySet(CatalogueQuerySet[ModelT]):
    """Rows of which some are spam or vandalism: those are kept, and not shown."""

    def published(self) -> Self:
        """Rows that the public sees: neither removed nor judged to be spam."""
        return super().published().filter(spam_reason="")


class CatalogueRow(models.Model):
    """Base of every catalogue row."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(max_length=8, choices=Source)
    archive_key = models.TextField(null=True, blank=True, help_text="Its identity in the archive; null for rows made here.")
    archive_raw = models.JSONField(default=dict, blank=True, help_text="Values that no column gives back.")
    archive_absent = ArrayField(models.TextField(), default=list, blank=True, help_text="Archive keys that the record lacked.")
    archive_extra = models.JSONField(default=dict, blank=True, help_text="Keys beyond the schema, as they came.")
    archive_digest = models.BigIntegerField(null=True, blank=True, editable=False, help_text="Of what the archive said last.")
    archive_dumps = ArrayField(models.TextField(), default=list, blank=True, help_text="Dumps of the archive that state it.")
    edited_fields = ArrayField(models.TextField(), default=list, blank=True, help_text="Edited by people; imports keep them.")
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_reason = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    @classmethod
    def row_constraints(cls, name: str) -> list[models.BaseConstraint]:
        """The constraints that every catalogue table has; `name` is the table's short name."""
        return [
            models.UniqueConstraint(fields=["archive_key"], name=f"{name}_archive_key_once"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name=f"{name}_source_known"),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | ~Q(removed_reason=""), name=f"{name}_removed_with_reason"
            ),
        ]


class Screened(models.Model):
    """A row that may be spam or vandalism; a judgement of the import, which a person can correct.

    A correction puts "spam_reason" into `edited_fields`, and no later import judges the row again.
    """

    spam_reason = models.TextField(
        blank=True, default="", help_text="Why it is taken for spam or vandalism; empty for a good row."
    )

    class Meta:
        abstract = True
