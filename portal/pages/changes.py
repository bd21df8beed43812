"""All recent changes of the catalogue, by kind, person and way; what brakes held; and undoing: one change, or a person's span."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.roles import may_review, may_submit
from leaderboards import corrections
from papers import brakes, reverting
from papers.brakes import LiftRefusedError
from papers.models import BrakeLift, BrakeTrip, Change
from papers.reverting import Outcome, TooManyError
from portal.context import page
from portal.pages import history, history_words
from portal.pages.history_things import BY_KEY, KINDS, tables_of
from portal.pages.history_words import WAYS, Entry
from portal.shown_changes import shown

TRIPS_SHOWN = timedelta(days=7)
SPAN = timedelta(hours=24)
LISTED = 200
ONLY_REVIEWERS = "Only reviewers revert what others changed: sign in with an account that has the right to do it."
NO_SUCH_CHANGE = "There is no such change."
NO_SUCH_PERSON = "There is no account of that name."
HOW_TO_SAY_WHEN = "Say from when to when, as in 2026-05-01T00:00."


@dataclass(frozen=True, kw_only=True)
class Told:
    """An outcome in words: changes that were undone, and those that stay, each with why."""

    undone: tuple[Entry, ...]
    kept: tuple[tuple[Entry, str], ...]
    undone_count: int
    kept_count: int
    needless: int


@require_GET
def changes(request: HttpRequest, name: str = "") -> HttpResponse:
    """The latest changes, of everybody or of one person; imports' only where they are asked for, since they are so many."""
    kind, way = BY_KEY.get(request.GET.get("kind", "")), request.GET.get("way", "")
    way = way if way in WAYS else ""
    person = _person(name) if name else None
    found = _filtered(person, way=way)
    if kind is not None:
        found = found.filter(table__in=tables_of(kind))
    kept = tuple((key, value) for key, value in (("kind", kind.key if kind else ""), ("way", way)) if value)
    may = history.rights(request)
    now = timezone.now()
    context = {
        "found": history.read_page(request, found, kept=kept),
        "kinds": KINDS,
        "kind": kind,
        "ways": WAYS,
        "way": way,
        "person": person,
        "may": may,
        "trips": _trips() if may.reviews else [],
        "lift": _lift(person) if may.reviews and person else None,
        "since": _in_a_form(now - SPAN),
        "until": _in_a_form(now + timedelta(minutes=1)),
        "path": request.path,
        "feed": reverse("changes_by_feed", args=[person.get_username()]) if person else reverse("changes_feed"),
    }
    return page(request, "portal/changes.html", context, is_live=True, is_indexed=False)


@require_GET
def feed(request: HttpRequest, name: str = "") -> HttpResponse:
    """The latest changes, or one person's, as a feed."""
    person = _person(name) if name else None
    title = f"Changes by {person}" if person else "Changes"
    at = reverse("changes_by", args=[name]) if person else reverse("changes")
    return history.answer_feed(request, _filtered(person, way=""), title=title, page=at, identity=title)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, number: int) -> HttpResponse:
    """One change; sent, it is undone. Reviewers may, and whoever made it."""
    one = shown(Change.objects.filter(pk=number), is_staff=history.rights(request).is_staff)
    [entry] = history_words.entries(one.select_related("actor")) or [None]
    if entry is None:
        raise Http404(NO_SUCH_CHANGE)
    may, told = history.rights(request), None
    if request.method == "POST":
        if not may.undoes(entry) or not isinstance(request.user, User):
            raise PermissionDenied(ONLY_REVIEWERS)
        told = _told(_undo(one, by=request.user, origin=request.path))
    status = 409 if told is not None and told.kept else 200
    context = {"entry": entry, "may": may, "told": told}
    return page(request, "portal/change.html", context, status=status, is_live=True, is_indexed=False)


