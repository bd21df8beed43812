"""Undoing changes: one, or all that a person did in a span, newest first and in one transaction; what was undone is history too.

A field goes back where it is still as the change left it. Where somebody changed it since, it stays, and the outcome says so.
A row that is gone comes back with its ids, its links with theirs; what was made goes, unless something of others hangs on it.
Who may do this is for the caller to ask.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError
from django.db.models.deletion import Collector

from papers import history
from papers.changes import Change

MOST = 5000
"""Changes that one action undoes."""

REDACTED = "its content was redacted"
ELSEWHERE = "it cannot be undone here: it came by an import, or is decided on a page of its own"
HANGS_ON_IT = "other things hang on what it made"
EDITED_SINCE = "what it made was edited since"
TAKEN = "something else stands in its place now"
HOMELESS = "what it belonged to is gone"

_DERIVED: Mapping[str, Mapping[str, str]] = {
    "leaderboards_score": {"value": "raw", "scale": "raw", "is_doubtful": "raw"},
}
"""Fields that follow from another of their row, by table: they go back with it, whatever a column's judgement made of them."""

Row = dict[str, Any]


class TooManyError(ValueError):
    """More than one action undoes; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What stays as it is, and why: a change, or of one its `fields`."""

    change: Change
    why: str
    fields: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Outcome:
    """What was undone, or would be: changes newest first, what stays, and how many changes had nothing left to undo."""

    undone: list[Change] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    needless: int = 0


class _Stays(Exception):
    """A change cannot be undone; the message says why."""


def of_person(*, account: int, since: Any, until: Any) -> QuerySet[Change]:
    """What an account did within a span, both ends included."""
    return Change.objects.filter(actor=account, at__gte=since, at__lte=until)


def undo(
    changes: QuerySet[Change],
    *,
    by: int,
    origin: str,
    trial: bool = False,
    settle: Callable[[Sequence[Change]], None] | None = None,
) -> Outcome:
    """Undo these changes, or as a `trial` do it and take it back: the outcome is the same, and nothing is stored.

    `settle` brings up to date what follows from the undone changes, within the transaction. Raises `TooManyError`, and
    the brake's error where `by` may not revert as much.
    """
    found = list(changes.order_by("-id")[: MOST + 1])
    if len(found) > MOST:
        raise TooManyError(f"These are more than {MOST:,} changes: choose a shorter span, and go from the latest to the first.")
    outcome = Outcome()
    with history.acting(via=Change.Via.REVERT, by=by, origin=origin), transaction.atomic():
        _heed_brake(by)
        for change in found:
            _undo_one(change, outcome)
        if settle is not None and outcome.undone:
            settle(outcome.undone)
        if trial:
            transaction.set_rollback(True)
    return outcome


def _heed_brake(by: int) -> None:
    """Have the database break the transaction off where `by` reverted as much as they may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT papers_brake(%s, 'reverts', NULL, %s)", [by, json.dumps(settings.BRAKES)])


def _undo_one(change: Change, outcome: Outcome) -> None:
    try:
        with transaction.atomic():
            is_done, left = _put_back(change)
    except _Stays as stays:
        outcome.kept.append(Kept(change=change, why=str(stays)))
        return
    except IntegrityError as error:
        is_homeless = getattr(error.__cause__, "pgcode", "") == "23503"
        outcome.kept.append(Kept(change=change, why=HOMELESS if is_homeless else TAKEN))
        return
    if left:
        outcome.kept.append(Kept(change=change, why="changed since", fields=left))
    if is_done:
        outcome.undone.append(change)
    elif not left:
        outcome.needless += 1


def _put_back(change: Change) -> tuple[bool, tuple[str, ...]]:
    """Undo one change; whether anything was to be done, and the fields that somebody changed since."""
    table = _tables().get(change.table)
    if change.redacted_at is not None:
        raise _Stays(REDACTED)
    if table is None or change.key("id") is None or change.via == Change.Via.IMPORT:
        raise _Stays(ELSEWHERE)
    row = _locked(change.table, _keys(change)["id"])
    if change.action in {Change.Action.CREATED, Change.Action.LINKED}:
        return _take_away(table, change, row), ()
    if change.action in {Change.Action.DELETED, Change.Action.UNLINKED}:
        return _bring_back(table, change, row), ()
    if row is None:
        raise _Stays("the thing itself is gone")
    return _set_fields(table, change, row)


def _set_fields(table: type[models.Model], change: Change, row: Row) -> tuple[bool, tuple[str, ...]]:
    old, new = (_with_ids(table, change, values) for values in (change.old, change.new))
    derived = _DERIVED.get(change.table, {})
    wanted, left = {}, []
    for name in old.keys() | new.keys():
        before, after, now = old.get(name), new.get(name), row.get(name)
        leader = derived.get(name)
        follows = leader is not None and old.get(leader) != new.get(leader) and row.get(leader) == new.get(leader)
        if before == now or (before == after and not follows):
            continue
        if now == after or follows:
            wanted[name] = before
        elif name == "edited_fields":
            wanted[name] = _merged(before or [], after or [], now or [])
        elif name not in derived:
            left.append(name)
    if wanted:
        _update(table, _keys(change)["id"], wanted)
    return bool(wanted), tuple(sorted(left))


def _merged(before: Sequence[str], after: Sequence[str], now: Sequence[str]) -> list[str]:
    """Marks without those that a change added, and with those that it took away; others added since stay."""
    return sorted(({*now} - ({*after} - {*before})) | ({*before} - {*after}))


def _keys(change: Change) -> Row:
    return change.keys or {}


def _with_ids(table: type[models.Model], change: Change, values: Mapping[str, Any]) -> Row:
    """The values as the row has them: a link's change names what it links by its public id."""
    found = dict(values)
    for name, held in values.items():
        to = _foreign(table).get(name)
        if isinstance(held, str) and to is not None:
            found[name] = to._base_manager.filter(public_id=held).values_list("pk", flat=True).first()
            if found[name] is None:
                raise _Stays(HOMELESS)
    return found


