"""Taking content out of a row, of its past, and of all that repeats it; the row, its links and its events stay.

The fields that were redacted stand in the row's `edited_fields`: by their own names, so that imports keep them, and behind
`redacted:`, so that imports clear the copies that a later dump brings.
"""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections, models, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from papers.archive.keys import bounded
from papers.archive.naming import KINDS
from papers.archive.session import OWNER, Session
from papers.catalogue_row import CatalogueRow
from papers.copies import ADDRESS, LISTS, Copies
from papers.hidden_keys import HIDDEN, hidden, hidden_sql
from papers.models import Named, Paper, RelatedPapers, Repository, SlugHistory
from papers.slugs import slugify_title

BROUGHT_AGAIN = "Redacted before; a later dump brought it again."
"""The reason that stands with events of an import."""

_NAMES = frozenset({"name", "model_name", "dataset_name"})
_TITLES = _NAMES | {"title"}
_WORDS = frozenset({"title", "abstract", "short_abstract"})
_MACHINERY = frozenset(
    {"slug", "key", "paper_key", "archive_key", "archive_raw", "archive_extra", "archive_absent", "archive_dumps",
     "edited_fields", "removed_reason", "spam_reason"}
)  # fmt: skip
_TEXTS, _LISTS = {"TextField"}, {"ArrayField", "JSONField"}
_KINDS = {**KINDS, "paper": SlugHistory.Kind.PAPER, "leaderboard": SlugHistory.Kind.LEADERBOARD}

Marks = Mapping[str, Sequence[int]]
"""Ids of redacted rows by what was redacted."""


@dataclass(frozen=True, kw_only=True)
class Redacted:
    """How many events of the row lost their content, and how many rows were cleared of copies."""

    events: int
    cleared: int


def redactable(table: type[CatalogueRow]) -> list[str]:
    """The fields whose content can be taken out: texts and lists, but neither what the catalogue goes by nor reasons."""
    kinds = {field.name: field.get_internal_type() for field in table._meta.concrete_fields}
    return sorted(name for name, kind in kinds.items() if kind in _TEXTS | _LISTS and name not in _MACHINERY)


def redact(row: CatalogueRow, *, fields: Collection[str], reason: str, copies: Sequence[Copies]) -> Redacted:
    """Take the content out of these fields (of `redactable`) and of all recorded events of the row, for law or against spam.

    A name becomes a placeholder. An address and an archive key that share a word with it give way to a digest: whoever
    follows the old address is told, and a later dump's row is known. `copies` are cleared. Goes by the owner role, since the
    role that the site runs as cannot rewrite the past; the caller keeps imports away meanwhile.
    """
    if not reason.strip():
        raise ValueError("a redaction needs a reason")
    texts = [text for name in fields if name in _TITLES and (text := getattr(row, name))]
    values = {name: _instead(row, name) for name in fields} | _keys_instead(row, fields, texts)
    marked = {*fields} | ({ADDRESS} & values.keys())
    cleared = 0
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT set_config('portal.acting', %s, true)", [json.dumps({"via": "command", "origin": "redaction"})])
        if values:
            _overwrite(cursor, row, values, marked=marked)
        events = _redact_events(cursor, "object_id = %(id)s", {"id": row.public_id}, reason=reason)
        for name in texts if type(row) in LISTS else ():
            events += _redact_lists(cursor, LISTS[type(row)], name, reason=reason)
        for found in copies:
            if isinstance(row, found.of) and found.hold(marked):
                cleared += _clear(cursor, found, ids=[row.pk], text=texts[0] if texts else None, reason=reason)
    row.refresh_from_db()
    return Redacted(events=events, cleared=cleared)


def hold(session: Session, *, copies: Sequence[Copies]) -> int:
    """Clear the copies of redacted content that an import brought, in its transaction; how many rows had some.

    Costs one look at the recorded events where nothing was ever redacted.
    """
    redacted = _redacted_rows(session, {found.of for found in copies})
    cleared = 0
    with connections[OWNER].cursor() as cursor:
        for found in copies:
            ids = {row_id for mark, row_ids in redacted[found.of].items() if found.hold({mark}) for row_id in row_ids}
            if ids:
                cleared += _clear(cursor, found, ids=sorted(ids), text=None, reason=BROUGHT_AGAIN)
    return cleared


