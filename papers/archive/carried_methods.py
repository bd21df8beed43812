"""The records that papers carry of methods, kept beside the columns of those that the methods dump states.

The archive has two records of a method that papers use. Which dump came first makes no difference to what is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from papers.archive.export.methods import (
    EMBEDDED,
    EMBEDDED_ABSENT,
    Collection,
    MethodRow,
    embedded_beside,
    embedded_columns,
    embedded_record,
)
from papers.archive.export.restored import Beside
from papers.archive.session import Session
from papers.archive.staging import is_open
from papers.archive.text import JsonObject

TEXTS = ("full_name", "description", "introduced_year", "source_url", "source_title", "code_snippet_url")
"""Columns that both records state."""

_CARRIED = """
SELECT m.archive_key, m.slug, m.name, {texts}, m.archive_paper_count, 'methods' = ANY(m.archive_dumps),
    main.name, main.description, main.parent_name, main.area,
    m.archive_raw, m.archive_absent, m.archive_extra, m.edited_fields, {is_open}
FROM papers_method m LEFT JOIN papers_methodcollection main ON main.id = m.main_collection_id
WHERE m.archive_key IS NOT NULL AND (
    m.archive_raw ?| ARRAY['{embedded}', '{absent}'] OR NOT 'methods' = ANY(m.archive_dumps)
    OR EXISTS (SELECT FROM papers_papermethod place WHERE place.method_id = m.id)
)
"""


@dataclass(frozen=True, slots=True)
class _Held:
    """A method as it stands, and the record of it that papers carry."""

    method: MethodRow
    edited: frozenset[str]
    is_open: bool


class CarriedMethods:
    """The methods that papers carry, as they stood before this import of the methods dump."""

    def __init__(self, session: Session) -> None:
        query = _CARRIED.format(
            texts=", ".join(f"m.{name}" for name in TEXTS),
            is_open=is_open(session, "m"),
            embedded=EMBEDDED,
            absent=EMBEDDED_ABSENT,
        )
        self._held = {row[0]: _held(row[1:]) for row in session.rows(query)}

    def beside(self, key: str, *, columns: Mapping[str, Any]) -> JsonObject:
        """What `archive_raw` has to keep of the record that papers carry, once columns say what the methods dump says."""
        held = self._held.get(key)
        if held is None:
            return {}
        texts = {name: self._effective(held, name, columns[name]) for name in TEXTS}
        after = embedded_columns(replace(held.method, **texts))
        return embedded_beside(embedded_record(held.method), after)  # type: ignore[arg-type]  # both are JSON values

    def _effective(self, held: _Held, name: str, stated: Any) -> Any:
        """What a column will hold: people's edits win, and rows made here are only filled."""
        before = getattr(held.method, name)
        is_kept = name in held.edited or not (held.is_open or before in (None, ""))
        return before if is_kept else stated


def _held(row: tuple[Any, ...]) -> _Held:
    slug, name, *texts, count, is_stated = row[:10]
    main, (raw, absent, extra, edited, is_writable) = row[10:14], row[14:]
    method = MethodRow(
        slug=slug,
        name=name,
        **dict(zip(TEXTS, texts, strict=True)),
        num_papers=count,
        is_in_dump=is_stated,
        main_collection=Collection(*main) if main[0] is not None else None,
        beside=Beside(raw=raw, absent=absent, extra=extra),
    )
    return _Held(method, frozenset(edited), is_writable)
