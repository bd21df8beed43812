"""What came in and went out as an archive: imports with their reports, exports with their files."""

import uuid

from django.db import models

__all__ = ["ArchiveExport", "ArchiveImport", "ExportedFile"]


class ArchiveImport(models.Model):
    """One import; `report` is what it counted, file by file."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(max_length=8)
    is_baseline = models.BooleanField(default=False, help_text="The first of its archive: the catalogue's past begins with it.")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Empty while it runs, and for one that was broken off.")
    report = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"import of {self.started_at:%Y-%m-%d %H:%M}"


class ArchiveExport(models.Model):
    """One export: a folder with the archive's files, written from the database."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    folder = models.TextField(help_text="Where the files were written.")
    is_public = models.BooleanField(default=False, help_text="Listed on the download page.")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"export of {self.started_at:%Y-%m-%d %H:%M}"


class ExportedFile(models.Model):
    """One file of an export; `rows` counts papers, links, tasks, methods, datasets or events."""

    export = models.ForeignKey(ArchiveExport, models.CASCADE, related_name="files")
    name = models.TextField()
    size = models.BigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    rows = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "name"], name="exported_file_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