def _take_away(table: type[models.Model], change: Change, row: Row | None) -> bool:
    """Delete what the change made; False where it is gone already."""
    if row is None:
        return False
    derived = _DERIVED.get(change.table, {})
    fields = {column.attname for column in table._meta.concrete_fields} - set(derived) - {"edited_fields"}
    made = {name: value for name, value in change.new.items() if name in fields and name not in _keys(change)}
    if any(row[name] != value for name, value in made.items()):
        raise _Stays(EDITED_SINCE)
    thing = table._base_manager.get(pk=_keys(change)["id"])
    if _has_hangers_on(thing):
        raise _Stays(HANGS_ON_IT)
    try:
        thing.delete()
        _check_links()
    except (ProtectedError, RestrictedError) as error:
        raise _Stays(HANGS_ON_IT) from error
    return True


def _has_hangers_on(thing: models.Model) -> bool:
    """Whether rows with a past would go, or change, with this one; counts and what else is computed may."""
    collector = Collector(using="default", origin=thing)
    try:
        collector.collect([thing])
    except (ProtectedError, RestrictedError):
        return True
    watched = set(_tables().values())
    if any(len(rows) > (table is type(thing)) for table, rows in collector.data.items() if table in watched):
        return True
    unset = ((column, rows) for (column, _), lists in collector.field_updates.items() for rows in lists)
    return any(column.model in watched and bool(rows) for column, rows in unset) or any(
        rows.model in watched and rows.exists() for rows in collector.fast_deletes
    )


def _bring_back(table: type[models.Model], change: Change, row: Row | None) -> bool:
    """Insert what the change deleted, with its ids; False where it is back already."""
    if row is not None:
        return False
    values = {**change.old, **_keys(change)}
    columns = [column.attname for column in table._meta.concrete_fields]
    names, picked = ", ".join(map(_quoted, columns)), ", ".join(f"p.{_quoted(name)}" for name in columns)
    if "updated_at" in columns:
        picked = picked.replace('p."updated_at"', "now()")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {change.table} ({names}) SELECT {picked} FROM jsonb_populate_record(NULL::{change.table}, %s) p",
            [json.dumps(values)],
        )
    _check_links()
    return True


def _update(table: type[models.Model], key: int, wanted: Row) -> None:
    name = table._meta.db_table
    columns, picked = ", ".join(map(_quoted, wanted)), ", ".join(f"p.{_quoted(each)}" for each in wanted)
    clock = ", updated_at = now()" if any(column.column == "updated_at" for column in table._meta.concrete_fields) else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {name} SET ({columns}) = (SELECT {picked} FROM jsonb_populate_record(NULL::{name}, %s) p){clock}"
            " WHERE id = %s",
            [json.dumps(wanted), key],
        )
    _check_links()


def _check_links() -> None:
    """Have the foreign keys checked now, while what breaks them can be told."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _locked(table: str, key: int) -> Row | None:
    """The row as the history has rows, held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t WHERE id = %s FOR UPDATE", [key])
        found = cursor.fetchone()
    return json.loads(found[0]) if found else None


def _tables() -> Mapping[str, type[models.Model]]:
    """The tables that can be brought back: those of the layers whose rows a trigger records with their keys."""
    if not _FOUND:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'record_change'")
            recorded = {name for (name,) in cursor.fetchall()}
        _FOUND.update({name: table for name, table in _all_tables() if name in recorded})
    return _FOUND


_FOUND: dict[str, type[models.Model]] = {}


def _all_tables() -> Iterator[tuple[str, type[models.Model]]]:
    for table in apps.get_models(include_auto_created=True):
        yield table._meta.db_table, table


def _foreign(table: type[models.Model]) -> Mapping[str, type[models.Model]]:
    """What the columns of a table that are keys lead to."""
    return {column.attname: column.related_model for column in table._meta.concrete_fields if column.related_model is not None}


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
