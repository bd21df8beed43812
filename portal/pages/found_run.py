"""The run at an address."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from workers.models import Run


def run_at(public_id: UUID, among: QuerySet[Run]) -> Run:
    """The run with this id, with what `among` fetches along; Http404 when there is none."""
    run = among.filter(public_id=public_id).first()
    if run is None:
        raise Http404("There is no run at this address.")
    return run
