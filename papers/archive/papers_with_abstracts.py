"""The papers-with-abstracts dump: one row to one `PaperRecord`. Pure; `paper_loading` stores the records."""

import re
from dataclasses import dataclass
from datetime import date

from papers.archive.fields import LARGEST_INTEGER, RowFault, RowFields
from papers.archive.keys import arxiv_id_without_version, bounded
from papers.archive.text import JsonObject
from papers.slugs import slug_of_paper_url, slugify_title

SCHEMA = (
    "paper_url", "arxiv_id", "nips_id", "openreview_id", "title", "abstract", "short_abstract", "url_abs", "url_pdf",
    "proceeding", "authors", "tasks", "date", "conference_url_abs", "conference_url_pdf", "conference", "reproduces_paper",
    "methods",
)  # fmt: skip
OLD_SITE = "https://paperswithcode.com/paper/"

_METHOD_SCHEMA = (
    "name", "full_name", "description", "introduced_year", "source_url", "source_title", "code_snippet_url", "main_collection",
)  # fmt: skip
_PROCEEDING = re.compile(r"(?P<conference>.*\S)\s+(?P<year>(?:1[89]|20|21)\d\d)(?:\s+(?P<month>1[0-2]|0?[1-9]))?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class CollectionRecord:
    """A family of methods as a method names it."""

    name: str
    description: str | None
    parent_name: str | None
    area: str | None


@dataclass(frozen=True, slots=True)
class MethodRecord:
    """A method as a paper carries it; `values` as they came."""

    name: str
    full_name: str | None
    description: str | None
    introduced_year: int | None
    source_url: str | None
    source_title: str | None
    code_snippet_url: str | None
    collection: CollectionRecord | None
    raw: JsonObject
    absent: list[str]
    extra: JsonObject
    values: JsonObject


@dataclass(frozen=True, slots=True)
class ProceedingRecord:
    """The archive's free text for a meeting, and what can be read in it."""

    name: str
    conference: str | None
    year: int | None
    month: int | None


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """One row of the dump. `code_count` and `abstract_by` come from extra keys of our own."""

    key: str
    slug: str
    columns: dict[str, str | date | None]
    abstract_by: str
    code_count: int | None
    proceeding: ProceedingRecord | None
    authors: list[str]
    tasks: list[str]
    methods: list[MethodRecord]
    raw: JsonObject
    absent: list[str]
    extra: JsonObject


def parse(values: JsonObject) -> PaperRecord:
    """One row of the dump; raises `RowFault` where it is none."""
    row = RowFields(values, schema=SCHEMA)
    key, slug = identity(row)
    return PaperRecord(
        key=key,
        slug=slug,
        columns=_columns(row),
        abstract_by=_abstract_by(row),
        code_count=_code_count(row),
        proceeding=_proceeding(row),
        authors=row.texts("authors"),
        tasks=_distinct_tasks(row),
        methods=_methods(row),
        raw=row.raw,
        absent=row.absent,
        extra=row.extra,
    )


def identity(row: RowFields) -> tuple[str, str]:
    """The archive key of a row's paper, and its address here.

    Both are the slug of the old site; for another paper_url the key is the URL and the address is made by the rule.
    """
    url = row.text("paper_url")
    if not url or not url.strip():
        raise RowFault("has no paper_url")
    slug = slug_of_paper_url(url)
    if slug is None:
        row.keep_raw("paper_url")
        return bounded(url.strip()), slugify_title(row.text("title") or "", fallback="paper")
    if url != OLD_SITE + slug:
        row.keep_raw("paper_url")
    return slug, slug


def key_of(values: JsonObject) -> str | None:
    """The archive key of a row's paper, as far as it can be read: of a row too that cannot be used."""
    try:
        return identity(RowFields({"paper_url": values.get("paper_url")}, schema=("paper_url",)))[0]
    except RowFault:
        return None


def read_proceeding(name: str) -> ProceedingRecord:
    """ "NeurIPS 2018 12" is a conference, a year and a month; a text without a year is only itself."""
    found = _PROCEEDING.fullmatch(name) if len(name) <= 300 else None
    if not found:
        return ProceedingRecord(name, None, None, None)
    month = found["month"]
    return ProceedingRecord(name, found["conference"], int(found["year"]), int(month) if month else None)


def _columns(row: RowFields) -> dict[str, str | date | None]:
    arxiv_text = row.text("arxiv_id")
    arxiv_id = arxiv_id_without_version(arxiv_text) if arxiv_text is not None else None
    if arxiv_id != arxiv_text:
        row.keep_raw("arxiv_id")
    same = (
        "nips_id",
        "openreview_id",
        "title",
        "abstract",
        "short_abstract",
        "url_abs",
        "url_pdf",
        "conference_url_abs",
        "conference_url_pdf",
        "reproduces_paper",
    )
    texts: dict[str, str | date | None] = {name: row.text(name) for name in same}
    return {**texts, "arxiv_id": arxiv_id, "conference_slug": row.text("conference"), "date": row.date("date")}


def _abstract_by(row: RowFields) -> str:
    """Whose words the abstract is. "authors" stays among the extra keys too: a column cannot tell it from nothing said."""
    if row.extra.get("_abstract_by") == "portal":
        del row.extra["_abstract_by"]
        return "portal"
    return "authors"


def _code_count(row: RowFields) -> int | None:
    count = row.extra.get("_code_count")
    if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= LARGEST_INTEGER:
        del row.extra["_code_count"]
        return count
    return None


def _proceeding(row: RowFields) -> ProceedingRecord | None:
    name = row.text("proceeding")
    if name is not None and not name.strip():
        row.keep_raw("proceeding")
        return None
    return read_proceeding(name) if name is not None else None


def _distinct_tasks(row: RowFields) -> list[str]:
    tasks = row.texts("tasks")
    distinct = list(dict.fromkeys(tasks))
    if len(distinct) < len(tasks):
        row.keep_raw("tasks")
    return distinct


def _methods(row: RowFields) -> list[MethodRecord]:
    objects = row.objects("methods")
    distinct: dict[str, MethodRecord] = {}
    for values in objects:
        record = parse_method(values)
        distinct.setdefault(record.name, record)
    if len(distinct) < len(objects):
        row.keep_raw("methods")
    return list(distinct.values())


def parse_method(values: JsonObject) -> MethodRecord:
    """A method as a paper carries it; raises `RowFault` where it is none."""
    if not isinstance(values, dict):
        raise RowFault("carries a method that is no object")
    row = RowFields(values, schema=_METHOD_SCHEMA, what="a method")
    name = row.text("name")
    if name is None:
        raise RowFault("carries a method without a name")
    collection = row.value("main_collection")
    if collection is not None and not isinstance(collection, dict):
        raise RowFault("carries a method whose main_collection is no object")
    texts = {key: row.text(key) for key in ("full_name", "description", "source_url", "source_title", "code_snippet_url")}
    year = row.integer("introduced_year")
    return MethodRecord(
        name=name,
        introduced_year=year,
        collection=_collection(collection),
        raw=row.raw,
        absent=row.absent,
        extra=row.extra,
        values=values,
        **texts,
    )


def _collection(values: JsonObject | None) -> CollectionRecord | None:
    if values is None:
        return None
    row = RowFields(values, schema=("name", "description", "parent", "area"), what="a method's main_collection")
    name = row.text("name")
    return CollectionRecord(name, row.text("description"), row.text("parent"), row.text("area")) if name is not None else None
