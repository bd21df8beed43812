"""The nightly export: when it is due, and what it leaves on the download page.

A clock beside the scheduler, as the reaper's is, starts it in a process of its own. A worker is no place for it: one process
does one task at a time there, and a GPU would wait for minutes. Nor is the scheduler's own: writing is all computation, and
the reaper's rounds would be late. A process of its own gives its memory back, and can be slow without harm.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from celery.signals import beat_init
from django.conf import settings
from django.utils import timezone

from papers.models import ArchiveExport
from papers.slugs import first_free
from portal.embedded.processes import die_with_parent
from portal.export_names import UNFINISHED
from portal.var_dir import BASE_DIR
from workers import rounds

logger = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two looks at the clock."""
LOWER_PRIORITY = 10


def is_due(now: datetime, *, hour: int, last: datetime) -> bool:
    """Whether the hour of the day (UTC) has come since `last`, which is when an export was begun or the clock was started."""
    slot = now.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return last < (slot if slot <= now else slot - timedelta(days=1))


def publish(*, progress: Callable[[str], None]) -> ArchiveExport:
    """Export for the download page and remove what is there too long; raises `archive_export.ExportRefused`."""
    # It loads Arrow, which the scheduler and the workers need not: they import this module for its clock.
    from portal.archive_export import ExportRefused, alone, export

    root = Path(settings.EXPORTS)
    with alone():
        name = first_free(f"{timezone.now():%Y-%m-%d-%H%M%S}", {path.name for path in root.glob("*")})
        unfinished = root / f".{name}{UNFINISHED}"
        try:
            record = export(unfinished, progress=progress)
        except ExportRefused:
            shutil.rmtree(unfinished, ignore_errors=True)  # the disk may be full
            raise
        unfinished.rename(root / name)
        record.folder, record.is_public = str(root / name), True
        record.save(update_fields=["folder", "is_public"])
        prune(root, keep=settings.EXPORT_KEEP)
    return record


def prune(root: Path, *, keep: int) -> None:
    """Remove all but the newest exports of the download page (one stays always), and what broken-off ones left.

    The caller is the only one that exports. Folders that this database knows nothing of stay: it may be younger than they are.
    """
    stale = list(ArchiveExport.objects.filter(is_public=True).order_by("-started_at", "-pk")[max(keep, 1) :])
    broken = list(ArchiveExport.objects.filter(is_public=False, folder__startswith=f"{root}{os.sep}."))
    ArchiveExport.objects.filter(pk__in=[record.pk for record in [*stale, *broken]]).delete()
    for folder in [*(Path(record.folder) for record in stale), *root.glob(f".*{UNFINISHED}")]:
        if folder.parent == root:
            shutil.rmtree(folder, ignore_errors=True)


def withdraw() -> int:
    """Remove all exports of the download page, e.g. since they hold what was redacted; how many.

    Raises `archive_export.ExportRefused` while an export runs, which may hold it too.
    """
    from portal.archive_export import ExportRefused, alone  # heavy, as above

    root = Path(settings.EXPORTS)
    with alone():
        records = list(ArchiveExport.objects.filter(is_public=True))
        ArchiveExport.objects.filter(pk__in=[record.pk for record in records]).delete()
        for folder in (Path(record.folder) for record in records):
            if folder.parent == root and folder.exists():
                try:
                    shutil.rmtree(folder)
                except OSError as error:
                    raise ExportRefused(f"{folder} cannot be removed ({error.strerror}): remove it by hand.") from error
    return len(records)


NIGHT_WORK = (
    ("import_archive", ("--finish",)),
    ("rebuild_search", ()),
    ("relate_papers", ()),
    ("export_archive", ("--publish",)),
)
"""Commands of the night, in order: what a broken-off import left is brought up to date, the day's papers get into the search
index and among the related ones, then the export."""


@beat_init.connect
def start(**_: Any) -> None:
    """Begin to watch the clock when the scheduler begins, unless no export shall be made."""
    if settings.EXPORT_KEEP:
        rounds.keep(_Clock().go_round, every=EVERY, name="nightly-export")


class _Clock:
    """Starts the night's work at its hour, once: on a site without an export too, or where that failed."""

    def __init__(self) -> None:
        self._started = timezone.now()
        self._tried = self._started

    def go_round(self) -> None:
        """One look at the clock, and the night's work where it is due."""
        with rounds.surviving("The nightly export", logger=logger):
            begun = _last_begun()
            # A site without an export waits for its hour; one that slept through it makes up for it, once.
            since = begun if begun and self._tried == self._started else max(begun or self._started, self._tried)
            if is_due(timezone.now(), hour=settings.EXPORT_AT, last=since):
                self._tried = timezone.now()
                _run()


def _last_begun() -> datetime | None:
    return ArchiveExport.objects.filter(is_public=True).order_by("-started_at").values_list("started_at", flat=True).first()


def _run() -> None:
    end_with_us = die_with_parent(signal.SIGTERM)

    def in_background() -> None:
        end_with_us()
        os.nice(LOWER_PRIORITY)

    for command, words in NIGHT_WORK:
        line = [sys.executable, str(BASE_DIR / "manage.py"), command, *words]
        done = subprocess.run(line, cwd=BASE_DIR, capture_output=True, text=True, check=False, preexec_fn=in_background)
        if done.returncode:
            logger.error("The nightly %s failed: %s", command, (done.stderr.strip() or "it gave no reason").splitlines()[-1])
        else:
            logger.info("The nightly %s is done.", command)