def _instead(row: CatalogueRow, name: str) -> Any:
    """What stands in a field once its content is gone."""
    if getattr(row, name) is None:
        return None
    if name in _NAMES or (isinstance(row, Repository) and name == "url"):
        return f"[redacted {row.pk}]"
    return [] if row._meta.get_field(name).get_internal_type() in _LISTS else ""


def _keys_instead(row: CatalogueRow, fields: Collection[str], texts: Sequence[str]) -> dict[str, Any]:
    """What stands for the row's keys and address where they say what goes, and for what is kept beyond the schema."""
    values: dict[str, Any] = {}
    key, slug = row.archive_key, getattr(row, "slug", None)
    if isinstance(row, Repository) and "url" in fields:
        values["key"] = f"[redacted {row.pk}]"
        values["archive_key"] = hidden(key) if key else None
    elif isinstance(row, Named) and "name" in fields:
        values["archive_key"] = _key_of_name(row)
    elif key and _say_a_word_of(texts, key):
        values["archive_key"] = hidden(key)
    if slug and _say_a_word_of(texts, slug):
        values[ADDRESS] = _address_instead(row.public_id)
    extra = _without(row.archive_extra, [text for name in fields if isinstance(text := getattr(row, name), str)])
    return values if extra == row.archive_extra else {**values, "archive_extra": extra}


def _key_of_name(row: Named) -> str | None:
    """The digest by which a dump's row of the name is known; one that was made here must not be made again by a dump."""
    if row.archive_key:
        return hidden(row.archive_key)
    found = hidden(bounded(row.name))
    return None if type(row)._default_manager.filter(archive_key__in=[found, bounded(row.name)]).exists() else found


def _address_instead(public_id: object) -> str:
    return f"redacted-{public_id}"


def _say_a_word_of(texts: Sequence[str], key: str) -> bool:
    return any(_words(key) & _words(text) for text in texts)


def _words(text: str) -> set[str]:
    """The words of a text as they are, and as addresses have them."""
    folded = " ".join(slugify_title(word, fallback="") for word in text.split())
    return set(re.findall(r"[^\W_]+", f"{folded} {text.lower()}"))


def _without(extra: Mapping[str, Any], texts: Collection[str]) -> dict[str, Any]:
    """What is kept beyond the schema, less what states one of the texts; keys of our own begin with an underscore."""
    spelled = [json.dumps(text)[1:-1] for text in texts if text]
    return {
        key: value
        for key, value in extra.items()
        if key.startswith("_") or not any(text in json.dumps(value) for text in spelled)
    }


def _overwrite(cursor: CursorWrapper, row: CatalogueRow, values: Mapping[str, Any], *, marked: Collection[str]) -> None:
    """Write what stands in the row from now on, and mark it."""
    if ADDRESS in values:
        _hide_addresses(cursor, type(row), where="t.id = %(id)s", values={"id": row.pk})
    edited = sorted({*row.edited_fields, *values, *(HIDDEN + name for name in marked)} - {"archive_key"})
    rows = type(row)._default_manager.using(OWNER).filter(pk=row.pk)
    rows.update(**values, edited_fields=edited, updated_at=timezone.now())
    if isinstance(row, Paper) and _WORDS & values.keys():
        _forget_words(cursor, row)


def _forget_words(cursor: CursorWrapper, paper: Paper) -> None:
    """Take a paper's words out of the search index as it was built, and what was computed of them; the night makes both anew."""
    for table in ("papers_search", "papers_search_title"):
        cursor.execute(f"DELETE FROM {table} WHERE paper_id = %s", [paper.pk])
    RelatedPapers.objects.using(OWNER).filter(paper=paper.pk).delete()


