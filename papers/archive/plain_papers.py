"""The papers dump's ordinary row, at the speed of a compiled decoder; what is odd in any way is left to the careful parse."""

import json
import re
from collections.abc import Sequence

import msgspec
import xxhash

from papers.archive.copy_text import NULL, escaped
from papers.archive.dates import latest_possible, possible_day
from papers.archive.fields import RowFault
from papers.archive.keys import arxiv_id_without_version
from papers.archive.papers_with_abstracts import (
    OLD_SITE,
    MethodRecord,
    ProceedingRecord,
    parse_method,
    read_proceeding,
)
from papers.archive.prepared_papers import NO_RAW, PLAIN_END, Prepared
from papers.slugs import slug_of_paper_url

_MOST_REMEMBERED = 50_000
_ODD_ESCAPE = re.compile(rb"\\u(?:00[01]|[dD][89a-fA-F])")
"""Control characters and halves of surrogate pairs."""


class _Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """All keys of the schema, each of its type: a row that lacks one, or has another, is not ordinary."""

    paper_url: str
    arxiv_id: str | None
    nips_id: str | None
    openreview_id: str | None
    title: str | None
    abstract: str | None
    short_abstract: str | None
    url_abs: str | None
    url_pdf: str | None
    proceeding: str | None
    authors: list[str]
    tasks: list[str]
    date: str | None
    conference_url_abs: str | None
    conference_url_pdf: str | None
    conference: str | None
    reproduces_paper: str | None
    methods: list[msgspec.Raw]


class PlainPapers:
    """Reads ordinary rows; remembers methods and proceedings, which repeat. One a dump."""

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Row)
        self._methods: dict[int, MethodRecord] = {}
        self._records: dict[int, MethodRecord] = {}
        self._proceedings: dict[str, ProceedingRecord] = {}
        self._days: dict[str, bool] = {}
        self._latest = latest_possible()

    def prepare(self, data: bytes) -> Prepared | None:
        """A row made ready; None where `papers_with_abstracts.parse` has to look at it. Both say the same of a row."""
        if _ODD_ESCAPE.search(data):
            return None
        try:
            row = self._decoder.decode(data)
            methods = [self._method(bytes(raw)) for raw in row.methods]
        except (msgspec.MsgspecError, UnicodeDecodeError, RowFault):
            return None
        slug = slug_of_paper_url(row.paper_url)
        if slug is None or row.paper_url != OLD_SITE + slug or not _are_distinct(row.tasks) or not _have_distinct_names(methods):
            return None
        return self._prepared(row, slug, methods) if self._is_plain(row) else None

    def _is_plain(self, row: _Row) -> bool:
        """Whether the columns give date, arXiv id and proceeding back."""
        if row.arxiv_id is not None and arxiv_id_without_version(row.arxiv_id) != row.arxiv_id:
            return False
        if row.date is not None and not self._is_day(row.date):
            return False
        return row.proceeding is None or bool(row.proceeding.strip())

    def _is_day(self, text: str) -> bool:
        known = self._days.get(text)
        if known is None:
            day = possible_day(text, latest=self._latest)
            known = self._days[text] = day is not None and day.isoformat() == text
        return known

    def _prepared(self, row: _Row, slug: str, methods: list[MethodRecord]) -> Prepared:
        # One pass over the joined text instead of one over each column: the two marks are control characters, which
        # JSON escapes and
        # `_ODD_ESCAPE` looked for.
        text = "\x1f".join([
            "\x1e" if value is None else value for value in (
                row.title, row.abstract, row.short_abstract, row.date, row.arxiv_id, row.nips_id, row.openreview_id, row.url_abs,
                row.url_pdf, row.conference_url_abs, row.conference_url_pdf, row.conference, row.reproduces_paper,
            )
        ])  # fmt: skip
        return Prepared(
            key=slug,
            slug=slug,
            text=f"{escaped(text)}{PLAIN_END}".replace("\x1f", "\t").replace("\x1e", NULL).encode(),
            proceeding=self._proceeding(row.proceeding) if row.proceeding is not None else None,
            authors=row.authors,
            tasks=row.tasks,
            methods=methods,
            raw=NO_RAW,
        )

    def _method(self, raw: bytes) -> MethodRecord:
        # A digest instead of the text, which may be kilobytes long and comes in many orders of its keys.
        spelling = xxhash.xxh3_128_intdigest(raw)
        found = self._methods.get(spelling)
        if found is None:
            if len(self._methods) >= _MOST_REMEMBERED:
                self._methods.clear()
            found = self._methods[spelling] = self._interned(parse_method(msgspec.json.decode(raw)))
        return found

    def _interned(self, record: MethodRecord) -> MethodRecord:
        """One record for all spellings of it: order of keys and white space change within a dump."""
        if len(self._records) >= _MOST_REMEMBERED:
            self._records.clear()
        content = json.dumps(record.values, sort_keys=True).encode()
        return self._records.setdefault(xxhash.xxh3_128_intdigest(content), record)

    def _proceeding(self, name: str) -> ProceedingRecord:
        found = self._proceedings.get(name)
        if found is None:
            if len(self._proceedings) >= _MOST_REMEMBERED:
                self._proceedings.clear()
            found = self._proceedings[name] = read_proceeding(name)
        return found


def _are_distinct(names: Sequence[str]) -> bool:
    return len(names) < 2 or len(set(names)) == len(names)


def _have_distinct_names(methods: Sequence[MethodRecord]) -> bool:
    return len(methods) < 2 or len({method.name for method in methods}) == len(methods)
