"""Which of the recorded changes somebody sees: one rule for the pages of the past, their feeds and the API."""

from django.db.models import Q, QuerySet

from leaderboards.models import Measurement
from papers.models import Change


def shown(changes: QuerySet[Change], *, is_staff: bool) -> QuerySet[Change]:
    """Those that a reader may see: what was done to a number that nobody has published yet is for the staff's eyes."""
    if is_staff:
        return changes
    public = Measurement.objects.filter(published_at__isnull=False).values("public_id")
    is_deleted = Q(action=Change.Action.DELETED)
    return changes.exclude(Q(table=Measurement._meta.db_table) & (is_deleted | ~Q(object_id__in=public)))