@require_POST
def revert(request: HttpRequest, name: str) -> HttpResponse:
    """All that a person changed within a span: what a revert would do, and with `confirm` the revert itself; reviewers only."""
    by = _reviewer(request)
    person = _person(name)
    since, until = _moment(request.POST.get("since", "")), _moment(request.POST.get("until", ""))
    told, complaint, is_done = None, "", request.POST.get("confirm") == "yes"
    if since is None or until is None or since > until:
        complaint = HOW_TO_SAY_WHEN
    else:
        span = reverting.of_person(account=person.pk, since=since, until=until)
        try:
            # Not under the page's address, which has the person's name: an erased one is to stand nowhere.
            told = _told(_undo(span, by=by, origin=reverse("changes"), trial=not is_done))
        except TooManyError as error:
            complaint = str(error)
    context = {
        "person": person, "told": told, "is_done": is_done and told is not None, "complaint": complaint, "listed": LISTED,
        "since": request.POST.get("since", ""), "until": request.POST.get("until", ""),
    }  # fmt: skip
    return page(
        request, "portal/revert.html", context, status=400 if complaint else 200, is_live=True, is_indexed=False
    )  # fmt: skip


@require_POST
def lift_brake(request: HttpRequest, name: str) -> HttpResponse:
    """Let an account go on for some hours though a brake holds it; staff only, and nobody for themselves."""
    by = request.user
    if not may_submit(by) or not by.is_staff:
        raise PermissionDenied("Only the portal's staff can do this: sign in first.")
    hours = request.POST.get("hours", "")
    whole = int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 4 else -1
    try:
        brakes.lift(_person(name), by=by, hours=whole, reason=request.POST.get("reason", ""))
    except LiftRefusedError as refused:
        raise PermissionDenied(str(refused)) from refused
    return HttpResponseRedirect(reverse("changes_by", args=[name]))


def _filtered(person: User | None, *, way: str) -> QuerySet[Change]:
    found = Change.objects.filter(actor=person) if person else Change.objects.all()
    return found.filter(via=way) if way else found.exclude(via=Change.Via.IMPORT)


def _undo(found: QuerySet[Change], *, by: User, origin: str, trial: bool = False) -> Outcome:
    return reverting.undo(found, by=by.pk, origin=origin, trial=trial, settle=corrections.settle)


def _told(outcome: Outcome) -> Told:
    shown = [*outcome.undone[:LISTED], *(each.change for each in outcome.kept[:LISTED])]
    words: Mapping[int, Entry] = {entry.key: entry for entry in history_words.entries(shown)}
    return Told(
        undone=tuple(words[each.pk] for each in outcome.undone[:LISTED]),
        kept=tuple(
            (words[each.change.pk], f"{each.why}: {', '.join(each.fields)}" if each.fields else each.why)
            for each in outcome.kept[:LISTED]
        ),
        undone_count=len(outcome.undone),
        kept_count=len(outcome.kept),
        needless=outcome.needless,
    )


def _reviewer(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) or not may_review(user):
        raise PermissionDenied(ONLY_REVIEWERS)
    return user


def _person(name: str) -> User:
    person = User.objects.filter(username=name).first()
    if person is None:
        raise Http404(NO_SUCH_PERSON)
    return person


def _trips() -> list[dict[str, object]]:
    """The brakes that held lately, latest first, by whom."""
    names = User.objects.filter(pk=OuterRef("actor")).values("username")[:1]
    found = BrakeTrip.objects.filter(at__gt=timezone.now() - TRIPS_SHOWN).annotate(called=Subquery(names))
    kinds = dict(BrakeTrip._meta.get_field("kind").flatchoices)
    return [
        {"at": trip.at, "name": trip.called, "most": trip.most, "hours": trip.hours, "done": kinds[trip.kind]}
        for trip in found[:20]
    ]


def _lift(person: User) -> BrakeLift | None:
    """The lift of a person's brakes that holds."""
    found = BrakeLift.objects.filter(account=person).first()
    return found if found is not None and found.until > timezone.now() else None


def _in_a_form(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}"


def _moment(text: str) -> datetime | None:
    """A moment as a form sends it, in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
