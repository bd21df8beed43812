"""A change in words: what was done, which fields, and what stands in them, so that nobody has to read JSON."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leaderboards.models import cell_text
from papers.hidden_keys import told
from papers.models import Change
from portal.pages.history_things import TABLES, Kind, Names, kind_of, linked_to
from portal.pages.links import Link, address
from portal.pages.text_diff import Piece, diff, whole

ACTIONS: Mapping[str, str] = {
    "created": "added", "changed": "changed", "removed": "removed", "restored": "brought back", "deleted": "deleted",
    "linked": "linked", "unlinked": "unlinked",
}  # fmt: skip
WAYS: Mapping[str, str] = {
    "import": "by an import", "admin": "in the administration", "form": "by a form", "api": "through the API",
    "command": "by a command", "revert": "as a revert", "database": "directly in the database",
}  # fmt: skip
_FIELDS: Mapping[str, str] = {
    "url_abs": "address of the abstract", "url_pdf": "address of the PDF", "arxiv_id": "arXiv id", "raw": "value",
    "value": "read as", "scale": "scale", "is_doubtful": "may be a slip", "removed_at": "removed", "removed_reason": "reason",
    "spam_reason": "why it is taken for spam", "edited_fields": "marked as edited", "paper_id": "paper", "slug": "address",
    "duplicate_of_id": "second row of", "uses_additional_data": "uses extra data", "archive_key": "key in the archive",
}  # fmt: skip
_LINKS: Mapping[str, str] = {
    "papers_paperauthor": "author", "papers_papertask": "task", "papers_papermethod": "method", "papers_taskedge": "sub-task",
    "papers_task_areas": "area", "papers_dataset_tasks": "task", "papers_method_collections": "collection",
    "leaderboards_score": "cell", "papers_slughistory": "old address",
}  # fmt: skip
_BOOKKEEPING = frozenset(
    {"archive_raw", "archive_extra", "archive_absent", "source", "target", "occurrence", "paper_key", "position", "value",
     "scale", "is_doubtful", "canonical_name"}
)  # fmt: skip
"""What is left out where a row comes or goes: it says nothing to a reader."""
GONE = "something that is gone"


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """A field, and what went and came in it."""

    name: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A change as a reader sees it. `past` leads to the thing's past; `redacted` says why there is no content."""

    key: int
    at: datetime
    done: str
    kind: str
    thing: Link
    past: str
    who: Link
    actor: int | None
    way: str
    origin: str
    fields: tuple[FieldChange, ...]
    redacted: str
    can_be_undone: bool


def entries(changes: Iterable[Change], *, are_placed: bool = True) -> tuple[Entry, ...]:
    """Changes in words; a handful of queries for the names of what they are about, however many they are.

    `are_placed`: a result is named with its board.
    """
    found = list(changes)
    names = Names(found, are_placed=are_placed)
    return tuple(_entry(change, names) for change in found)


def _entry(change: Change, names: Names) -> Entry:
    kind = kind_of(change)
    what = _LINKS.get(change.table)
    done = ACTIONS.get(change.action, change.action)
    return Entry(
        key=change.pk,
        at=change.at,
        done=f"{done} {'an' if what[0] in 'aeo' else 'a'} {what}" if what else done,
        kind=kind.word if kind else "",
        thing=names.of_change(change),
        past=past_of(kind, change),
        who=_who(change),
        actor=change.actor_id,
        way=WAYS.get(change.via, change.via),
        origin=change.origin,
        fields=() if change.redacted_at else tuple(_fields(change, names)),
        redacted=change.redaction_reason,
        can_be_undone=change.redacted_at is None and change.key("id") is not None and change.via != "import",
    )


def past_of(kind: Kind | None, change: Change) -> str:
    """Where the past of what a change is about stands."""
    return f"/history/{kind.key}/{change.object_id}" if kind and change.object_id else ""


def _who(change: Change) -> Link:
    if change.actor_id is None:
        return Link(text="")
    if change.actor is None:
        return Link(text="an account that was erased")
    name = change.actor.get_username()
    return Link(text=name, href=address("changes_by", name))


def _fields(change: Change, names: Names) -> Iterable[FieldChange]:
    """What differs; of a link that changed also what it links."""
    is_whole = not change.old or not change.new
    links = {name for name in change.new if change.table in _LINKS and linked_to(change.table, name)}
    for name in sorted({*change.old, *change.new}, key=_importance):
        old, new = change.old.get(name), change.new.get(name)
        if old == new and name in change.old:
            if name in links:
                yield FieldChange(name=_called(change.table, name), pieces=(Piece("same", _in_words(change, name, new, names)),))
            continue
        if is_whole and (name in _BOOKKEEPING or (old or new) in (None, "", [], {})):
            continue
        yield FieldChange(name=_called(change.table, name), pieces=_pieces(change, name, old, new, names))


def _importance(name: str) -> tuple[int, str]:
    """Names and values first, bookkeeping last."""
    first = ("title", "name", "model_name", "raw", "value", "removed_reason", "abstract", "description")
    return (first.index(name) if name in first else 50 + 50 * (name in _BOOKKEEPING or name.startswith("archive_")), name)


def _called(table: str, name: str) -> str:
    if name in _FIELDS:
        return _FIELDS[name]
    model = TABLES.get(table)
    found = next((field for field in model._meta.concrete_fields if field.attname == name), None) if model else None
    return str(found.verbose_name) if found is not None else name.replace("_", " ")


def _pieces(change: Change, name: str, old: Any, new: Any, names: Names) -> tuple[Piece, ...]:
    if isinstance(old, list) and isinstance(new, list) and all(isinstance(part, str) for part in [*old, *new]):
        gone, come = [part for part in old if part not in new], [part for part in new if part not in old]
        return tuple([Piece("gone", _word(part)) for part in gone] + [Piece("come", _word(part)) for part in come])
    before, after = (_in_words(change, name, value, names) for value in (old, new))
    if isinstance(old, str) and isinstance(new, str) and old and new and " " in old.strip():
        return diff(before, after)
    return whole(before, after)


def _in_words(change: Change, name: str, value: Any, names: Names) -> str:
    if value is None:
        return ""
    to = linked_to(change.table, name)
    if to is not None:
        found = names.of(to, value)
        return found.text if found else GONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "raw" and isinstance(value, str):
        return cell_text(value)
    if isinstance(value, str):
        return f"{value[:19].replace('T', ' ')} UTC" if name.endswith("_at") else _word(value)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(map(_word, value))
    return json.dumps(value, ensure_ascii=False)


def _word(text: str) -> str:
    """The text, unless it is a digest that stands for what was redacted."""
    return str(told(text))
