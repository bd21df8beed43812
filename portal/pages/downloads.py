"""The exports of the catalogue that everybody may download."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.http import quote_etag

from papers.models import ArchiveExport, ExportedFile
from portal.context import page
from portal.export_names import ATTRIBUTION, LICENCE, LICENCE_URL
from portal.pages.links import Link

LATEST = "latest"
TYPES = {".gz": "application/gzip", ".parquet": "application/vnd.apache.parquet"}
HOLDS = {
    "papers-with-abstracts": "paper",
    "links-between-papers-and-code": "link",
    "evaluation-tables": "top-level task",
    "methods": "method",
    "datasets": "dataset",
    "portal-extras": "record",
}
"""What a row of a file is, by the file's name before its first dot."""


@dataclass(frozen=True, kw_only=True)
class Download:
    """One file of an export."""

    link: Link
    size: int
    rows: int
    holds: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Export:
    """One export with its files."""

    name: str
    exported_at: datetime
    size: int
    files: Sequence[Download]


def downloads(request: HttpRequest) -> HttpResponse:
    """The files of the newest export, and the older ones."""
    exports = [_export(record) for record in _exports().prefetch_related("files")]
    latest = _export(_exports().prefetch_related("files")[0], name=LATEST) if exports else None
    context = {
        "latest": latest,
        "exports": exports,
        "hour": settings.EXPORT_AT if settings.EXPORT_KEEP else None,
        "attribution": ATTRIBUTION,
        "licence": Link(text=LICENCE, href=LICENCE_URL),
    }
    return page(request, "portal/downloads.html", context)


def download(request: HttpRequest, export: str, name: str) -> FileResponse | HttpResponse:
    """A file, as it lies on the disk: its gzip is its own and no encoding of this answer.

    Only what the database lists can be named, so no path is made from the address.
    """
    record = _exports().first() if export == LATEST else _exports().filter(folder__endswith=f"/{export}").first()
    file = ExportedFile.objects.filter(export=record, name=name).first() if record else None
    if record is None or file is None:
        raise Http404("There is no such file: it may have made room for newer exports.")
    etag = quote_etag(file.sha256)
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    try:
        opened = (Path(settings.EXPORTS) / Path(record.folder).name / file.name).open("rb")
    except OSError:
        raise Http404("The file is not on the disk any more.") from None
    kind = TYPES.get(Path(file.name).suffix, "application/octet-stream")
    cached = "no-cache" if export == LATEST else "public, max-age=31536000, immutable"
    headers = {"ETag": etag, "Cache-Control": cached}
    return FileResponse(opened, as_attachment=True, filename=file.name, content_type=kind, headers=headers)


def _exports() -> QuerySet[ArchiveExport]:
    """Finished exports that are listed, the newest first."""
    return ArchiveExport.objects.filter(is_public=True, finished_at__isnull=False).order_by("-started_at", "-pk")


def _export(record: ArchiveExport, *, name: str = "") -> Export:
    files = sorted(record.files.all(), key=lambda file: file.pk)
    name = name or Path(record.folder).name
    return Export(
        name=name,
        exported_at=record.started_at,
        size=sum(file.size for file in files),
        files=[_download(file, export=name) for file in files],
    )


def _download(file: ExportedFile, *, export: str) -> Download:
    holds = HOLDS.get(file.name.split(".")[0], "row")
    # A parquet file has a row a task, wherever the task stands.
    holds = "task" if file.name == "evaluation-tables.parquet" else holds
    link = Link(text=file.name, href=reverse("download", args=[export, file.name]))
    return Download(link=link, size=file.size, rows=file.rows, holds=holds, sha256=file.sha256)
