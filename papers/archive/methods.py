"""The methods dump: one row to one `MethodDumpRecord`. Pure.

The dump has a row for a method that papers carry too (`papers_with_abstracts.MethodRecord`): two records of one method.
"""

from dataclasses import dataclass

from papers.archive.fields import RowFault, RowFields
from papers.archive.keys import bounded, joined
from papers.archive.text import JsonObject, JsonValue
from papers.slugs import slug_of_old_url, slug_of_paper_url

SCHEMA = (
    "url", "name", "full_name", "description", "paper", "introduced_year", "source_url", "source_title", "code_snippet_url",
    "num_papers", "collections",
)  # fmt: skip
OLD_SITE = "https://paperswithcode.com/method/"


@dataclass(frozen=True, slots=True)
class Introduction:
    """The paper that a row names as its origin; `slug` is the old site's, where the row gives it."""

    title: str | None = None
    url: str | None = None
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class MethodDumpRecord:
    """One row of the dump. `slug` is the old site's address, which stands in the row's url; None where it holds none.

    `raw` keeps the url always: it is the archive's, while the address here may become another. It keeps `paper` and
    `collections` too: titles, order and ids of areas have no column.
    """

    key: str
    name: str
    slug: str | None
    columns: dict[str, str | int | None]
    paper: Introduction
    collections: list[str]
    areas: dict[str, str | None]
    raw: JsonObject
    absent: list[str]
    extra: JsonObject

    @property
    def key_if_repeated(self) -> str:
        """The key of a row whose name an earlier row of the dump has."""
        return joined(self.name, self.slug or str(self.raw.get("url") or ""))


def parse(values: JsonObject) -> MethodDumpRecord:
    """One row of the dump; raises `RowFault` where it is none.

    `columns` go by the model's names; `areas` says for each of `collections` which area the row puts it in.
    """
    row = RowFields(values, schema=SCHEMA)
    name = named(row)
    areas = _areas(row)
    texts = {key: row.text(key) for key in ("full_name", "description", "source_url", "source_title", "code_snippet_url")}
    return MethodDumpRecord(
        key=bounded(name),
        name=name,
        slug=old_slug(row, noun="method"),
        columns={**texts, "introduced_year": row.integer("introduced_year"), "archive_paper_count": row.count("num_papers")},
        paper=introduction(row),
        collections=list(areas),
        areas=areas,
        raw=row.raw,
        absent=row.absent,
        extra=row.extra,
    )


def named(row: RowFields) -> str:
    """The name of a row; raises `RowFault` where it has none. An empty name is one: the archive has such rows."""
    name = row.text("name")
    if name is None:
        raise RowFault("has no name")
    return name


def old_slug(row: RowFields, *, noun: str) -> str | None:
    """The slug in the row's url; the url itself is kept raw."""
    url = row.text("url")
    row.keep_raw("url")
    return slug_of_old_url(url, noun=noun) if url is not None else None


def introduction(row: RowFields) -> Introduction:
    """The paper that the row comes from: `{title, url}`, a bare slug as in 2021, or none; kept raw unless null."""
    value = row.value("paper")
    if value is None:
        return Introduction()
    row.keep_raw("paper")
    if isinstance(value, str):
        return Introduction(url=value, slug=slug_of_paper_url(value)) if "/" in value else Introduction(slug=value or None)
    if not isinstance(value, dict):
        raise RowFault("has a paper that is neither an object nor a slug")
    title, url = _text(value.get("title")), _text(value.get("url"))
    return Introduction(title=title, url=url, slug=slug_of_paper_url(url) if url else None)


def _areas(row: RowFields) -> dict[str, str | None]:
    """The collections by name, in order, each once, with the area that each belongs to."""
    objects = row.objects("collections")
    if objects:
        row.keep_raw("collections")
    named = ((values.get("collection"), values.get("area")) for values in reversed(objects))
    found = {name: _text(area) for name, area in named if isinstance(name, str)}
    return dict(reversed(found.items()))


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
