"""The catalogue's past: one append-only row for each change of a row, whoever made it.

Rows are written by triggers (papers/migrations/0003) for all that the site does, and in bulk by the import. The runtime
role may add and read them and do nothing else.
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

__all__ = ["Change"]


class Change(models.Model):
    """What changed in one row: the fields that differ, old and new.

    The first import of an archive is the baseline and leaves no changes, only its `ArchiveImport`. `object_id` is the
    public id of the thing that changed; a link's change (a paper's task) stands under the thing that owns the link (the
    paper).
    """

    class Action(models.TextChoices):
        """What was done."""

        CREATED = "created", "Created"
        CHANGED = "changed", "Changed"
        REMOVED = "removed", "Removed"
        RESTORED = "restored", "Restored"
        DELETED = "deleted", "Deleted"
        LINKED = "linked", "Linked"
        UNLINKED = "unlinked", "Unlinked"

    class Via(models.TextChoices):
        """Which way it came."""

        IMPORT = "import", "Import of an archive"
        ADMIN = "admin", "Administration"
        FORM = "form", "Form"
        API = "api", "API"
        COMMAND = "command", "Command"
        REVERT = "revert", "Revert of earlier changes"
        DATABASE = "database", "Directly in the database"

    at = models.DateTimeField(db_default=Now())
    table = models.TextField(help_text="The database table of the row that changed.")
    object_id = models.UUIDField(null=True, help_text="Public id of the thing that changed.")
    action = models.TextField(choices=Action)
    # No constraint: an account can be erased, and what it did stays.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    via = models.TextField(choices=Via)
    origin = models.TextField(blank=True, default="", db_default="", help_text="From where: a file, a page, a command.")
    archive_import = models.ForeignKey("papers.ArchiveImport", models.PROTECT, null=True, related_name="changes")
    old = models.JSONField(default=dict, help_text="The fields that differ, as they were.")
    new = models.JSONField(default=dict, help_text="The same fields, as they are now.")
    keys = models.JSONField(
        null=True, help_text="The row's id, and what else its return needs; null where nobody can undo it: of imports, of old."
    )
    redacted_at = models.DateTimeField(null=True)
    redaction_reason = models.TextField(blank=True, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["object_id", "id"], name="change_of_object"),
            models.Index(fields=["actor", "id"], name="change_by_actor", condition=models.Q(actor__isnull=False)),
            # What a brake counts (papers/brake_triggers.py), and what one person did in a span.
            models.Index(fields=["actor", "at"], name="change_by_actor_at", condition=models.Q(actor__isnull=False)),
            # Of half a million changes that an import makes, what people did has to be found.
            models.Index(fields=["id"], name="change_not_imported", condition=~models.Q(via="import")),
            # The past of a board names the results that it no longer has.
            models.Index(
                models.F("old__leaderboard_id"),
                "id",
                name="change_deleted_of_board",
                condition=models.Q(action="deleted", table="leaderboards_claim"),
            ),
            models.Index(
                fields=["archive_import", "id"], name="change_by_import", condition=models.Q(archive_import__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(redacted_at__isnull=True) | ~models.Q(redaction_reason=""), name="change_redacted_with_reason"
            ),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.table} {self.object_id}"

    def key(self, name: str) -> int | None:
        """A key of the changed row, such as its `id`; None where it was not kept."""
        found: int | None = (self.keys or {}).get(name)
        return found
