"""Editing anything of the catalogue in place: the form with what stands, the difference, and a change that is proposed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import User
from leaderboards import rerun_votes, submissions
from leaderboards.models import Leaderboard, Submission
from leaderboards.submissions import findings, things
from leaderboards.submissions.findings import Finding
from leaderboards.submissions.things import CELL, Thing
from papers.models import SlugHistory
from portal import first_contributions
from portal.context import page
from portal.pages import absence, stood
from portal.pages.contributor import contributor, who
from portal.pages.links import address
from portal.pages.submission_view import Line, about_row, typed_text
from portal.pages.submit import ask_to_sign_in, checks, others, outlook
from portal.pages.submit_fields import Input, read, typed, under
from portal.pages.word_differences import differences

ROWS_SHOWN = 1000


@dataclass(frozen=True, kw_only=True)
class ResultLine:
    """A result of a board that can be edited or voted for."""

    key: str
    model: str
    cells: str
    votes: int
    is_mine: bool


def edit(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """The form of one thing, and the change that it sends."""
    thing, row = _found(request, kind, key)
    person = who(request)
    if request.method != "POST" and (today := str(getattr(row, thing.by))) != key:
        return HttpResponsePermanentRedirect(reverse("submissions:edit", args=[kind, today]))
    if person is None and request.method != "POST":
        return ask_to_sign_in(request, f"Edit {row}")
    by = contributor(request)
    held = things.values_of(kind, row)
    inputs = _inputs(thing, held)
    if request.method != "POST":
        return _show(request, thing, row, held, by=by)
    before = stood.of(request.POST, held)
    changed = {
        name: value
        for name, value in _typed(inputs, request).items()
        if value not in (_as_typed(before[name]), _as_typed(held[name]))
    }
    values = {"thing": kind, "id": str(row.public_id), "fields": changed, "was": {name: held[name] for name in changed}}
    values["note"] = request.POST.get("note", "")
    if clashes := tuple(stood.clashes(thing, changed, stood=before, held=held)):
        return _show(request, thing, row, held, by=by, changed=changed, found=clashes)
    if request.POST.get("action") == "check":
        found, checked = checks("edit", values, by=by)
        return _show(request, thing, row, held, by=by, changed=changed, found=found, told=outlook(found, checked, by=by))
    return _sent(request, "edit", values, lambda found: _show(request, thing, row, held, by=by, changed=changed, found=found))


@require_POST
def remove(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Propose that the thing goes, with a reason; a reviewer always looks at that."""
    thing, row = _found(request, kind, key)
    by = contributor(request)
    held = things.values_of(kind, row)
    values = {"thing": kind, "id": str(row.public_id), "reason": request.POST.get("reason", "")}
    return _sent(request, "removal", values, lambda found: _show(request, thing, row, held, by=by, found=found))


def _found(request: HttpRequest, kind: str, key: str) -> tuple[Thing, Any]:
    """The thing at that address, or the one to which it leads today.

    What was sent is for the thing that its form was about: that may have a new address by now, and another thing this one.
    """
    row = things.find(kind, key)
    has_moved = row is None and kind in SlugHistory.Kind.values
    if has_moved:
        row = things.find(kind, absence.address_of_today(kind=SlugHistory.Kind(kind), slug=key))
    of = request.POST.get("of", "")
    if row is not None and request.method == "POST" and (of or has_moved) and of != str(row.public_id):
        row = None
    if row is None:
        raise Http404("There is nothing at this address that can be edited.")
    return things.THINGS[kind], row


def _sent(request: HttpRequest, kind: str, values: Mapping[str, Any], again: Any) -> HttpResponse:
    try:
        with first_contributions.proven(request, by=contributor(request)) as sending:
            sent = submissions.submit(kind, values, by=contributor(request), via=Submission.Via.FORM)
            sending.submission = sent
    except first_contributions.SentBefore as before:
        sent = before.submission
    except submissions.Rejected as rejected:
        return again(rejected.findings)  # type: ignore[no-any-return]
    except submissions.Impossible as impossible:
        return again((findings.error("impossible", "", str(impossible)),))  # type: ignore[no-any-return]
    return HttpResponseRedirect(address("submissions:detail", sent.public_id))


def _inputs(thing: Thing, held: Mapping[str, Any]) -> list[Input]:
    fields = [field for name in held if (field := thing.field(name))]
    return [Input(each.name, each.label, each.holds, choices=each.choices) for each in fields]


def _typed(inputs: list[Input], request: HttpRequest) -> dict[str, Any]:
    """What was typed; a field that the form did not send is no edit."""
    return {each.name: _as_typed(read(each, request.POST.get(each.name, ""))) for each in inputs if each.name in request.POST}


def _as_typed(value: Any) -> Any:
    """As a form gives it back: an empty text is none, line ends are single characters, and nothing stands around a text."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip() or None
    return value


def _show(
    request: HttpRequest,
    thing: Thing,
    row: Any,
    held: Mapping[str, Any],
    *,
    by: User,
    changed: Mapping[str, Any] | None = None,
    found: tuple[Finding, ...] = (),
    told: str = "",
) -> HttpResponse:
    changed = changed or {}
    inputs = _inputs(thing, held)
    is_fit = not findings.errors(found)
    context = {
        "thing": thing,
        "row": row,
        "about": about_row(thing.kind, row),
        "key": request.resolver_match.kwargs["key"] if request.resolver_match else "",
        "fields": [(each, typed(each, changed.get(each.name, held[each.name])), under(found, each.name)) for each in inputs],
        "others": others(found, {each.name for each in inputs}),
        "found": found,
        "outlook": told,
        "stood": stood.told(held),
        "public_id": row.public_id,
        "proof": first_contributions.token_for(request, by),
        "lines": [_line(thing, name, held.get(name), value) for name, value in changed.items()],
        "note": request.POST.get("note", ""),
        "results": _results(row, by=by) if isinstance(row, Leaderboard) else (),
        "metrics": row.metrics.all() if isinstance(row, Leaderboard) else (),
        "section": "submit",
    }
    return page(request, "portal/edit.html", context, status=200 if is_fit else 422, is_live=True)


def _line(thing: Thing, name: str, old: Any, new: Any) -> Line:
    field = thing.field(name)
    label = field.label if field else name.removeprefix(CELL)
    return Line(label=label, pieces=differences(typed_text(old), typed_text(new)))


def _results(board: Leaderboard, *, by: User) -> tuple[ResultLine, ...]:
    """What stands on the board, with votes: a fixed number of queries."""
    claims = list(board.claims.published().prefetch_related("scores__metric").order_by("position", "pk")[:ROWS_SHOWN])
    keys = [claim.pk for claim in claims]
    votes, mine = rerun_votes.counts(keys), rerun_votes.of_person(keys, by=by)
    return tuple(
        ResultLine(
            key=str(claim.public_id),
            model=claim.model_name,
            cells=", ".join(f"{score.metric.name} {score.text}" for score in list(claim.scores.all())[:3]),
            votes=votes.get(claim.pk, 0),
            is_mine=claim.pk in mine,
        )
        for claim in claims
    )
