"""Why a thing is not at its address: it moved, it was removed (and why), or it never was."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import APIException, NotFound

from papers.catalogue_row import CatalogueRow, Screened
from papers.hidden_keys import hidden
from papers.models import Paper, SlugHistory
from portal.pages.absence import REDACTED

NOWHERE = "There is no {noun} at this address."


class Moved(APIException):
    """The thing has another name today."""

    status_code = 301

    def __init__(self, *, lookup: str, name: str) -> None:
        super().__init__("It moved.")
        self.lookup, self.name = lookup, name


def of(rows: QuerySet[Any], name: str, *, noun: str, kind: SlugHistory.Kind | None, lookup: str, field: str = "") -> APIException:
    """What to raise for a name at which the public sees nothing; `rows` are all rows of the noun."""
    if kind is not None and (today := _today(rows, name, kind=kind)):
        return Moved(lookup=lookup, name=today)
    if kind is not None and SlugHistory.objects.filter(kind=kind, slug=hidden(name)).exists():
        return NotFound(REDACTED)
    return NotFound(_reason(rows, name, noun=noun, field=field or lookup) or NOWHERE.format(noun=noun))


def _today(rows: QuerySet[Any], name: str, *, kind: SlugHistory.Kind) -> str | None:
    """The name of what stood at an old one, or of the paper that stands for a second row of it."""
    target = SlugHistory.objects.filter(kind=kind, slug=name).values_list("target", flat=True).first()
    today = rows.filter(public_id=target).values_list("slug", flat=True).first() if target else None
    if today is None and kind == SlugHistory.Kind.PAPER:
        today = Paper.objects.filter(slug=name).values_list("duplicate_of__slug", flat=True).first()
    return today if today != name else None


def _reason(rows: QuerySet[Any], name: str, *, noun: str, field: str) -> str:
    model = rows.model
    if not issubclass(model, CatalogueRow):
        return ""
    row = rows.filter(**{field: name}).first()
    if row is None:
        return ""
    if row.removed_at:
        return f"This {noun} was removed: {row.removed_reason}"
    if isinstance(row, Screened) and row.spam_reason:
        return f"The archive has a {noun} here that {row.spam_reason}."
    return ""
