"""The catalogue's past, and the files that hold all of it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from papers import models
from papers.hidden_keys import told
from portal.api.shapes.rows import Row


class Change(Row):
    """What changed in one row: the fields that differ, old and new; nothing of either where it was redacted.

    `object` is the public id of the thing that changed, `table` where it is stored.
    """

    id: int
    at: datetime
    table: str
    object: UUID | None
    action: str
    via: str
    old: dict[str, Any]
    new: dict[str, Any]
    is_redacted: bool

    example: ClassVar[dict[str, Any]] = {
        "id": 1, "at": "2026-01-02T03:04:05Z", "table": "papers_paper", "object": "00000000-0000-4000-8000-000000000004",
        "action": "changed", "via": "form", "old": {"title": "Old"}, "new": {"title": "New"}, "is_redacted": False,
    }  # fmt: skip


def read_changes(keys: Sequence[int]) -> list[Change]:
    """By keys."""
    found = models.Change.objects.in_bulk(keys)
    same = ("id", "at", "table", "action", "via")
    return [
        Change(
            **{name: getattr(change, name) for name in same},
            object=change.object_id,
            old=told(change.old) if isinstance(change.old, dict) and not change.redacted_at else {},
            new=told(change.new) if isinstance(change.new, dict) and not change.redacted_at else {},
            is_redacted=change.redacted_at is not None,
        )
        for key in keys
        if (change := found.get(key))
    ]


class File(Row):
    """A file of an export."""

    name: str
    url: str
    size: int
    rows: int
    sha256: str

    example: ClassVar[dict[str, Any]] = {
        "name": "methods.json.gz", "url": "https://example.org/downloads/2026-01-02/methods.json.gz", "size": 1024, "rows": 10,
        "sha256": "0" * 64,
    }  # fmt: skip


class Export(Row):
    """The whole catalogue as files, in the archive's own format."""

    id: str
    exported_at: datetime
    files: list[File]

    example: ClassVar[dict[str, Any]] = {"id": "2026-01-02", "exported_at": "2026-01-02T03:04:05Z", "files": [File.example]}


def read_exports(keys: Sequence[int], *, origin: str) -> list[Export]:
    """By keys, in two queries; files stand at `origin`, the site's address."""
    found = models.ArchiveExport.objects.prefetch_related("files").in_bulk(keys)
    return [_export(found[key], origin=origin) for key in keys if key in found]


def _export(record: models.ArchiveExport, *, origin: str) -> Export:
    name = Path(record.folder).name
    files = [
        File(name=file.name, url=f"{origin}/downloads/{name}/{file.name}", size=file.size, rows=file.rows, sha256=file.sha256)
        for file in sorted(record.files.all(), key=lambda file: file.pk)
    ]
    return Export(id=name, exported_at=record.started_at, files=files)
