"""A method as the methods dump writes it, and as papers carry it. Pure.

The archive has two records of a method that papers use. Columns hold what the methods dump says, where it knows the
method; what the other record says otherwise stands in `archive_raw` under `EMBEDDED` and `EMBEDDED_ABSENT`.
"""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from papers.archive.export.papers import EmbeddedMethod, paper_url
from papers.archive.export.restored import NOTHING, Beside, restored
from papers.archive.export.written import Row, Value, written
from papers.archive.methods import OLD_SITE
from papers.archive.text import JsonObject
from papers.slugs import slugify_title

EMBEDDED = "_embedded"
EMBEDDED_ABSENT = "_embedded_absent"

_NAMES = {"num_papers": "archive_paper_count", "url": "slug"}


@dataclass(frozen=True, slots=True)
class Collection:
    """A family of methods."""

    name: str
    description: str | None = None
    parent: str | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The paper that introduced a thing."""

    key: str | None
    slug: str
    title: str | None

    def written(self) -> Row:
        """As both dumps name a paper."""
        return {"title": self.title, "url": paper_url(self.key, slug=self.slug)}


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A method's columns; `is_in_dump` where the methods dump has a record of it."""

    slug: str
    name: str
    full_name: str | None
    description: str | None
    introduced_year: int | None
    source_url: str | None
    source_title: str | None
    code_snippet_url: str | None
    num_papers: int | None
    is_in_dump: bool
    _: KW_ONLY
    main_collection: Collection | None = None
    collections: Sequence[Collection] = ()
    paper: Origin | None = None
    beside: Beside = NOTHING


def render(method: MethodRow) -> Row:
    """The record of the methods dump, with its keys in its order."""
    columns: Row = {
        # An address that the archive gave stays what it was, whatever the address here is.
        "url": "" if "url" in method.beside.absent else OLD_SITE + method.slug,
        "name": method.name,
        "full_name": method.full_name,
        "description": method.description,
        "paper": method.paper.written() if method.paper else None,
        "introduced_year": method.introduced_year,
        "source_url": method.source_url,
        "source_title": method.source_title,
        "code_snippet_url": method.code_snippet_url,
        "num_papers": method.num_papers,
        "collections": [_listed(collection) for collection in method.collections],
    }
    return restored(columns, method.beside, names=_NAMES)


def embedded(method: MethodRow) -> EmbeddedMethod:
    """The method as papers carry it."""
    return EmbeddedMethod(method.name, written(embedded_record(method)))


def embedded_record(method: MethodRow) -> Row:
    """The record that papers carry, with its keys in the dump's order."""
    beside = method.beside
    columns = embedded_columns(method)
    # A method that the methods dump has keeps what that dump said otherwise; it says nothing about this record.
    row = dict(columns) if method.is_in_dump else restored(dict(columns), beside)
    said = beside.raw.get(EMBEDDED)
    for key, value in said.items() if isinstance(said, dict) else ():
        if key not in beside.edited:
            row[key] = value
    lacking = beside.raw.get(EMBEDDED_ABSENT)
    for key in lacking if isinstance(lacking, list) else ():
        if isinstance(key, str) and key not in beside.edited:
            row.pop(key, None)
    return row


def embedded_columns(method: MethodRow) -> Row:
    """What columns alone say of the record that papers carry."""
    main = method.main_collection
    return {
        "name": method.name,
        "full_name": method.full_name,
        "description": method.description,
        "introduced_year": method.introduced_year,
        "source_url": method.source_url,
        "source_title": method.source_title,
        "code_snippet_url": method.code_snippet_url,
        "main_collection": {"name": main.name, "description": main.description, "parent": main.parent, "area": main.area}
        if main
        else None,
    }


def embedded_beside(values: JsonObject, columns: Row) -> JsonObject:
    """What `archive_raw` has to keep of a record that a paper carries, given what `embedded_columns` say: {} for nothing."""
    said: JsonObject = {key: value for key, value in values.items() if key not in columns or columns[key] != value}
    lacking: JsonObject = (
        {EMBEDDED_ABSENT: [key for key in columns if key not in values]} if columns.keys() - values.keys() else {}
    )
    return {**({EMBEDDED: said} if said else {}), **lacking}


def _listed(collection: Collection) -> dict[str, Value]:
    area = collection.area
    return {"collection": collection.name, "area_id": slugify_title(area) if area else None, "area": area}
