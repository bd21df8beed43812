"""What to answer when a thing is not at its address: where it is now, why it is gone, or that it never was."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Expression, F, Model, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.db.models.manager import BaseManager
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from leaderboards.models import Leaderboard
from papers.catalogue_row import Screened
from papers.hidden_keys import hidden
from papers.models import Author, Dataset, Method, Paper, SlugHistory, Task
from portal.context import page
from portal.pages.errors import LONGEST_SEARCH, words_of
from portal.pages.links import address, quoted

Kind = SlugHistory.Kind

ADDRESSES: Mapping[str, str] = {
    Kind.PAPER: "papers:detail",
    Kind.TASK: "tasks:detail",
    Kind.DATASET: "datasets:detail",
    Kind.METHOD: "methods:detail",
    Kind.AUTHOR: "authors:detail",
    Kind.LEADERBOARD: "boards:detail",
}
_NAMES: Mapping[type[Model], Expression | F] = {
    Paper: F("title"),
    Task: F("name"),
    Dataset: F("name"),
    Method: F("name"),
    Leaderboard: Concat("task__name", Value(" on "), "dataset_name", output_field=TextField()),
}
"""What a removed thing was called, of those that are no person's name."""
_PASTS: Mapping[str, str] = {"paper": "paper", "task": "task", "dataset": "dataset", "method": "method", "leaderboard": "sota"}
"""The past of a removed thing is open, but that of a person's name."""
REDACTED = "What stood at this address was redacted."


def _rows(kind: SlugHistory.Kind) -> QuerySet[Any]:
    managers: Mapping[str, BaseManager[Any]] = {
        Kind.PAPER: Paper.objects,
        Kind.TASK: Task.objects,
        Kind.DATASET: Dataset.objects,
        Kind.METHOD: Method.objects,
        Kind.AUTHOR: Author.objects,
        Kind.LEADERBOARD: Leaderboard.objects,
    }
    return managers[kind].all()


def was_ever(*, kind: SlugHistory.Kind, slug: str) -> bool:
    """Whether something has, or once had, this very slug: one query."""
    old = SlugHistory.objects.filter(kind=kind, slug__in=[slug, hidden(slug)])
    return bool(_rows(kind).filter(slug=slug).values("slug").union(old.values("slug")).exists())


def address_of_today(*, kind: SlugHistory.Kind, slug: str) -> str:
    """The slug that the thing has now which once had this one, or was merged into another; "" where it went nowhere."""
    target = SlugHistory.objects.filter(kind=kind, slug=slug).values_list("target", flat=True).first()
    if target:
        today = _rows(kind).filter(public_id=target).values_list("slug", flat=True).first()
        if today and today != slug:
            return str(today)
    if kind == Kind.PAPER:
        return Paper.objects.filter(slug=slug).values_list("duplicate_of__slug", flat=True).first() or ""
    return ""


def explain(request: HttpRequest, *, kind: SlugHistory.Kind, slug: str) -> HttpResponse:
    """A redirect to the address of today, a page that says why the thing was removed or the address redacted (410), or Http404.

    An old address comes before a removal: what was merged into another thing leads there.
    """
    rows = _rows(kind)
    if today := address_of_today(kind=kind, slug=slug):
        return HttpResponsePermanentRedirect(address(ADDRESSES[kind], today))
    noun = kind.label.lower()
    if SlugHistory.objects.filter(kind=kind, slug=hidden(slug)).exists() and not rows.filter(slug=slug).exists():
        return _gone(request, noun=noun, removed_at=None, removed_reason=REDACTED)
    return explain_removal(request, rows, noun=noun, slug=slug)


def explain_removal(request: HttpRequest, rows: QuerySet[Any], *, noun: str, slug: str) -> HttpResponse:
    """A page that says why the thing was removed (410), or Http404."""
    named = _NAMES.get(rows.model, Value(""))
    removed = rows.filter(slug=slug, removed_at__isnull=False).values("removed_at", "removed_reason", called=named).first()
    if removed is None:
        removed = _spam(rows, slug=slug, noun=noun)
    if removed is None:
        raise Http404(f"There is no {noun} at this address.")
    name = removed.pop("called", "") or ""
    past = f"/history/{_PASTS[noun]}/{quoted(slug)}" if noun in _PASTS else ""
    return _gone(request, noun=noun, name=name, looked_for=name or words_of(slug), past=past, **removed)


def _gone(request: HttpRequest, *, name: str = "", looked_for: str = "", past: str = "", **told: Any) -> HttpResponse:
    context = {"name": name, "looked_for": looked_for[:LONGEST_SEARCH], "past": past, **told}
    return page(request, "portal/gone.html", context, status=410)


def _spam(rows: QuerySet[Any], *, slug: str, noun: str) -> dict[str, Any] | None:
    """Why a row that is kept is not shown; None where there is none."""
    if not issubclass(rows.model, Screened):
        return None
    found = rows.filter(slug=slug).exclude(spam_reason="").values_list("spam_reason", flat=True).first()
    return {"removed_at": None, "removed_reason": f"The archive has a {noun} here that {found}."} if found else None