def _redacted_rows(session: Session, tables: Collection[type[CatalogueRow]]) -> dict[type[CatalogueRow], Marks]:
    """The redacted rows of these tables. Each left an event that was redacted, by which they are found."""
    of_events = (
        'SELECT "table", array_agg(DISTINCT object_id)::text[] FROM papers_change WHERE redacted_at IS NOT NULL GROUP BY 1'
    )
    events = dict(session.rows(of_events))
    found: dict[type[CatalogueRow], Marks] = {}
    for table in tables:
        marks = defaultdict(list)
        name = table._meta.db_table
        rows = f"SELECT id, edited_fields FROM {name} WHERE public_id = ANY(%s::uuid[])"
        for row_id, edited in session.rows(rows, [events[name]]) if name in events else ():
            for mark in edited:
                if mark.startswith(HIDDEN):
                    marks[mark.removeprefix(HIDDEN)].append(row_id)
        found[table] = marks
    return found


def _clear(cursor: CursorWrapper, copies: Copies, *, ids: Sequence[int], text: str | None, reason: str) -> int:
    """Clear copies, and the events that state them; how many rows had some."""
    values = {"ids": list(ids), "text": text}
    wanted = dict(copies.columns)
    if copies.raw:
        wanted["archive_raw"] = "t.archive_raw - ARRAY[{}]".format(", ".join(f"'{key}'" for key in copies.raw))
    if copies.has_address:
        _hide_addresses(cursor, copies.table, where=copies.where, values=values)
        wanted[ADDRESS] = f"'{_address_instead('')}' || t.public_id"
    is_recorded = issubclass(copies.table, CatalogueRow)
    assignments = [f"{column} = {value}" for column, value in wanted.items()]
    if is_recorded:
        kept = ", ".join(f"'{name}'" for name in copies.held)
        assignments += [f"edited_fields = ARRAY(SELECT DISTINCT unnest(t.edited_fields || ARRAY[{kept}]::text[]) ORDER BY 1)"]
        assignments += ["updated_at = now()"]
    differs = "({}) IS DISTINCT FROM ({})".format(", ".join(f"t.{column}" for column in wanted), ", ".join(wanted.values()))
    cursor.execute(
        f"UPDATE {copies.table._meta.db_table} t SET {', '.join(assignments)} WHERE ({copies.where}) AND {differs}"
        f" RETURNING {'public_id' if is_recorded else 'id'}",
        values,
    )
    found = [row[0] for row in cursor.fetchall()]
    if found and is_recorded:
        says = "object_id = ANY(%(found)s) AND (old ?| %(keys)s OR new ?| %(keys)s)"
        _redact_events(cursor, says, {"found": found, "keys": list(wanted)}, reason=reason)
    return len(found)


def _hide_addresses(cursor: CursorWrapper, table: type[models.Model], *, where: str, values: Mapping[str, Any]) -> None:
    """Have the addresses of these rows of `t`, those of today and of before, known by their digests alone."""
    kind = _KINDS.get(str(table._meta.model_name))
    if kind is None:
        return
    rows, digest = f"{table._meta.db_table} t", hidden_sql("h.slug")
    taken = f"SELECT FROM papers_slughistory held WHERE held.kind = h.kind AND held.slug = {digest}"
    cursor.execute(
        f"UPDATE papers_slughistory h SET slug = {digest} FROM {rows}"
        f" WHERE h.target = t.public_id AND ({where}) AND NOT EXISTS ({taken})",
        values,
    )
    cursor.execute(
        "INSERT INTO papers_slughistory (kind, slug, target, since)"
        f" SELECT '{kind.value}', {hidden_sql('t.slug')}, t.public_id, now() FROM {rows}"
        f" WHERE ({where}) AND t.slug <> '{_address_instead('')}' || t.public_id ON CONFLICT DO NOTHING",
        values,
    )


def _redact_lists(cursor: CursorWrapper, field: str, name: str, *, reason: str) -> int:
    """Redact the events that state the name in a list; how many."""
    says = "(old -> %(field)s ? %(name)s OR new -> %(field)s ? %(name)s)"
    return _redact_events(cursor, says, {"field": field, "name": name}, reason=reason)


def _redact_events(cursor: CursorWrapper, where: str, values: Mapping[str, Any], *, reason: str) -> int:
    cursor.execute(
        "UPDATE papers_change SET old = '{}', new = '{}', redacted_at = now(), redaction_reason = %(reason)s"
        f" WHERE redacted_at IS NULL AND {where}",
        {"reason": reason, **values},
    )
    return int(cursor.rowcount)
