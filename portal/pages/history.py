"""The past of one thing: every change of it, of its parts and its links, newest first; as a page and as a feed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model as DatabaseModel
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse

from accounts.models import User
from accounts.roles import may_review
from leaderboards.models import Claim, Leaderboard, Measurement, Metric
from papers.models import Change, Paper, PaperRepository, SlugHistory, Task
from portal import atom
from portal.atom import Feed
from portal.context import page, viewer
from portal.pages import absence, history_words
from portal.pages.history_things import BY_KEY, Kind
from portal.pages.history_words import Entry
from portal.pages.keyset import NO_SUCH_PLACE, Page, cut
from portal.pages.links import Link, address
from portal.shown_changes import shown

SIZE = 30
NO_SUCH_THING = "There is no such thing, and nothing of it was ever changed here."


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A thing whose past is read: `changes` are those of its own, its parts' and its links'."""

    kind: Kind
    public_id: UUID
    name: str
    href: str
    changes: QuerySet[Change]
    fate: str = ""
    """Why it is not shown any more, as a sentence."""
    instead: Link = Link(text="")
    """What stands in its place."""


def past(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """The page of a thing's past, by its address or its public id; of a thing that is gone as well."""
    if (elsewhere := _elsewhere(request, kind, key, name="history")) is not None:
        return elsewhere
    subject = _subject(kind, key)
    context = {
        "subject": subject,
        "found": read_page(request, subject.changes, are_placed=subject.kind.table is not Leaderboard),
        "may": rights(request),
        "feed": reverse("history_feed", args=[subject.kind.key, key]),
        "path": request.path,
    }
    return page(request, "portal/history.html", context, is_live=True, is_indexed=False)


def feed(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """The same as a feed; of a task with its boards."""
    if (elsewhere := _elsewhere(request, kind, key, name="history_feed")) is not None:
        return elsewhere
    subject = _subject(kind, key)
    changes = subject.changes
    if subject.kind.table is Task:
        boards = Leaderboard.objects.filter(task__public_id=subject.public_id).values_list("public_id", flat=True)
        changes = Change.objects.filter(object_id__in=[subject.public_id, *boards])
    return answer_feed(
        request, changes, title=f"Changes of {subject.name}", page=reverse("history", args=[subject.kind.key, key]),
        identity=f"changes of {subject.public_id}", are_placed=subject.kind.table is not Leaderboard,
    )  # fmt: skip


def answer_feed(
    request: HttpRequest, changes: QuerySet[Change], *, title: str, page: str, identity: str, are_placed: bool = True
) -> HttpResponse:
    """The latest of some changes as a feed."""
    latest = shown(changes, is_staff=False).select_related("actor").order_by("-id")[: atom.LONGEST]
    entries = tuple(_feed_entry(request, entry) for entry in history_words.entries(latest, are_placed=are_placed))
    made = Feed(
        public_id=atom.id_of(request, identity), title=title, subtitle=f"{title}, latest first.", page=page, entries=entries
    )
    response = atom.answer(request, made)
    response.headers["Cache-Control"] = "no-cache"
    return atom_is_live(response)


def atom_is_live(response: HttpResponse) -> HttpResponse:
    """Not kept: what is redacted has to be gone from it at once."""
    response._may_be_kept = False  # type: ignore[attr-defined]  # page_cache's mark
    return response


def _feed_entry(request: HttpRequest, entry: Entry) -> atom.Entry:
    told = [f"{field.name}: {_in_plain(field.pieces)}" for field in entry.fields]
    return atom.Entry(
        public_id=atom.id_of(request, f"change {entry.key}"),
        title=f"{entry.thing.text}: {entry.done}",
        href=address("change", str(entry.key)),
        updated=entry.at,
        published=entry.at,
        authors=(entry.who.text,) if entry.who.text else (),
        summary="; ".join(told) or entry.redacted,
    )


def _in_plain(pieces: Iterable[Any]) -> str:
    marks = {"same": "{}", "gone": "[-{}-]", "come": "[+{}+]"}
    return " ".join(marks[piece.kind].format(piece.text.strip()) for piece in pieces)


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What the reader may do with changes: revert any, or those of the account `own`."""

    reviews: bool
    is_staff: bool
    own: int | None

    def undoes(self, entry: Entry) -> bool:
        """Whether they may undo this one."""
        return entry.can_be_undone and (self.reviews or (self.own is not None and entry.actor == self.own))


def rights(request: HttpRequest) -> Rights:
    """What the reader may do with changes; without a session nobody looks at the account."""
    reader = viewer(request)
    user = request.user if reader.is_signed_in and isinstance(request.user, User) else None
    return Rights(reviews=user is not None and may_review(user), is_staff=reader.is_staff, own=user.pk if user else None)


def read_page(
    request: HttpRequest, changes: QuerySet[Change], *, kept: tuple[tuple[str, str], ...] = (), are_placed: bool = True
) -> Page[Entry]:
    """A page of changes in words, newest first, from behind the mark in the address; `are_placed` as `history_words.entries`."""
    after = request.GET.get("after", "")
    rows = shown(changes, is_staff=viewer(request).is_staff).select_related("actor").order_by("-id")
    if after:
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise Http404(NO_SUCH_PLACE)
        rows = rows.filter(id__lt=int(after))
    entries = history_words.entries(rows[: SIZE + 1], are_placed=are_placed)
    return cut(entries, size=SIZE, after=after, mark=lambda entry: str(entry.key), kept=kept)


def _subject(word: str, key: str) -> Subject:
    kind = BY_KEY.get(word)
    if kind is None:
        raise Http404(NO_SUCH_THING)
    row = _row(kind, key)
    public_id = row["public_id"] if row else _public_id(key)
    if public_id is None:
        raise Http404(NO_SUCH_THING)
    changes = Change.objects.filter(_of(kind, public_id, row))
    if row is None and not changes.exists():
        raise Http404(NO_SUCH_THING)
    link = _called(kind, row)
    return Subject(
        kind=kind, public_id=public_id, name=link.text, href=link.href, changes=changes, fate=_fate(row or {}),
        instead=_instead(kind, row or {}),
    )  # fmt: skip


def _elsewhere(request: HttpRequest, word: str, key: str, *, name: str) -> HttpResponse | None:
    """As the thing's own page answers at an address that it had once; None where the past is at this one."""
    kind = BY_KEY.get(word)
    if kind is None or word not in SlugHistory.Kind.values or _public_id(key):
        return None
    row = _row(kind, key)
    if row is not None and _is_shown(row):
        return None
    noun = SlugHistory.Kind(word)
    if today := absence.address_of_today(kind=noun, slug=key):
        return HttpResponsePermanentRedirect(reverse(name, args=[word, today]))
    return absence.explain(request, kind=noun, slug=key) if row is None else None


def _is_shown(row: Mapping[str, Any]) -> bool:
    return not (row.get("removed_at") or row.get("spam_reason") or row.get("duplicate_of__slug"))


def _fate(row: Mapping[str, Any]) -> str:
    """What became of a thing that is not shown, as its own page says it."""
    if row.get("removed_at"):
        return f"It was removed on {row['removed_at']:%Y-%m-%d}. The reason: {row['removed_reason']}"
    if row.get("spam_reason"):
        return f"It is not shown: it {row['spam_reason']}."
    return "It was found to be the same as another, which is shown in its place:" if row.get("duplicate_of__slug") else ""


def _instead(kind: Kind, row: Mapping[str, Any]) -> Link:
    slug = row.get("duplicate_of__slug")
    return Link(text=str(row["duplicate_of__title"]), href=address(kind.page, slug)) if slug else Link(text="")


def _row(kind: Kind, key: str) -> dict[str, Any] | None:
    columns = {column.name for column in kind.table._meta.concrete_fields}
    public_id = _public_id(key)
    which = {"public_id": public_id} if public_id else {"slug": key} if "slug" in columns else None
    if which is None:
        return None
    more: list[str] = [name for name in ("slug", "removed_at", "removed_reason", "spam_reason") if name in columns]
    more += ["duplicate_of__slug", "duplicate_of__title"] if kind.table is Paper else []
    row: dict[str, Any] | None = (
        kind.table._default_manager.filter(**which).values("pk", "public_id", *more, *kind.named_by).first()
    )
    return row


def _called(kind: Kind, row: dict[str, Any] | None) -> Link:
    if row is None:
        return Link(text=f"a {kind.word} that is gone")
    name = " on ".join(str(row[field]) for field in kind.named_by if row[field]) or str(row.get("slug", ""))
    return Link(text=name, href=address(kind.page, row["slug"]) if kind.page and _is_shown(row) else "")


def _of(kind: Kind, public_id: UUID, row: dict[str, Any] | None) -> Q:
    """A thing's changes with those of its parts: a board's columns and results, those that are gone too; a paper's code.

    The parts' keys are read first: asked for within, they would have the database look at every change there ever was.
    """
    parts = _parts(kind, row["pk"]) if row else []
    found = list(parts[0].union(*parts[1:])) if parts else []
    return Q(object_id__in=[public_id, *(key for (key,) in found if key)])


def _parts(kind: Kind, key: int) -> list[QuerySet[Any, tuple[UUID | None]]]:
    if kind.table is Leaderboard:
        gone = Change.objects.filter(table=Claim._meta.db_table, action=Change.Action.DELETED, old__leaderboard_id=key)
        tables: list[type[DatabaseModel]] = [Claim, Metric, Measurement]
        here = [table._default_manager.filter(leaderboard=key).order_by().values_list("public_id") for table in tables]
        return [*here, gone.order_by().values_list("object_id")]
    if kind.table is Paper:
        return [PaperRepository.objects.filter(paper=key).order_by().values_list("public_id")]
    if kind.table is Claim:
        return [Measurement.objects.filter(claim=key).order_by().values_list("public_id")]
    return []


def _public_id(key: str) -> UUID | None:
    try:
        return UUID(key) if len(key) == 36 else None
    except ValueError:
        return None
