"""What changed, by whom and from where; tombstones; redaction of events (papers/redaction.py redacts rows).

The triggers of the database write each change (papers/history_triggers.py). What they cannot know, who acts and which way,
is said with `acting` around the work. The import writes its changes in bulk (papers/archive/merging.py).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from papers.catalogue_row import CatalogueRow
from papers.changes import Change

OWNER = "owner"
_said: ContextVar[str] = ContextVar("said", default="")


@contextmanager
def acting(*, via: Change.Via, by: int | None = None, origin: str = "") -> Iterator[None]:
    """Record the changes inside as made by the user with id `by`, this way, from `origin` (a page, a command).

    A user's changes are counted, and one too many breaks its transaction off (papers/brakes.py). Put it around the
    transaction, not into it. Blocks may stand in each other: the inner one counts.
    """
    limits = settings.BRAKES if by is not None else None
    words = json.dumps({"via": via.value, "actor": by, "origin": origin[:500], "limits": limits})
    before = _said.get()
    token = _said.set(words)
    _say(words)
    try:
        yield
    finally:
        _said.reset(token)
        try:
            _say(before)
        except DatabaseError:
            # A broken transaction takes the words back as it ends, which were said in it. Else whoever gets the next
            # connection must not act under this name.
            if not connection.in_atomic_block:
                connection.close()


def of(row: CatalogueRow) -> QuerySet[Change]:
    """The past of one thing, newest first; what stood before the first import is not in it."""
    return Change.objects.filter(object_id=row.public_id)


def remove(row: CatalogueRow, *, reason: str) -> None:
    """Leave a tombstone: the row stays with its reason, and the public no longer sees it."""
    if not reason.strip():
        raise ValueError("a removal needs a reason")
    row.removed_at, row.removed_reason = timezone.now(), reason
    row.save(update_fields=["removed_at", "removed_reason", "updated_at"])


def restore(row: CatalogueRow) -> None:
    """Show a removed row again."""
    row.removed_at, row.removed_reason = None, ""
    row.save(update_fields=["removed_at", "removed_reason", "updated_at"])


def redact(changes: QuerySet[Change], *, reason: str) -> int:
    """Take the content out of these changes, for law or privacy, and keep that they happened; how many there were.

    Goes by the owner role: the role that the site runs as cannot rewrite the past.
    """
    if not reason.strip():
        raise ValueError("a redaction needs a reason")
    numbers = list(changes.values_list("pk", flat=True))
    with transaction.atomic(using=OWNER):
        return (
            Change.objects.using(OWNER)
            .filter(pk__in=numbers, redacted_at__isnull=True)
            .update(old={}, new={}, redacted_at=timezone.now(), redaction_reason=reason)
        )


def _say(words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('portal.acting', %s, false)", [words])
