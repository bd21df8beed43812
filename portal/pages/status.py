"""Status: whether what the site stands on answers, what waits and works, and when data last came in and went out."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.http import HttpRequest, HttpResponse

from papers import counts
from papers.catalogue_row import Source
from papers.models import ArchiveExport, ArchiveImport
from portal.context import page
from portal.pages import figures
from portal.pages.run_list import WorkerCard, online_workers
from workers.models import Run
from workers.states import ENDED, RunState

logger = logging.getLogger(__name__)

REDIS_PATIENCE = 1.0
"""Seconds in which Redis has to answer."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """Something that the site stands on."""

    name: str
    is_well: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """An import or an export; it runs, or was broken off, while it has no end."""

    source: str
    started_at: datetime
    finished_at: datetime | None
    facts: tuple[str, ...]

    @property
    def took(self) -> str:
        """How long it worked."""
        return figures.duration((self.finished_at - self.started_at).total_seconds()) if self.finished_at else ""


@dataclass(frozen=True, kw_only=True)
class Status:
    """All that the page shows; `queue` are the states of runs that have not ended, with how many runs are in each."""

    services: tuple[Service, ...]
    workers: tuple[WorkerCard, ...]
    queue: tuple[tuple[str, int], ...]
    ended: tuple[tuple[str, int], ...]
    last_import: Transfer | None
    last_export: Transfer | None
    totals: Mapping[str, int]

    @property
    def is_well(self) -> bool:
        """Whether everything answers."""
        return all(service.is_well for service in self.services)


def status(request: HttpRequest) -> HttpResponse:
    """The page, always as things are now."""
    return page(request, "portal/status.html", {"status": read(), "section": "status"}, is_live=True)


def read() -> Status:
    """The page's content in a constant number of queries."""
    runs: Counter[str] = Counter(dict(Run.objects.order_by().values_list("state").annotate(number=Count("pk"))))
    return Status(
        services=(_database(), _redis()),
        workers=online_workers(),
        queue=tuple((state.label, runs[state]) for state in RunState if state not in ENDED),
        ended=tuple((state.label, runs[state]) for state in RunState if state in ENDED),
        last_import=_last_import(),
        last_export=_last_export(),
        totals=counts.totals(),
    )


def _database() -> Service:
    """A database that does not answer leaves no page at all: this one says how much it holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
        version, size = cursor.fetchone()
    return Service(name="Database", is_well=True, words=f"PostgreSQL {version.split()[0]}, {figures.size(size)}")


def _redis() -> Service:
    """Redis rings the doorbell of workers and shares kept pages; without it both go on, more slowly."""
    try:
        with redis.Redis.from_url(
            settings.BROKER.client_url, socket_timeout=REDIS_PATIENCE, socket_connect_timeout=REDIS_PATIENCE
        ) as client:
            version = str(client.info("server").get("redis_version", ""))
    except (redis.RedisError, ValueError, OSError) as error:
        logger.warning("Redis did not answer the status page: %s", error)
        return Service(name="Redis", is_well=False, words="does not answer; runs are found when workers next look for them")
    return Service(name="Redis", is_well=True, words=f"Redis {version}")


def _last_import() -> Transfer | None:
    found = ArchiveImport.objects.order_by("-started_at", "-pk").first()
    if found is None:
        return None
    label = dict(Source.choices).get(found.source, found.source)
    return Transfer(source=label, started_at=found.started_at, finished_at=found.finished_at, facts=tuple(_files(found.report)))


def _files(report: Any) -> Iterable[str]:
    """What an import counted, a line a file; reports of other versions may have any shape."""
    files = report.get("files") if isinstance(report, dict) else None
    for file in files if isinstance(files, list) else ():
        if isinstance(file, dict) and isinstance(file.get("file"), str) and file.get("kind"):
            parts = [
                f"{file[key]:,} {words}"
                for key, words in (("new", "new"), ("changed", "changed"), ("same", "unchanged"), ("rejected", "refused"))
                if isinstance(file.get(key), int) and file[key]
            ]
            yield f"{file['file']}: {', '.join(parts) or 'no rows'}"


def _last_export() -> Transfer | None:
    found = ArchiveExport.objects.prefetch_related("files").order_by("-started_at", "-pk").first()
    if found is None:
        return None
    files = list(found.files.all())
    facts = (figures.counted(len(files), "file"), figures.size(sum(file.size for file in files))) if files else ()
    return Transfer(source="", started_at=found.started_at, finished_at=found.finished_at, facts=facts)
